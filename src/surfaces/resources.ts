import { ProtocolError, ProtocolErrorCode, type Server } from "@modelcontextprotocol/server";
import { SluiceError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Sluice } from "../runtime/sluice.ts";

const SCHEME = "workspace:///";

/** The files of the workspace as MCP resources: `workspace:///leads.csv`. What is text went through the second net. */
export function serveResources(sluice: Sluice, server: Server): void {
  server.setRequestHandler("resources/list", async () => {
    const files = await sluice.workspace.listForModel();
    return {
      resources: files.slice(0, limits.resourcesListedMax).map(({ path, bytes }) => ({
        uri: toUri(path),
        name: path,
        size: bytes,
      })),
    };
  });
  server.setRequestHandler("resources/read", async ({ params: { uri } }) => {
    try {
      const found = await sluice.workspace.readForModel(toPath(uri));
      const content =
        "text" in found
          ? { uri, mimeType: "text/plain", text: found.text }
          : { uri, mimeType: "application/octet-stream", blob: found.bytes.toString("base64") };
      return { contents: [content] };
    } catch (error) {
      if (error instanceof SluiceError) throw new ProtocolError(ProtocolErrorCode.InvalidParams, error.message);
      throw error;
    }
  });
}

function toUri(path: string): string {
  return SCHEME + path.split("/").map(encodeURIComponent).join("/");
}

function toPath(uri: string): string {
  if (!uri.startsWith(SCHEME))
    throw new SluiceError(
      "workspace_path",
      `${JSON.stringify(uri.slice(0, 200))} is no resource here: they begin with ${SCHEME}`,
    );
  try {
    return uri.slice(SCHEME.length).split("/").map(decodeURIComponent).join("/");
  } catch {
    throw new SluiceError("workspace_path", `${JSON.stringify(uri.slice(0, 200))} is not a URI`);
  }
}
