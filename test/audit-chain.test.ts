import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../src/base/json.ts";
import { createAudit, genesisHash, toHashMember } from "../src/gateway/audit.ts";
import { type AuditHeads, createAuditHeads } from "../src/gateway/audit-heads.ts";
import type { AuditRecord } from "../src/gateway/audit-record.ts";
import { verifyAudit } from "../src/gateway/audit-verify.ts";
import { readAudit } from "../src/runtime/audit-query.ts";
import { createStore, type Store } from "../src/store/store.ts";
import { createChance } from "./fuzz/random.ts";
import { openHouse, zooServer } from "./house.ts";

let folder: string;
let store: Store;
let heads: AuditHeads;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-audit-"));
  store = createStore(folder);
  heads = createAuditHeads(store);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const ended = (executionId: string): AuditRecord => ({
  kind: "execution-ended",
  executionId,
  status: "completed",
  ms: 5,
});
const inAudit = (file = ""): string => join(folder, "audit", file);
const segments = (): string[] => (existsSync(inAudit()) ? readdirSync(inAudit()).sort() : []);
const problems = (): string[] =>
  verifyAudit(folder, heads).problems.map(
    ({ file, line, problem }) => `${segments().indexOf(file)}:${line ?? ""} ${problem}`,
  );
const linesOf = (file: string): string[] => readFileSync(inAudit(file), "utf8").trimEnd().split("\n");
const write = (file: string, lines: readonly string[]): void =>
  writeFileSync(inAudit(file), lines.map((line) => `${line}\n`).join(""));

/** Three processes one after the other; the last has not closed its segment. */
function makeThree(): void {
  let time = Date.UTC(2026, 0, 1);
  for (const [name, isOpen] of [
    ["a", false],
    ["b", false],
    ["c", true],
  ] as const) {
    const audit = createAudit(folder, { heads, now: () => (time += 1_000) });
    for (let n = 0; n < 4; n += 1) audit.record(ended(`${name}${n}`));
    if (!isOpen) audit.close();
  }
}

/** The chain of these records, as somebody would write it who knows how. */
function forge(records: readonly JsonObject[]): string[] {
  let prev = genesisHash;
  return records.map((record, seq) => {
    const body = JSON.stringify({ ...record, seq, prev });
    prev = createHash("sha256").update(body).digest("hex");
    return `${body.slice(0, -1)}${toHashMember(prev)}`;
  });
}

