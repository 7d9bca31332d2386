import { createHash } from "node:crypto";
import { SluiceError, toMessage } from "../base/errors.ts";
import type { Workspace } from "../sandbox/workspace.ts";

const EXTENSIONS = new Map([
  ["image/png", "png"],
  ["image/jpeg", "jpg"],
  ["image/gif", "gif"],
  ["image/webp", "webp"],
  ["image/svg+xml", "svg"],
  ["audio/mpeg", "mp3"],
  ["audio/wav", "wav"],
  ["audio/x-wav", "wav"],
  ["audio/ogg", "ogg"],
  ["application/pdf", "pdf"],
  ["application/zip", "zip"],
  ["application/json", "json"],
]);

/** Writes binary results to `./workspace/.media`, named by their content, and answers the path a program uses; throws `result_too_large` where there is no room. */
export function createMedia(
  workspace: Workspace,
): (bytes: Uint8Array, mimeType: string, sha256?: string) => Promise<string> {
  return async (bytes, mimeType, sha256 = createHash("sha256").update(bytes).digest("hex")) => {
    const extension = EXTENSIONS.get(mimeType.split(";")[0]?.trim().toLowerCase() ?? "") ?? "bin";
    const names = [".media", `${sha256.slice(0, 16)}.${extension}`];
    try {
      await workspace.makeFolder([".media"], true);
      await workspace.write(names, bytes, "replace");
    } catch (error) {
      throw new SluiceError(
        "result_too_large",
        `Cannot keep a file of ${bytes.length} bytes from the tool's result in ./workspace/.media: ${toMessage(error)}`,
        { cause: error, hint: "The call itself was made; remove files from ./workspace before the next one" },
      );
    }
    return `./workspace/${names.join("/")}`;
  };
}
