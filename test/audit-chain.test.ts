import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
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
import { type AuditVerification, verifyAudit } from "../src/gateway/audit-verify.ts";
import { SluiceError } from "../src/base/errors.ts";
import { readAudit } from "../src/runtime/audit-query.ts";
import { createStore, type Store } from "../src/store/store.ts";
import { createChance } from "./fuzz/random.ts";
import { openHouse, zooServer } from "./house.ts";
import { createSite } from "./servers/command-line.ts";

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

  test.each<[string, (file: string) => void, string]>([
    [
      "is gone, and the store says that it made room",
      (file) => {
        rmSync(inAudit(file));
        store.run("UPDATE audit_segment SET is_removed = 1 WHERE file = ?", [file]);
      },
      "the segment is missing: the store has it as removed to make room, and no segment says that it was",
    ],
    [
      "is gone from the store as well",
      (file) => {
        rmSync(inAudit(file));
        store.run("DELETE FROM audit_segment WHERE file = ?", [file]);
      },
      "the segment is missing: NEXT names it",
    ],
    [
      "was cut, and the store has it as open",
      (file) => {
        write(file, linesOf(file).slice(0, 4));
        store.run("UPDATE audit_segment SET records = 0, last_hash = NULL, bytes = 0 WHERE file = ?", [file]);
      },
      "the head that NEXT named when it began is not in it: its end is missing, or it was rewritten",
    ],
    [
      "was emptied, and the store has forgotten it",
      (file) => {
        truncateSync(inAudit(file));
        store.run("DELETE FROM audit_segment WHERE file = ?", [file]);
      },
      "the head that NEXT named when it began is not in it: its end is missing, or it was rewritten",
    ],
  ])("a closed one %s: who began after it knows better", (_, tamper, expected) => {
    makeThree();
    const [, file = "", next = ""] = segments();
    tamper(file);
    expect(verifyAudit(folder, heads).problems).toEqual([{ file, problem: expected.replace("NEXT", next) }]);
  });

  test("a segment names whichever began before it, if many began and ended together too", () => {
    const together = [0, 0, 0, 0].map((time) => createAudit(folder, { heads, now: () => time }));
    for (const audit of together) audit.record(ended("a"));
    for (const audit of together) audit.close();
    using next = createAudit(folder, { heads, now: () => 60_000 });
    next.record(ended("b"));
    const [started = ""] = linesOf(segments().at(-1) ?? "");
    expect((JSON.parse(started) as { open: JsonObject }).open).toEqual(
      Object.fromEntries(
        segments()
          .slice(0, -1)
          .map((file) => [file, (JSON.parse(linesOf(file).at(-1) ?? "") as { hash: string }).hash]),
      ),
    );
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

  test("what was put on the disk is known, also of a process that was killed, whatever comes after it", async () => {
    const audit = createAudit(folder, { heads, now: () => 0 });
    for (let n = 0; n < 5; n += 1) audit.record(ended(`a${n}`));
    await audit.flush();
    audit.record(ended("a5"));
    const [file = ""] = segments();
    const lines = linesOf(file);
    expect(problems()).toEqual([]);
    // The store may be a flush behind the file.
    write(file, lines.slice(0, 6));
    expect(problems()).toEqual([]);
    const shorter = forge(lines.filter((_, at) => at !== 3).map((line) => JSON.parse(line) as JsonObject));
    const same = forge(lines.map((line) => JSON.parse(line.replace("a2", "aX")) as JsonObject));
    const rewritten = "0:6 it is not the line that was there when it was last put on the disk: it was rewritten";
    const checkAll = (): void => {
      write(file, shorter.slice(0, 5));
      expect(problems()).toEqual([
        "0: it has 5 records and had 6 when it was last put on the disk: its end is missing",
      ]);
      for (const forged of [shorter, same]) {
        write(file, forged);
        expect(problems()).toEqual([rewritten]);
      }
    };
    checkAll();
    // As if another process had written it, which is gone: the next one keeps its end, and no less of what was known.
    const gone = file.replace(`-${process.pid}-`, "-4194303-");
    renameSync(inAudit(file), inAudit(gone));
    store.run("UPDATE audit_segment SET file = ? WHERE file = ?", [gone, file]);
    using next = createAudit(folder, { heads, now: () => 60_000 });
    next.record(ended("b"));
    await next.flush();
    expect(problems()).toEqual([rewritten]);
  });

  test("half a line that a process wrote when it was killed is no problem; what is added to it later is one", () => {
    const dead = createAudit(folder, { heads, now: () => 0 });
    dead.record(ended("a"));
    const [file = ""] = segments();
    const gone = file.replace(`-${process.pid}-`, "-4194303-");
    renameSync(inAudit(file), inAudit(gone));
    store.run("UPDATE audit_segment SET file = ? WHERE file = ?", [gone, file]);
    appendFileSync(inAudit(gone), '{"seq":2,"prev":"');
    expect(problems()).toEqual([]);
    using next = createAudit(folder, { heads, now: () => 60_000 });
    next.record(ended("b"));
    expect(problems()).toEqual([]);
    appendFileSync(inAudit(gone), "x");
    expect(problems()).toEqual(["0:3 the last line is torn: its writing was interrupted"]);
    write(gone, linesOf(gone).slice(0, 2));
    appendFileSync(inAudit(segments()[1]), '{"seq":');
    expect(problems()).toEqual([]);
    next.record(ended("c"));
    expect(problems()).toEqual([expect.stringMatching(/^1:3 it is not JSON/)]);
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

test.skipIf(process.platform === "win32")(
  "what is no file is named, and the others are read all the same",
  { timeout: 60_000 },
  async () => {
    await using site = await createSite({ mcpServers: { zoo: zooServer() }, stateDir: "." });
    rmSync(folder, { recursive: true });
    folder = site.directory;
    expect((await site.run(["call", "zoo.echo"])).code).toBe(0);
    const [whole = ""] = segments();
    renameSync(inAudit(whole), join(folder, "moved"));
    // A link that leads to a file is one.
    symlinkSync(join(folder, "moved"), inAudit(whole));
    expect((await site.run(["audit", "verify"])).stdout).toMatch(/^\d+ records in 1 segments are as they were written/);
    execFileSync("mkfifo", [inAudit("1.jsonl")]);
    mkdirSync(inAudit("2.jsonl"));
    symlinkSync("nowhere", inAudit("3.jsonl"));
    const verified = await site.run(["audit", "verify", "--json"]);
    expect(verified.code).toBe(1);
    const { problems: found, heads: ends } = JSON.parse(verified.stdout) as AuditVerification;
    expect(found).toEqual([
      { file: "1.jsonl", problem: expect.stringContaining("it is not a file") as string },
      { file: "2.jsonl", problem: expect.stringContaining("it is not a file") as string },
      { file: "3.jsonl", problem: expect.stringContaining("ENOENT") as string },
    ]);
    expect(Object.keys(ends)).toEqual([whole]);
    appendFileSync(join(folder, "moved"), "garbage\n");
    const shown = await site.run(["audit"]);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain("call-started");
    expect((await site.run(["audit", "edges"])).code).toBe(0);
    for (const file of ["1.jsonl", "2.jsonl", "3.jsonl", whole])
      expect(shown.stderr).toContain(`${file} has what cannot be read, and was left out: see \`sluice audit verify\``);
    // Who begins a segment looks at those that are open.
    using ownStore = createStore(folder);
    const own = createAuditHeads(ownStore);
    own.opened("1.jsonl");
    using audit = createAudit(folder, { heads: own });
    audit.record(ended("a"));
  },
);

test("a file where the folder should be: it is named, and so is all that is missing", { timeout: 60_000 }, async () => {
  await using site = await createSite({ mcpServers: { zoo: zooServer() }, stateDir: "." });
  expect((await site.run(["call", "zoo.echo"])).code).toBe(0);
  const place = join(site.directory, "audit");
  const [file = ""] = readdirSync(place);
  rmSync(place, { recursive: true });
  writeFileSync(place, "x");
  const verified = await site.run(["audit", "verify", "--json"]);
  expect(verified.code).toBe(1);
  expect((JSON.parse(verified.stdout) as AuditVerification).problems).toEqual([
    { file: "audit", problem: `Cannot read the audit in ${place}: it is not a folder` },
    { file, problem: "the segment is missing" },
  ]);
  for (const args of [["audit"], ["audit", "edges"], ["run", "-e", "return await zoo.echo({})"]]) {
    const refused = await site.run(args);
    expect(refused.stderr).toMatch(/audit_unavailable: Cannot \w+ the audit in /);
    expect(refused.stderr).not.toContain("    at ");
    expect(refused.code).toBe(2);
  }
});

describe("a segment that is written to", () => {
  test.each<[string, (file: string) => void]>([
    ["is removed", (file) => rmSync(inAudit(file))],
    ["is removed with its folder", () => rmSync(inAudit(), { recursive: true })],
    ["is moved", (file) => renameSync(inAudit(file), join(folder, "elsewhere"))],
    ["is moved with its folder", () => renameSync(inAudit(), join(folder, "elsewhere"))],
    [
      "is exchanged",
      (file) => {
        copyFileSync(inAudit(file), join(folder, "copy"));
        renameSync(join(folder, "copy"), inAudit(file));
      },
    ],
  ])("and %s: another one begins before the next record", (_, tamper) => {
    const said: string[] = [];
    using audit = createAudit(folder, { heads, log: (line) => said.push(line) });
    audit.record(ended("a"));
    const [file = ""] = segments();
    tamper(file);
    audit.record(ended("b"));
    audit.record(ended("c"));
    expect(said).toEqual([expect.stringContaining(`${file} was removed, moved or exchanged`)]);
    const next = segments().find((name) => name !== file) ?? "";
    expect(linesOf(next).map((line) => JSON.parse(line) as JsonObject)).toMatchObject([
      { kind: "segment-started", previous: file },
      { executionId: "b" },
      { executionId: "c" },
    ]);
    const missing = verifyAudit(folder, heads).problems.filter(({ problem }) => problem === "the segment is missing");
    expect(missing).toEqual(segments().includes(file) ? [] : [{ file, problem: "the segment is missing" }]);
  });

  test("and is gone where no other can begin: the call is refused", async () => {
    await using house = await openHouse();
    expect((await house.sluice.callTool("zoo.echo")).status).toBe("completed");
    rmSync(join(house.stateDir, "audit"), { recursive: true });
    writeFileSync(join(house.stateDir, "audit"), "");
    expect((await house.sluice.callTool("zoo.echo")).error?.code).toBe("audit_unavailable");
    rmSync(join(house.stateDir, "audit"));
    expect((await house.sluice.callTool("zoo.echo")).status).toBe("completed");
    expect(house.sluice.verifyAudit()).toMatchObject({
      segments: 1,
      problems: [{ problem: "the segment is missing" }],
    });
  });
});

describe("a segment that could not be begun", () => {
  test("is not there, however often it was tried, and the next one is as it was written", () => {
    let isFull = true;
    const opened: AuditHeads["opened"] = (file) => {
      if (isFull) throw new SluiceError("store_unavailable", "full");
      heads.opened(file);
    };
    using audit = createAudit(folder, { heads: { ...heads, opened } });
    for (let n = 0; n < 3; n += 1) expect(() => audit.record(ended("a"))).toThrow("full");
    expect(segments()).toEqual([]);
    isFull = false;
    audit.record(ended("b"));
    expect(verifyAudit(folder, heads)).toMatchObject({ intact: true, segments: 1, records: 2 });
  });

  test("since its process was killed has no record; one with a record is none of those written here", () => {
    using audit = createAudit(folder, { heads });
    audit.record(ended("a"));
    const [begun = "", record = ""] = linesOf(segments()[0] ?? "");
    writeFileSync(inAudit("2026-01-01T00-00-00.000Z-1-00000000.jsonl"), `${begun}\n`);
    writeFileSync(inAudit("2026-01-01T00-00-00.000Z-1-00000001.jsonl"), begun.slice(0, 20));
    writeFileSync(inAudit("2026-01-01T00-00-00.000Z-1-00000002.jsonl"), "");
    expect(verifyAudit(folder, heads)).toMatchObject({ intact: true, segments: 1, records: 2 });
    write("2026-01-01T00-00-00.000Z-1-00000000.jsonl", [begun, record]);
    expect(problems()).toEqual(["0: it is none of the segments that were written here"]);
  });

  test("makes no room that the store cannot keep", () => {
    for (let n = 0; n < 2; n += 1) {
      const audit = createAudit(folder, { heads });
      audit.record(ended("a"));
      audit.close();
    }
    const said: string[] = [];
    const removed: AuditHeads["removed"] = () => {
      throw new SluiceError("store_unavailable", "full");
    };
    using audit = createAudit(folder, {
      ...{ heads: { ...heads, removed }, keepBytes: 1, log: (line) => said.push(line) },
    });
    audit.record(ended("b"));
    expect(said).toEqual(["audit: no room can be made by the oldest segments: full"]);
    expect(verifyAudit(folder, heads)).toMatchObject({ intact: true, segments: 3 });
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

  test("who said that one made room may have made room since; nobody else does so unsaid", () => {
    let time = 0;
    for (let n = 0; n < 30; n += 1) {
      using audit = createAudit(folder, { heads, now: () => (time += 1_000), keepBytes: 6_000 });
      for (let m = 0; m < 3; m += 1) audit.record(ended(`e${m}`));
    }
    const named = segments().flatMap(linesOf).join("\n");
    const unsaid = heads.all().filter(({ file, isRemoved }) => isRemoved && !named.includes(`"file":"${file}"`));
    expect(unsaid.length).toBeGreaterThan(5);
    expect(problems()).toEqual([]);
    const [oldest = ""] = segments();
    heads.removed(oldest, () => rmSync(inAudit(oldest)));
    expect(problems()).toContainEqual(expect.stringMatching(/no segment says that it was$/));
  });

  test("it is said before it is done: whoever is killed in between leaves nothing unsaid", () => {
    makeThree();
    const [file = "", , open = ""] = segments();
    const stopped: AuditHeads = {
      ...heads,
      removed: (_, remove) => {
        remove();
        throw new SluiceError("cancelled", "killed here");
      },
    };
    const next = createAudit(folder, { heads: stopped, now: () => Date.UTC(2026, 1, 1), keepBytes: 1 });
    next.record(ended("x"));
    expect(segments()).not.toContain(file);
    expect(segments()).toContain(open);
    expect(problems()).toEqual([]);
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
    expect((await house.run(code)).status).toBe("completed");
    // Its hash is there before anything of it, its text before the outcome.
    const kinds = (await records(house.stateDir)).map(({ kind }) => kind);
    expect(kinds.indexOf("execution-started")).toBe(1);
    expect(kinds).toContain("program");
    expect((await house.run(code)).status).toBe("completed");
    await house.run("return zoo.fails({})");
    expect((await records(house.stateDir)).filter(({ kind }) => kind === "program")).toHaveLength(2);
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