describe("verification of the whole", () => {
  test("what was written is intact, whoever is still writing", () => {
    makeThree();
    expect(verifyAudit(folder, heads)).toMatchObject({ intact: true, segments: 3, records: 15, problems: [] });
    expect(Object.keys(verifyAudit(folder, heads).heads)).toEqual(segments());
  });

  test.each<[string, () => void, RegExp]>([
    ["a segment was removed", () => rmSync(inAudit(segments()[1])), /^-1: the segment is missing$/],
    ["the open segment was removed", () => rmSync(inAudit(segments()[2])), /^-1: the segment is missing$/],
    ["all were", () => rmSync(inAudit(), { recursive: true }), /the segment is missing/],
    [
      "the end of a closed one was cut off at a line",
      () => write(segments()[0] ?? "", linesOf(segments()[0] ?? "").slice(0, 3)),
      /^0: it has 3 records and had 5 when it was closed: its end is missing$/,
    ],
    [
      "a closed one was emptied",
      () => truncateSync(inAudit(segments()[0])),
      /^0: it has 0 records and had 5 when it was closed/,
    ],
    [
      "one was written anew, with a good chain",
      () =>
        write(
          segments()[0] ?? "",
          forge(linesOf(segments()[0] ?? "").map((line) => ({ ...JSON.parse(line), status: "failed" }))),
        ),
      /^0:\d* its /,
    ],
    [
      "records were added to a closed one, with a good chain",
      () => {
        const lines = linesOf(segments()[0] ?? "");
        const prev = (JSON.parse(lines.at(-1) ?? "") as { hash: string }).hash;
        const body = JSON.stringify({ seq: lines.length, prev, time: "2026-01-01T00:00:00Z", ...ended("x") });
        const hash = createHash("sha256").update(body).digest("hex");
        appendFileSync(inAudit(segments()[0]), `${body.slice(0, -1)}${toHashMember(hash)}\n`);
      },
      /^0: its end is not the one that was kept/,
    ],
    [
      "two changed places",
      () => {
        const [a = "", b = ""] = segments();
        renameSync(inAudit(a), inAudit("t"));
        renameSync(inAudit(b), inAudit(a));
        renameSync(inAudit("t"), inAudit(b));
      },
      /^0: its end is not the one that was kept/,
    ],
    [
      "a copy was put beside it",
      () => copyFileSync(inAudit(segments()[0]), inAudit("2026-01-01T00-00-00.000Z-1-00000000.jsonl")),
      /it is none of the segments that were written here/,
    ],
    ["one was renamed", () => renameSync(inAudit(segments()[0]), inAudit(`x${segments()[0]}`)), /is missing/],
    [
      "a line was changed",
      () =>
        write(
          segments()[2] ?? "",
          linesOf(segments()[2] ?? "").map((line) => line.replace('"c1"', '"cX"')),
        ),
      /^2:3 its hash/,
    ],
    [
      "bytes were put behind the last line",
      () => appendFileSync(inAudit(segments()[0]), "{}"),
      /^0:6 the last line is torn/,
    ],
  ])("%s", (_, tamper, expected) => {
    makeThree();
    tamper();
    expect(problems().length).toBeGreaterThan(0);
    expect(problems()[0]).toMatch(expected);
    expect(verifyAudit(folder, heads).intact).toBe(false);
  });

  test("an open segment that was cut is told by who began after it, also if the store forgets it", () => {
    const first = createAudit(folder, { heads, now: () => 0 });
    for (let n = 0; n < 5; n += 1) first.record(ended(`a${n}`));
    const second = createAudit(folder, { heads, now: () => 60_000 });
    second.record(ended("b"));
    const [cut = "", by] = segments();
    const lines = linesOf(cut);
    write(cut, lines.slice(0, 4));
    expect(problems()).toEqual([
      `0: the head that ${by} named when it began is not in it: its end is missing, or it was rewritten`,
    ]);
    rmSync(inAudit(cut));
    store.run("DELETE FROM audit_segment WHERE file = ?", [cut]);
    expect(verifyAudit(folder, heads).problems).toEqual([
      { file: cut, problem: `the segment is missing: ${by} names it` },
    ]);
  });

  test("of a process that was killed the next one keeps the end", () => {
    const dead = createAudit(folder, { heads, now: () => 0 });
    dead.record(ended("a"));
    dead.record(ended("b"));
    const [file = ""] = segments();
    // As if another process had written it, which is gone.
    const gone = file.replace(`-${process.pid}-`, "-4194303-");
    renameSync(inAudit(file), inAudit(gone));
    store.run("UPDATE audit_segment SET file = ? WHERE file = ?", [gone, file]);
    const next = createAudit(folder, { heads, now: () => 60_000 });
    next.record(ended("c"));
    expect(verifyAudit(folder, heads).intact).toBe(true);
    write(gone, linesOf(gone).slice(0, 2));
    expect(problems()).toContain("0: it has 2 records and had 3 when it was closed: its end is missing");
  });

  test("whatever one byte is changed, or line removed, doubled or moved, is found", () => {
    makeThree();
    const whole = segments().map((file) => [file, readFileSync(inAudit(file))] as const);
    const chance = createChance(11);
    for (let round = 0; round < 400; round += 1) {
      const [file, bytes] = chance.pick(whole);
      const changed = Buffer.from(bytes);
      const lines = bytes.toString().trimEnd().split("\n");
      const way = chance.below(4);
      if (way === 0) {
        const at = chance.below(changed.length);
        changed[at] = (changed[at] ?? 0) ^ (1 << chance.below(7));
        writeFileSync(inAudit(file), changed);
      } else {
        const at = chance.below(lines.length);
        const [line = ""] = lines.splice(at, 1);
        if (way === 2) lines.splice(at, 0, line, line);
        if (way === 3) lines.splice((at + 1 + chance.below(lines.length)) % (lines.length + 1), 0, line);
        if (way !== 3 || lines.join() !== bytes.toString().trimEnd().split("\n").join()) write(file, lines);
        else continue;
      }
      // The end of a segment that is still open is nobody's word yet.
      const isOpenEnd =
        way === 1 && file === whole[2]?.[0] && lines.length === 4 && bytes.toString().startsWith(lines.join("\n"));
      if (!isOpenEnd) expect([round, way, verifyAudit(folder, heads).intact]).toEqual([round, way, false]);
      writeFileSync(inAudit(file), bytes);
    }
    expect(verifyAudit(folder, heads).intact).toBe(true);
  });
});

describe("room", () => {
  test("old segments make room and leave their ends in the chain", () => {
    let time = 0;
    for (let n = 0; n < 6; n += 1) {
      const audit = createAudit(folder, { heads, now: () => (time += 1_000), keepBytes: 2_000 });
      for (let m = 0; m < 3; m += 1) audit.record(ended(`e${m}`));
      audit.close();
    }
    expect(segments().length).toBeLessThan(6);
    expect(verifyAudit(folder, heads)).toMatchObject({ intact: true });
    const removed = segments()
      .flatMap(linesOf)
      .filter((line) => line.includes('"segment-removed"'));
    expect(removed.length).toBeGreaterThan(0);
    const { file } = JSON.parse(removed[0] ?? "") as { file: string };
    writeFileSync(inAudit(file), "");
    expect(problems()).toContain("0: it was removed to make room, and is here again");
  });
});

test("flush waits for the disk, however many ask", async () => {
  using audit = createAudit(folder, { heads });
  for (let n = 0; n < 20; n += 1) {
    audit.record(ended(`e${n}`));
    await Promise.all([audit.flush(), audit.flush()]);
  }
  audit.close();
  await audit.flush();
});

