import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { isJsonObject, type JsonObject } from "../src/base/json.ts";
import { limits } from "../src/base/limits.ts";
import { deno } from "../src/sandbox/engines/deno.ts";
import { quickjs } from "../src/sandbox/engines/quickjs.ts";
import { toErrorReply, toReply, toStartFrame } from "../src/sandbox/execution-frames.ts";
import type { Guest } from "../src/sandbox/guest.ts";
import { linkProgram, type LinkedProgram, type NameSource } from "../src/sandbox/link.ts";
import { startGuest } from "../src/sandbox/start-guest.ts";
import { none } from "../src/sandbox/walls/none.ts";
import { warmUp } from "../src/sandbox/warm-up.ts";

// What a guest does is a function of the frames it got: the same frames with the same stamps, delivered to other guests
// at other times, must give the same bytes.

const REPLAYS = 25;
const engine = process.env["SLUICE_TEST_ENGINE"] === "quickjs" ? quickjs : deno;
const SEED = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0xdeadbeef];

const server = {
  key: "far",
  identifier: "far",
  global: true,
  tools: { get: "far.get", fail: "far.fail" },
};
const names: NameSource = {
  resolveImport: (specifier) =>
    Promise.resolve(
      specifier.includes("far")
        ? { kind: "server", key: "far" }
        : { kind: "builtin", name: specifier.replace("node:", "") },
    ),
  serverByIdentifier: (identifier) => (identifier === "far" ? server : undefined),
  server: () => server,
  allServers: () => [server],
  readSkill: () => Promise.resolve(""),
};

const programs: Record<string, string> = {
  "Promise.all, races, timers, sync reads and random numbers": `
    import { readFileSync, promises as files } from "fs";
    const wait = (ms: number) => new Promise<number>((resolve) => setTimeout(resolve, ms, ms));
    const seen: unknown[] = [];
    const note = (what: unknown) => { seen.push(what); console.log(what, Date.now(), Math.random()); };
    await Promise.all(Array.from({ length: 12 }, async (_, n) => {
      await wait(Math.floor(Math.random() * 20));
      note(await Promise.race([far.get({ n }), wait(8).then(() => "late " + n)]));
      note(readFileSync("./workspace/" + n, "utf8"));
      if (n % 3 === 0) note(await files.readFile("./workspace/async" + n, "utf8"));
      const more = await Promise.all([far.get({ n, again: true }), wait(n % 5)]);
      note([n, ...more, performance.now(), crypto.randomUUID()]);
    }));
    return seen;`,
  "intervals, aborts, failures and calls that nobody awaits": `
    const log: unknown[] = [];
    const interval = setInterval(() => log.push(["tick", new Date().toISOString(), readSync()]), 3);
    function readSync() { try { return fs.readFileSync("./workspace/missing"); } catch (error) { return error.code; } }
    const stop = AbortSignal.timeout(25);
    const results = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => (n % 2 ? far.get({ n }) : far.fail({ n }))));
    log.push(results.map(({ status }) => status));
    if (!stop.aborted) await new Promise((resolve) => stop.addEventListener("abort", resolve));
    clearInterval(interval);
    const end = Date.now() + 3;
    let turns = 0;
    while (Date.now() < end) turns += 1;
    void far.get({ n: turns });
    setTimeout(() => log.push("never"), 10_000);
    console.error(turns, new Intl.DateTimeFormat("en", { timeStyle: "full" }).format());
    return log;`,
  "an error whose stack and message depend on what came first": `
    const first = await Promise.any([far.fail({}), far.get({ n: 1 }), far.get({ n: 2 })].map(async (call, index) => { await call; return index; }));
    const module = await import("./servers/" + "far");
    const bytes = crypto.getRandomValues(new Uint8Array(8)).join();
    queueMicrotask(() => console.log("microtask"));
    await module.get({ bytes });
    throw new RangeError(\`\${first} \${bytes} \${Date.now()}\`);`,
};

/** Bytes from the guest since now; its `ready` frame has been read. */
function collect(guest: Guest): () => Buffer {
  const chunks: Buffer[] = [];
  guest.child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks);
}

async function openReady(warm: boolean): Promise<Guest> {
  const guest = await startGuest(engine, none, { memoryMb: 256 });
  await guest.ready;
  if (warm) await warmUp(guest);
  return guest;
}

/** Runs the program as a host would, each answer at some time of its own; the frames that were delivered, and the bytes that came. */
async function record(program: LinkedProgram): Promise<{ delivered: JsonObject[]; sent: Buffer }> {
  const guest = await openReady(false);
  const delivered: JsonObject[] = [];
  const bytes = collect(guest);
  const deliver = (frame: JsonObject): void => {
    delivered.push(frame);
    guest.send(frame);
  };
  const timers = new Map<number, NodeJS.Timeout>();
  async function answer(id: number, op: string, args: JsonObject): Promise<void> {
    if (op === "timer") {
      timers.set(
        id,
        setTimeout(() => deliver(toReply(id, null)), Number(args["ms"])),
      );
      return;
    }
    await sleep(Math.random() * 12);
    if (op === "import") return deliver(toReply(id, { kind: "server", key: "far", server }));
    const failure = String(args["path"]).endsWith("missing")
      ? { code: "ENOENT", message: "ENOENT: no such file" }
      : undefined;
    if (args["tool"] === "far.fail")
      return deliver(toErrorReply(id, { code: "tool_error", message: "failed", tool: "far.fail" }));
    if (failure !== undefined) return deliver(toErrorReply(id, failure));
    deliver(
      toReply(
        id,
        op === "file" ? { text: `text of ${String(args["path"])}` } : { id, echo: args["arguments"] ?? null },
      ),
    );
  }
  await new Promise<void>((resolve, reject) => {
    guest.listen((frame) => {
      const { kind, id, op, args } = frame;
      if (kind === "result") resolve();
      if (kind === "forget") clearTimeout(timers.get(Number(id)));
      if (kind === "call" && typeof op === "string" && isJsonObject(args)) void answer(Number(id), op, args);
    }, reject);
    deliver(toStartFrame(program, SEED, limits));
  });
  for (const timer of timers.values()) clearTimeout(timer);
  guest.kill();
  return { delivered, sent: bytes() };
}

/** Delivers recorded frames to another guest; the bytes that came. */
async function replay(delivered: readonly JsonObject[], warm: boolean): Promise<Buffer> {
  const guest = await openReady(warm);
  const bytes = collect(guest);
  await new Promise<void>((resolve, reject) => {
    guest.listen((frame) => frame.kind === "result" && resolve(), reject);
    for (const frame of delivered) guest.send(frame);
  });
  guest.kill();
  return bytes();
}

test.each(Object.entries(programs))("%s", async (_, code) => {
  const program = await linkProgram(code, names);
  const { delivered, sent } = await record(program);
  expect(sent.toString()).toContain('"kind":"result"');
  expect(delivered.length).toBeGreaterThan(5);
  for (let round = 0; round < REPLAYS; round += 1) {
    const replayed = await replay(delivered, round % 5 === 0);
    if (!replayed.equals(sent)) expect(replayed.toString()).toBe(sent.toString());
  }
});
