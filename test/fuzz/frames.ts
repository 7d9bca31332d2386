// Sequences of frames as the runner sends them, and then changed: bytes, order, lengths, depth, numbers.
import { encodeFrame } from "../../src/sandbox/frames.ts";
import type { Act } from "../hostile-guest.ts";
import { createChance } from "./random.ts";

const VALID = [
  { kind: "call", op: "search", args: { query: "x", limit: 3 } },
  { kind: "call", op: "tool", args: { tool: "a.b", arguments: { a: [1, "x", null] } } },
  { kind: "call", op: "file", args: { act: "writeFile", path: "./workspace/a", text: "x" } },
  { kind: "call", op: "file", args: { act: "readFile", path: "./workspace/a", text: true } },
  { kind: "call", op: "file", args: { act: "rename", path: "./workspace/a", to: "./workspace/b" } },
  { kind: "call", op: "file", args: { act: "readdir", path: "./", recursive: true } },
  { kind: "call", op: "timer", args: { ms: 5 } },
  { kind: "call", op: "fetch", args: { url: "http://127.0.0.1/", method: "GET", headers: [["a", "b"]] } },
  { kind: "call", op: "fetchRest", args: { id: 1 } },
  { kind: "call", op: "describe", args: { tool: "a.b" } },
  { kind: "call", op: "import", args: { specifier: "./servers" } },
  { kind: "call", op: "progress", args: { done: 1, total: 2, note: "x" } },
  { kind: "forget", id: 1 },
  { kind: "log", stream: "stdout", text: "x" },
  { kind: "result", value: { a: 1 }, changes: [], timers: 0, unawaited: [] },
  { kind: "result", error: { name: "Error", message: "x", stack: "at program.ts:1:1", code: "x" }, unhandled: true },
] as const;
const ODD = [
  "null",
  "-1",
  "1e999",
  "9007199254740993",
  '""',
  "[]",
  "{}",
  '"__proto__"',
  '{"__proto__":{"x":1}}',
  "true",
];

/** The acts of a seed. */
export function toActs(seed: number): Act[] {
  const { below, pick, one } = createChance(seed);
  let id = 0;
  let frames = Array.from({ length: 1 + below(12) }, () => {
    id += 1;
    return encodeFrame(JSON.stringify({ ...pick(VALID), ...(one(6) ? {} : { id }) }));
  });
  const at = (): number => below(frames.length);
  for (let changes = below(6); changes > 0; changes -= 1) {
    const index = at();
    const frame = frames[index] ?? Buffer.alloc(0);
    switch (below(9)) {
      case 0: {
        const flipped = Buffer.from(frame);
        if (flipped.length > 0) {
          const byte = below(flipped.length);
          flipped[byte] = (flipped[byte] ?? 0) ^ (1 << below(8));
        }
        frames[index] = flipped;
        break;
      }
      case 1:
        frames.splice(at(), 0, frame);
        break;
      case 2:
        frames.splice(index, 1);
        break;
      case 3:
        frames = frames.sort(() => below(3) - 1);
        break;
      case 4:
        frames[index] = frame.subarray(0, below(frame.length + 1));
        break;
      case 5: {
        const text = frame.subarray(4).toString("utf8");
        const members = [...text.matchAll(/:("[^"]*"|\d+|\[|\{)/g)];
        const member = members[below(Math.max(members.length, 1))];
        if (member !== undefined)
          frames[index] = encodeFrame(
            `${text.slice(0, member.index + 1)}${pick(ODD)}${text.slice(member.index + member[0].length)}`,
          );
        break;
      }
      case 6: {
        const depth = pick([10, 1_000, 50_000]);
        frames[index] = encodeFrame(
          `{"kind":"${pick(["call", "result", "log"])}","id":${below(20)},"op":"${pick(["tool", "search", "file"])}","args":${"[".repeat(depth)}${"]".repeat(depth)},"value":${'{"a":'.repeat(depth)}1${"}".repeat(depth)}}`,
        );
        break;
      }
      case 7: {
        const head = Buffer.alloc(4);
        head.writeUInt32LE(pick([0, 1, 255, 300_000, 2_000_000, 2_000_001, 0x7fffffff, 0xffffffff]));
        frames.splice(index, 0, head);
        break;
      }
      case 8:
        frames.splice(index, 0, Buffer.from(Array.from({ length: below(40) }, () => below(256))));
        break;
    }
  }
  const acts = frames.map((frame): Act => ({
    raw: frame.toString("base64"),
    ...(one(10) ? { times: 1 + below(300) } : {}),
    ...(one(6) ? { waitMs: below(10) } : {}),
  }));
  return one(8) ? [...acts, one(2) ? { exit: below(3) } : { closes: true }] : acts;
}
