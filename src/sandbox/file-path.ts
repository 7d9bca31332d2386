import { limits } from "../base/limits.ts";
import { FileError } from "./file-error.ts";

export const ROOTS = ["servers", "skills", "workspace"] as const;
export type RootName = (typeof ROOTS)[number];

/** A path of the guest after it was resolved: a root and the names below it; no root = the folder that holds the three. */
export interface GuestPath {
  root: RootName | undefined;
  names: string[];
}

/**
 * Reads a path as a program writes it: `./workspace/x`, `workspace/x` and `/workspace/x` are one file. The result has
 * no `.`, no `..`, no NUL, and every name in Unicode NFC; what leaves the three roots is refused.
 */
export function parseGuestPath(text: string): GuestPath {
  if (text === "") throw new FileError("ENOENT");
  if (text.includes("\0")) throw new FileError("EINVAL", "a path cannot hold NUL");
  if (Buffer.byteLength(text) > limits.pathBytesMax)
    throw new FileError("ENAMETOOLONG", `pathBytesMax is ${limits.pathBytesMax}`);
  if (/^[A-Za-z]:[\\/]/.test(text) || (process.platform === "win32" && text.includes("\\")))
    throw new FileError("EACCES", "outside the roots ./servers, ./skills and ./workspace");
  const names: string[] = [];
  for (const name of text.normalize("NFC").split("/")) {
    if (name === "" || name === ".") continue;
    if (name !== "..") {
      if (Buffer.byteLength(name) > limits.nameBytesMax)
        throw new FileError("ENAMETOOLONG", `nameBytesMax is ${limits.nameBytesMax}`);
      names.push(name);
    } else if (names.pop() === undefined) {
      throw new FileError("EACCES", "outside the roots ./servers, ./skills and ./workspace");
    }
  }
  if (names.length > limits.pathDepthMax) throw new FileError("ENAMETOOLONG", `pathDepthMax is ${limits.pathDepthMax}`);
  const [first, ...rest] = names;
  if (first === undefined) return { root: undefined, names: [] };
  const root = ROOTS.find((name) => name === first);
  if (root === undefined) {
    if (text.startsWith("/")) throw new FileError("EACCES", "outside the roots ./servers, ./skills and ./workspace");
    throw new FileError("ENOENT", "the roots are ./servers, ./skills and ./workspace");
  }
  return { root, names: rest };
}
