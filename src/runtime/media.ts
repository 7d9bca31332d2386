import { createHash } from "node:crypto";
import type { Workspace } from "../sandbox/file-gate.ts";

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

/** Writes binary results to `./workspace/.media`, named by their content, and answers the path a program uses. */
export function createMedia(workspace: Workspace): (bytes: Buffer, mimeType: string) => Promise<string> {
  return async (bytes, mimeType) => {
    const extension = EXTENSIONS.get(mimeType.split(";")[0]?.trim().toLowerCase() ?? "") ?? "bin";
    const names = [".media", `${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}.${extension}`];
    await workspace.root.makeFolder([".media"], true);
    await workspace.reserve(names, bytes.length, false);
    await workspace.root.write(names, bytes, false);
    return `./workspace/${names.join("/")}`;
  };
}
