import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { SluiceError, toMessage } from "../base/errors.ts";
import { isJsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { makeFolder } from "../base/make-folder.ts";
import { dirname } from "node:path";

/** One tool and the hash of the definition that it is to have. */
export interface Pin {
  server: string;
  tool: string;
  hash: string;
}

/** `sluice.lock.json`: which definition of each tool is trusted. Meant for version control, so others write it too. */
export interface LockFile {
  readonly path: string;
  /** The pinned hash of a tool, as the file is now; `undefined` if it is not pinned. Throws `lock_unavailable`. */
  hashOf(server: string, tool: string): string | undefined;
  /**
   * Pins tools, keeping what other processes have pinned meanwhile; a tool that is pinned already keeps its hash unless
   * `replace` is set. Throws `lock_unavailable`, also where a server would have too many.
   */
  write(pins: readonly Pin[], options?: { replace?: boolean }): void;
}

type Pins = Map<string, Map<string, string>>;

/** Opens the file at a path, where it need not be yet. `exclusively` keeps the other processes that write it out. */
export function openLockFile(path: string, exclusively: (work: () => void) => void): LockFile {
  let read: { mark: string; pins: Pins } | undefined;

  function toMark(of: string): string {
    const found = statSync(of, { bigint: true, throwIfNoEntry: false });
    return found === undefined ? "none" : `${found.ino} ${found.size} ${found.mtimeNs}`;
  }

  function current(): Pins {
    try {
      const mark = toMark(path);
      if (read?.mark !== mark) read = { mark, pins: mark === "none" ? new Map() : parsePins(readBounded(path), path) };
      return read.pins;
    } catch (error) {
      read = undefined;
      throw toLockError(path, `Cannot read ${path}: ${toMessage(error)}`, error);
    }
  }

  function add(pins: Pins, wanted: readonly Pin[], replace: boolean): number {
    let count = 0;
    for (const { server, tool, hash } of wanted) {
      const known = pins.get(server) ?? new Map<string, string>();
      const before = known.get(tool);
      if (before === hash || (before !== undefined && !replace)) continue;
      if (before === undefined && known.size >= limits.pinsPerServerMax) {
        throw new SluiceError(
          "lock_unavailable",
          `Cannot pin more tools of server "${server}" in ${path}: it has ${known.size} (pinsPerServerMax)`,
          { hint: "Remove those that are gone from the file" },
        );
      }
      known.set(tool, hash);
      pins.set(server, known);
      count += 1;
    }
    return count;
  }

  return {
    path,
    hashOf: (server, tool) => current().get(server)?.get(tool),
    write(wanted, { replace = false } = {}) {
      exclusively(() => {
        // Copied where it changes: what cannot be written is not believed either.
        const pins = new Map(current());
        for (const { server } of wanted) {
          const tools = pins.get(server);
          if (tools !== undefined && tools === current().get(server)) pins.set(server, new Map(tools));
        }
        if (add(pins, wanted, replace) === 0) return;
        const draft = `${path}.${randomBytes(6).toString("hex")}.tmp`;
        try {
          makeFolder(dirname(path), 0o700);
          writeFileSync(draft, toText(pins), { flag: "wx" });
          // Of the draft: what is at the path a moment later may be another's.
          const mark = toMark(draft);
          renameSync(draft, path);
          read = { mark, pins };
        } catch (error) {
          rmSync(draft, { force: true });
          throw toLockError(path, `Cannot write ${path}: ${toMessage(error)}`, error);
        }
      });
    },
  };
}

function readBounded(path: string): string {
  if (statSync(path).size > limits.lockFileBytesMax)
    throw toBroken(path, `it has more than ${limits.lockFileBytesMax} bytes (lockFileBytesMax)`);
  return readFileSync(path, "utf8");
}

function parsePins(text: string, path: string): Pins {
  if (/^(<{7}|>{7}) /m.test(text)) throw toBroken(path, "it has the marks of a merge conflict");
  const value = JSON.parse(text) as unknown;
  if (!isJsonObject(value) || !isJsonObject(value["servers"])) throw toBroken(path, 'it has no object "servers"');
  if (value["version"] !== 1) throw toBroken(path, `its "version" is ${JSON.stringify(value["version"])}, expected 1`);
  const pins: Pins = new Map();
  for (const [server, tools] of Object.entries(value["servers"])) {
    if (!isJsonObject(tools)) throw toBroken(path, `${JSON.stringify(server)} is not an object of tools and hashes`);
    const known = new Map<string, string>();
    for (const [tool, hash] of Object.entries(tools)) {
      const digest = typeof hash === "string" ? /^sha256:([0-9a-f]{64})$/.exec(hash)?.[1] : undefined;
      if (digest === undefined)
        throw toBroken(path, `the hash of ${JSON.stringify(`${server}.${tool}`)} is not "sha256:" and 64 hex digits`);
      known.set(tool, digest);
    }
    pins.set(server, known);
  }
  return pins;
}

/** The lines of one server's tools. Its map is replaced when it changes: hundreds of servers that list one after the other are not printed hundreds of times. */
const texts = new WeakMap<ReadonlyMap<string, string>, string>();

function toToolsText(tools: ReadonlyMap<string, string>): string {
  const known = texts.get(tools);
  if (known !== undefined) return known;
  const lines = toSorted(tools).map(([tool, hash]) => `      ${JSON.stringify(tool)}: "sha256:${hash}"`);
  const text = lines.join(",\n");
  texts.set(tools, text);
  return text;
}

/** Sorted by code units and one tool a line: two machines write the same, and a merge touches what has changed. */
function toText(pins: Pins): string {
  const servers = toSorted(pins)
    .filter(([, tools]) => tools.size > 0)
    .map(([server, tools]) => `    ${JSON.stringify(server)}: {\n${toToolsText(tools)}\n    }`);
  return `{\n  "version": 1,\n  "servers": {\n${servers.join(",\n")}\n  }\n}\n`;
}

function toSorted<Value>(map: ReadonlyMap<string, Value>): [string, Value][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

function toBroken(path: string, problem: string): SluiceError {
  return toLockError(path, `Cannot read ${path}: ${problem}`, undefined);
}

function toLockError(path: string, message: string, cause: unknown): SluiceError {
  if (cause instanceof SluiceError) return cause;
  return new SluiceError("lock_unavailable", message, {
    cause,
    hint: `Restore ${path} from version control or correct it; remove it to pin the tools again as they are now`,
  });
}
