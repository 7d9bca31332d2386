import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SluiceError } from "../src/base/errors.ts";
import { createAudit, genesisHash } from "../src/gateway/audit.ts";
import type { AuditRecord } from "../src/gateway/audit-record.ts";
import { verifySegment } from "../src/gateway/audit-verify.ts";
import type { CallOutcome, ToolCall } from "../src/gateway/call.ts";
import type { Invoke } from "../src/gateway/compose.ts";
import { createGateway } from "../src/gateway/steps.ts";
import { writePlainModules } from "./plain-modules.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-audit-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Nobody is asked, and nothing is limited. */
const quiet = {
  trustOf: () => "internal" as const,
  approve: {
    broker: { ask: () => Promise.resolve(false), remembered: () => undefined },
    masked: async () => "",
    clean: async (texts: readonly string[]) => [...texts],
  },
  limit: { around: (inner: Invoke) => inner },
};

const now = (): number => Date.UTC(2026, 0, 2, 3, 4, 5, 6);
const ended = (executionId: string): AuditRecord => ({
  kind: "execution-ended",
  executionId,
  status: "completed",
  ms: 5,
});

function callOf(args: unknown, name = "send"): ToolCall {
  const tool = {
    server: "slack",
    name,
    address: `slack.${name}`,
    callName: name,
    hash: "",
    inputSchema: { type: "object", required: ["text"] },
  };
  return {
    executionId: "e1",
    callId: 7,
    origin: "program",
    tool,
    arguments: args as never,
    grant: {},
    signal: new AbortController().signal,
  };
}

function linesOf(file: string | undefined): Record<string, unknown>[] {
  return readFileSync(file ?? "", "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("what is written", () => {
  test("a call before it leaves and when it has ended, chained, without its data", async () => {
    using audit = createAudit(folder, { now });
    expect(audit.file).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
    let duringTheCall = 0;
    const invoke = createGateway(
      { ...{ audit, policy: { tools: {}, preset: "open" as const } }, ...quiet },
      async () => {
        duringTheCall = linesOf(audit.file).length;
        return { kind: "data", data: "secret answer", bytes: 13 };
      },
    );
    await invoke(callOf({ text: "hello secret" }));
    expect(duringTheCall).toBe(1);
    const text = JSON.stringify({ text: "hello secret" });
    const lines = linesOf(audit.file);
    expect(lines).toMatchObject([
      {
        seq: 0,
        prev: genesisHash,
        time: "2026-01-02T03:04:05.006Z",
        kind: "call-started",
        executionId: "e1",
        callId: 7,
        origin: "program",
        tool: "slack.send",
        argumentBytes: text.length,
        argumentSha256: createHash("sha256").update(text).digest("hex"),
      },
      {
        seq: 1,
        prev: lines[0]?.hash,
        kind: "call-ended",
        executionId: "e1",
        callId: 7,
        tool: "slack.send",
        ok: true,
        bytes: 13,
      },
    ]);
    expect(readFileSync(audit.file ?? "", "utf8")).not.toContain("secret");
    expect(verifySegment(audit.file ?? "")).toEqual({ kind: "intact", records: 2, lastHash: lines[1]?.hash });
  });

  test.skipIf(process.platform === "win32")("to a file of this user alone, whose name says when and who", () => {
    using audit = createAudit(folder, { now });
    audit.record(ended("e"));
    expect(audit.file).toMatch(new RegExp(`2026-01-02T03-04-05\\.006Z-${process.pid}-[0-9a-f]{8}\\.jsonl$`));
    expect(statSync(audit.file ?? "").mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "audit")).mode & 0o777).toBe(0o700);
  });

  test("refused, invalid, failed and crashed calls too", async () => {
    using audit = createAudit(folder);
    const through = (callUpstream: Invoke): Invoke =>
      createGateway(
        { ...{ audit, policy: { tools: { "slack.delete": "deny" as const }, preset: "open" as const } }, ...quiet },
        callUpstream,
      );
    const failing: CallOutcome = { kind: "error", code: "tool_error", message: "no such channel" };
    await through(async () => failing)(callOf({ text: "" }, "delete"));
    await through(async () => failing)(callOf({}));
    await through(async () => failing)(callOf({ text: "" }));
    await through(() => Promise.reject(new Error("broken")))(callOf({ text: "" }));
    const deep = JSON.parse(`${"[".repeat(50_000)}${"]".repeat(50_000)}`);
    await through(async () => failing)(callOf({ text: deep }));
    const codes = linesOf(audit.file).map((line) => `${line.kind} ${line.code ?? ""}`.trim());
    expect(codes).toEqual(
      ["tool_denied", "arguments_invalid", "tool_error", "internal", "arguments_invalid"].flatMap((code) => [
        "call-started",
        `call-ended ${code}`,
      ]),
    );
    expect(verifySegment(audit.file ?? "").kind).toBe("intact");
  });

  test("several audits at once have a segment each", () => {
    const audits = Array.from({ length: 3 }, () => createAudit(folder, { now }));
    for (let i = 0; i < 50; i++) for (const audit of audits) audit.record(ended(`e${i}`));
    for (const audit of audits) {
      expect(verifySegment(audit.file ?? "")).toMatchObject({ kind: "intact", records: 50 });
      audit.close();
    }
    expect(readdirSync(join(folder, "audit"))).toHaveLength(3);
  });

  test("after closing, a new segment begins", () => {
    using audit = createAudit(folder);
    audit.record(ended("a"));
    audit.close();
    audit.record(ended("b"));
    expect(readdirSync(join(folder, "audit"))).toHaveLength(2);
    expect(linesOf(audit.file)).toMatchObject([{ seq: 0, prev: genesisHash, executionId: "b" }]);
  });
});

