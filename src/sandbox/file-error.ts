import type { ReplyError } from "./execution-frames.ts";

const TEXTS = {
  EACCES: "permission denied",
  EDQUOT: "disk quota exceeded",
  EEXIST: "file already exists",
  EFBIG: "file too large",
  EINVAL: "invalid argument",
  EISDIR: "illegal operation on a directory",
  ENAMETOOLONG: "name too long",
  ENOENT: "no such file or directory",
  ENOTDIR: "not a directory",
  ENOTEMPTY: "directory not empty",
  EROFS: "read-only file system",
} as const;

export type FileErrorCode = keyof typeof TEXTS;

/** A refusal of the file gate, in Node's own form: `ENOENT: no such file or directory, readFile './workspace/x'`. */
export class FileError extends Error {
  readonly code: FileErrorCode;
  /** Why, where the code alone does not say. */
  readonly why: string | undefined;
  constructor(code: FileErrorCode, why?: string) {
    super(TEXTS[code]);
    this.code = code;
    this.why = why;
  }
}

/** Any error of a file operation as the guest is told: the code, the path it asked for, and nothing of the host. */
export function toFileReplyError(error: unknown, act: string, path: string): ReplyError {
  const { code, why } = error instanceof FileError ? error : { code: toCode(error), why: undefined };
  return {
    code,
    message: `${code}: ${TEXTS[code]}${why === undefined ? "" : ` (${why})`}, ${act} '${path}'`,
    path,
    syscall: act,
  };
}

function toCode(error: unknown): FileErrorCode {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? "";
  // A link met on the way: the kernel says ELOOP (or ENOTDIR for a folder), the guest learns only that it may not.
  if (code === "ELOOP") return "EACCES";
  if (code === "ENOSPC") return "EDQUOT";
  return Object.hasOwn(TEXTS, code) ? (code as FileErrorCode) : "EACCES";
}
