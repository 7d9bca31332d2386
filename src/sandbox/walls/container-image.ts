import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SluiceError } from "../../base/errors.ts";

/** One file of an image: where it is inside, and where it is read from. */
interface ImageFile {
  path: string;
  source: string;
  bytes: number;
  isExecutable: boolean;
}

const BLOCK_BYTES = 512;
const NAME_BYTES = 100;
const FILES_MAX = 20_000;

/** All files under the paths, each at its own place, links followed; sorted, so that equal content is an equal image. */
export async function listImageFiles(paths: readonly string[]): Promise<ImageFile[]> {
  const files = new Map<string, ImageFile>();
  async function add(path: string): Promise<void> {
    const source = await realpath(path);
    const { size, mode, isFolder } = await stat(source).then((found) => ({
      size: found.size,
      mode: found.mode,
      isFolder: found.isDirectory(),
    }));
    if (files.size >= FILES_MAX)
      throw new SluiceError("wall_unavailable", `More than ${FILES_MAX} files under ${paths.join(", ")}`);
    if (isFolder) for (const name of await readdir(source)) await add(join(path, name));
    else files.set(path, { path, source, bytes: size, isExecutable: (mode & 0o111) !== 0 });
  }
  for (const path of paths) await add(path);
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The files as a tar archive with no time, no owner and no name of this machine's users in it. */
export async function* toTar(files: readonly ImageFile[]): AsyncGenerator<Buffer> {
  const folders = new Set<string>();
  for (const { path } of files) {
    for (let folder = dirname(path); folder !== "/"; folder = dirname(folder)) folders.add(folder);
  }
  for (const folder of [...folders].sort()) yield* toEntry(`${folder.slice(1)}/`, 0, 0o755, "5");
  for (const { path, source, bytes, isExecutable } of files) {
    yield* toEntry(path.slice(1), bytes, isExecutable ? 0o755 : 0o644, "0");
    let left = bytes;
    for await (const chunk of createReadStream(source) as AsyncIterable<Buffer>) {
      left -= chunk.length;
      yield chunk;
    }
    if (left !== 0) throw new SluiceError("wall_unavailable", `${source} changed while it was read`);
    yield toPadding(bytes);
  }
  yield Buffer.alloc(2 * BLOCK_BYTES);
}

/** sha256 over the archive, in hexadecimal. */
export async function hashTar(files: readonly ImageFile[]): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of toTar(files)) hash.update(chunk);
  return hash.digest("hex");
}

function* toEntry(name: string, bytes: number, mode: number, type: string): Generator<Buffer> {
  const nameBytes = Buffer.from(`${name}\0`);
  if (nameBytes.length > NAME_BYTES) {
    // GNU's way for a long name: an entry of its own before the file's.
    yield toHeader(Buffer.from("././@LongLink"), nameBytes.length, 0, "L");
    yield nameBytes;
    yield toPadding(nameBytes.length);
  }
  yield toHeader(nameBytes.subarray(0, NAME_BYTES), bytes, mode, type);
}

function toHeader(name: Buffer, bytes: number, mode: number, type: string): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, at: number, length: number): void => {
    header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
  };
  name.copy(header, 0);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(bytes, 124, 12);
  octal(0, 136, 12);
  header.write("        ", 148, "latin1");
  header.write(type, 156, "latin1");
  header.write("ustar  \0", 257, "latin1");
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return header;
}

function toPadding(bytes: number): Buffer {
  return Buffer.alloc((BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES);
}