describe("when it cannot be written", () => {
  test("the call is refused and never leaves; it works again once it can be", async () => {
    const blocked = join(folder, "state");
    writeFileSync(blocked, "a file where a folder should be");
    using audit = createAudit(blocked);
    let calls = 0;
    const invoke = createGateway(
      { ...{ audit, policy: { tools: {}, preset: "open" as const } }, ...quiet },
      async () => {
        calls++;
        return { kind: "data", data: null };
      },
    );
    const outcome = await invoke(callOf({ text: "x" }));
    expect(outcome).toMatchObject({ kind: "error", code: "audit_unavailable" });
    expect(calls).toBe(0);
    expect(() => audit.record(ended("e"))).toThrow(SluiceError);
    rmSync(blocked);
    expect(await invoke(callOf({ text: "x" }))).toMatchObject({ kind: "data" });
    expect(calls).toBe(1);
  });

  test("a call that has happened keeps its result when its end cannot be recorded", async () => {
    using audit = createAudit(folder);
    const invoke = createGateway(
      { ...{ audit, policy: { tools: {}, preset: "open" as const } }, ...quiet },
      async () => {
        audit.close();
        rmSync(join(folder, "audit"), { recursive: true });
        writeFileSync(join(folder, "audit"), "");
        return { kind: "data", data: "sent" };
      },
    );
    expect(await invoke(callOf({ text: "x" }))).toEqual({ kind: "data", data: "sent" });
    expect(await invoke(callOf({ text: "x" }))).toMatchObject({ code: "audit_unavailable" });
  });

  // A limit on the size of files stops a write in the middle of a line, as a full disk does.
  test.runIf(existsSync("/usr/bin/prlimit"))(
    "half a line that was written is cut off, and a new segment begins",
    () => {
      writePlainModules(folder, [
        ...["base/background", "base/errors", "base/make-folder", "base/json", "base/limits"],
        ...["base/argument-text", "gateway/audit", "gateway/audit-segments", "gateway/cut-text"],
      ]);
      const program = `
      import { createAudit } from "./gateway/audit.js";
      process.on("SIGXFSZ", () => {});
      const audit = createAudit("state");
      const files = new Set();
      const codes = [];
      for (let i = 0; i < 12; i++) {
        try {
          audit.record({ kind: "execution-ended", executionId: "e" + i, status: "completed", ms: i });
          files.add(audit.file);
        } catch (error) {
          codes.push(error.code);
        }
      }
      console.log(JSON.stringify({ files: [...files], codes }));`;
      const args = ["--fsize=1000", process.execPath, "--input-type=module", "-e", program];
      const child = spawnSync("/usr/bin/prlimit", args, { cwd: folder, encoding: "utf8" });
      const { files, codes } = JSON.parse(child.stdout) as { files: string[]; codes: string[] };
      expect(codes.length).toBeGreaterThan(1);
      expect(new Set(codes)).toEqual(new Set(["audit_unavailable"]));
      const verified = files.map((file) => verifySegment(join(folder, file)));
      expect(verified.map((one) => one.kind)).toEqual(files.map(() => "intact"));
      // Every record is either written whole or was refused.
      expect(verified.reduce((sum, one) => sum + (one.kind === "intact" ? one.records : 0), codes.length)).toBe(12);
    },
  );
});

