import { limits } from "../base/limits.ts";
import { toReply, toStartFrame } from "./execution-frames.ts";
import type { Guest } from "./guest.ts";
import { linkProgram, type LinkedProgram, type NameSource } from "./link.ts";

/** What a typical program does, so that the engine has compiled it before the first real one: calls, files, output. */
const PROGRAM = `
import { readFile } from "fs/promises";
const rows: { id: number; name: string }[] = [];
for (let round = 0; round < 8; round += 1) {
  const answer = await warm.call({ round, filter: { name: "a", limit: 10 } });
  rows.push(...answer.rows.map((row: { id: number; name: string }) => ({ ...row, name: row.name.toUpperCase() })));
}
const answers = await Promise.all(rows.slice(0, 8).map((row) => warm.call({ round: row.id })));
const text = await readFile("./workspace/warm.txt", "utf8");
const grouped = new Map<string, number>();
for (const row of rows) grouped.set(row.name, (grouped.get(row.name) ?? 0) + row.id);
console.log("rows", rows.length, { grouped: [...grouped] }, text.slice(0, 10));
return { count: rows.length, answers: answers.length, first: rows.filter((row) => row.id > 1).sort((a, b) => a.id - b.id)[0] };
`;

const SERVER = { key: "warm", identifier: "warm", global: true, tools: { call: "warm.call" } };
const NAMES: NameSource = {
  resolveImport: () => Promise.resolve({ kind: "builtin", name: "fs/promises" }),
  serverByIdentifier: (identifier) => (identifier === SERVER.identifier ? SERVER : undefined),
  server: () => SERVER,
  allServers: () => [SERVER],
  readSkill: () => Promise.resolve(""),
};
/**
 * On V8 three rounds leave the runner in the interpreter; after these a program takes half the time (15 ms more for a
 * start). QuickJS only interprets: one round has loaded all there is.
 */
const toRounds = ({ engine }: Guest): number => (engine === "quickjs" ? 1 : 16);

let linked: Promise<LinkedProgram> | undefined;

/** Runs dummy programs in a fresh guest. They reach nothing outside it, and leave nothing behind in it. */
export async function warmUp(guest: Guest): Promise<void> {
  linked ??= linkProgram(PROGRAM, NAMES);
  const program = await linked;
  const rows = [1, 2, 3].map((id) => ({ id, name: `row ${id}` }));
  for (let round = 0; round < toRounds(guest); round += 1) {
    await new Promise<void>((resolve, reject) => {
      guest.listen((frame) => {
        if (frame.kind === "result") resolve();
        if (frame.kind === "call")
          guest.send(toReply(Number(frame["id"]), frame["op"] === "file" ? { text: "warm" } : { rows }));
      }, reject);
      guest.send(toStartFrame(program, [1, 2, 3, 4], limits));
    });
  }
  guest.listen(
    () => undefined,
    () => undefined,
  );
}