describe("what a run leaves in it", () => {
  const records = async (stateDir: string, filter = {}): Promise<JsonObject[]> => {
    const found = [];
    for await (const record of readAudit(stateDir, filter)) found.push(record);
    return found;
  };

  test("the program once, files, calls; and in full where the config says so", async () => {
    await using house = await openHouse({ audit: { content: "full" } });
    const code =
      'await fs.promises.writeFile("./workspace/a.txt", "hello"); return await zoo.echo({ mail: "ana@acme.io" })';
    for (let n = 0; n < 2; n += 1) expect((await house.run(code)).status).toBe("completed");
    await house.run("return zoo.fails({})");
    await expect
      .poll(async () => (await records(house.stateDir)).filter(({ kind }) => kind === "program").length)
      .toBe(2);
    const all = await records(house.stateDir);
    expect(all[0]).toMatchObject({ kind: "segment-started", open: {} });
    const program = all.find(({ kind }) => kind === "program");
    expect(program?.["code"]).toBe(code.replace("ana@acme.io", "[EMAIL]"));
    expect(all.filter(({ kind }) => kind === "execution-started")).toMatchObject([
      { codeSha256: program?.["codeSha256"] },
      { codeSha256: program?.["codeSha256"] },
      {},
    ]);
    expect(all.find(({ kind }) => kind === "file-written")).toMatchObject({
      path: "./workspace/a.txt",
      bytes: 5,
      sha256: createHash("sha256").update("hello").digest("hex"),
    });
    // What the model wrote is cleaned as well.
    expect(all.find(({ kind, tool }) => kind === "call-started" && tool === "zoo.echo")?.["arguments"]).toBe(
      '{"mail":"[EMAIL]"}',
    );
    expect(all.find(({ kind, tool }) => kind === "call-ended" && tool === "zoo.echo")?.["result"]).toBe(
      '{"mail":"[EMAIL_1]"}',
    );
    expect(all.find(({ kind, tool }) => kind === "call-ended" && tool === "zoo.fails")?.["result"]).toContain(
      "the lion",
    );
    expect(house.sluice.verifyAudit()).toMatchObject({ intact: true });

    const wanted = async (filter: object): Promise<Json[]> =>
      (await records(house.stateDir, filter)).map(({ kind }) => kind ?? null);
    expect(await wanted({ tool: "zoo.fails" })).toEqual(["call-started", "call-ended"]);
    expect(await wanted({ status: "failed" })).toEqual(["call-ended", "execution-ended"]);
    expect(await wanted({ server: "zoo", status: "ok" })).toEqual(["call-ended", "call-ended"]);
    expect(await wanted({ server: "zo" })).toEqual([]);
    expect(await wanted({ since: Date.now() + 60_000 })).toEqual([]);
    expect(await wanted({ status: "tool_error" })).toEqual(["call-ended", "execution-ended"]);
  });

  test("`follow` goes on with what comes", async () => {
    await using house = await openHouse();
    await house.run("return await zoo.echo({})");
    const stop = new AbortController();
    const seen: Json[] = [];
    const following = (async () => {
      for await (const { kind, tool } of readAudit(house.stateDir, {
        follow: true,
        signal: stop.signal,
        tool: "zoo.delete",
      }))
        seen.push([kind ?? null, tool ?? null]);
    })();
    await house.run("return await zoo.delete({})");
    await expect.poll(() => seen.length).toBe(2);
    stop.abort();
    await following;
  });
});

const killed = fileURLToPath(new URL("servers/killed-host.mjs", import.meta.url));

test("killed at 50 random moments: it verifies, and misses no call that reached the server", async () => {
  const journal = join(folder, "calls");
  writeFileSync(journal, "");
  const state = join(folder, "state");
  const chance = createChance(5);
  const kill = async (): Promise<void> => {
    const child = spawn(process.execPath, [killed, state, JSON.stringify(zooServer(journal))], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    // From its first call on.
    await once(child.stdout, "data");
    await new Promise((resolve) => setTimeout(resolve, chance.below(120)));
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  const lane = async (): Promise<void> => {
    for (let n = 0; n < 25; n += 1) await kill();
  };
  await Promise.all([lane(), lane()]);
  const ownStore = createStore(state);
  try {
    // The last to be killed are settled by whoever comes next.
    createAudit(state, { heads: createAuditHeads(ownStore) }).record(ended("next"));
    expect(verifyAudit(state, createAuditHeads(ownStore)).problems).toEqual([]);
  } finally {
    ownStore.close();
  }
  const recorded = new Map<string, number>();
  for await (const { kind, argumentSha256 } of readAudit(state))
    if (kind === "call-started") recorded.set(String(argumentSha256), (recorded.get(String(argumentSha256)) ?? 0) + 1);
  const reached = readFileSync(journal, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.stringify((JSON.parse(line) as { arguments: object }).arguments));
  expect(reached.length).toBeGreaterThan(200);
  const missing = reached.filter((args) => !recorded.has(createHash("sha256").update(args).digest("hex")));
  expect(missing).toEqual([]);
  expect(existsSync(join(state, "audit"))).toBe(true);
}, 300_000);