describe("verification", () => {
  function segment(): string {
    using audit = createAudit(folder);
    for (let i = 0; i < 5; i++) audit.record(ended(`e${i}`));
    return audit.file ?? "";
  }
  const rewrite = (file: string, change: (lines: string[]) => string[]): void =>
    writeFileSync(file, `${change(readFileSync(file, "utf8").trimEnd().split("\n")).join("\n")}\n`);

  test.each<[string, (lines: string[]) => string[], number, string]>([
    [
      "a changed value",
      (lines) => lines.map((line, i) => (i === 2 ? line.replace('"e2"', '"eX"') : line)),
      3,
      "it was changed",
    ],
    ["a removed line", (lines) => lines.toSpliced(1, 1), 2, "missing or moved"],
    ["a removed first line", (lines) => lines.slice(1), 1, "missing or moved"],
    ["swapped lines", ([a = "", b = "", ...rest]) => [b, a, ...rest], 1, "missing or moved"],
    [
      "an added member",
      (lines) => lines.map((line, i) => (i === 4 ? line.replace("{", '{"extra":1,') : line)),
      5,
      "it was changed",
    ],
    ["junk", (lines) => [...lines, "junk"], 6, "not JSON"],
    ["a number", (lines) => [...lines, "5"], 6, "not an object"],
  ])("%s is found", (_, change, line, problem) => {
    const file = segment();
    rewrite(file, change);
    expect(verifySegment(file)).toEqual({ kind: "broken", line, problem: expect.stringContaining(problem) });
  });

  test("a line with a new hash of its own breaks the next", () => {
    const file = segment();
    rewrite(file, (lines) =>
      lines.map((line, i) => {
        if (i !== 1) return line;
        const { hash: _, ...rest } = JSON.parse(line);
        rest.status = "failed";
        return JSON.stringify({ ...rest, hash: createHash("sha256").update(JSON.stringify(rest)).digest("hex") });
      }),
    );
    expect(verifySegment(file)).toMatchObject({ kind: "broken", line: 3, problem: expect.stringContaining("prev") });
  });

  test("a torn last line is named as such", () => {
    const file = segment();
    truncateSync(file, statSync(file).size - 10);
    expect(verifySegment(file)).toMatchObject({ kind: "broken", line: 5, problem: expect.stringContaining("torn") });
    appendFileSync(file, "\n");
    expect(verifySegment(file)).toMatchObject({ kind: "broken", line: 5, problem: "it is not JSON" });
  });

  test("lines cut off whole are seen by the last hash alone", () => {
    const file = segment();
    const whole = verifySegment(file);
    rewrite(file, (lines) => lines.slice(0, 3));
    const cut = verifySegment(file);
    expect(cut).toMatchObject({ kind: "intact", records: 3 });
    expect(cut).not.toEqual(whole);
  });
});
