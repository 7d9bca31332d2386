import { execFile } from "node:child_process";
import { open } from "node:fs/promises";
import { promisify } from "node:util";

const HEADER_BYTES = 64;
const PROGRAM_HEADERS_BYTES_MAX = 65_536;
const INTERPRETER = 3; // PT_INTERP
const LIST_MS = 10_000;

/**
 * The absolute paths of everything that the system's loader reads to start an ELF program, the loader itself included;
 * none for a static one. The loader is asked: it knows its own search path, and does not run the program.
 */
export async function listLibraries(program: string): Promise<string[]> {
  const loader = await readInterpreter(program);
  if (loader === undefined) return [];
  const { stdout } = await promisify(execFile)(loader, ["--list", program], { env: {}, timeout: LIST_MS });
  // "libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x…)", or a path alone; the kernel's own (vdso) has none.
  const paths = stdout.split("\n").flatMap((line) => /(?:=>|^)\s*(\/\S+) \(0x/.exec(line)?.[1] ?? []);
  return [...new Set([loader, ...paths])];
}

/** The loader that a 64-bit little-endian ELF file asks for. */
async function readInterpreter(program: string): Promise<string | undefined> {
  const file = await open(program);
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    await file.read(header, 0, HEADER_BYTES, 0);
    if (header.toString("latin1", 0, 4) !== "\x7fELF" || header[4] !== 2 || header[5] !== 1) return undefined;
    const entryBytes = header.readUInt16LE(54);
    const table = Buffer.alloc(Math.min(entryBytes * header.readUInt16LE(56), PROGRAM_HEADERS_BYTES_MAX));
    await file.read(table, 0, table.length, Number(header.readBigUInt64LE(32)));
    for (let at = 0; at + entryBytes <= table.length; at += entryBytes) {
      if (table.readUInt32LE(at) !== INTERPRETER) continue;
      const path = Buffer.alloc(Math.min(Number(table.readBigUInt64LE(at + 32)), 4_096));
      await file.read(path, 0, path.length, Number(table.readBigUInt64LE(at + 8)));
      return path.toString("latin1").replace(/\0.*$/s, "");
    }
    return undefined;
  } finally {
    await file.close();
  }
}
