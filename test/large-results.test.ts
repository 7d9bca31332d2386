import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkOutcome, type House, openHouse } from "./house.ts";

const server = fileURLToPath(new URL("./servers/large.mjs", import.meta.url));
const mcpServers = { large: { command: process.execPath, args: [server] } };
let house: House;
beforeAll(async () => {
  house = await openHouse({ mcpServers });
  checkOutcome(await house.run("return (await large.json({ bytes: 10 })).length > 0"), { result: true });
});
afterAll(() => house[Symbol.asyncDispose]());

/** Processor time of this thread so far. Unlike the clock it does not see what other processes do to this one. */
function readCpuMs(): number {
  return process.platform === "linux" ? Number(readFileSync("/proc/self/schedstat", "latin1").split(" ")[0]) / 1e6 : 0;
}

/** What the program answers, and how long at most this process was busy without a turn for anything else. */
async function runWatched(code: string): Promise<{ result: unknown; stallMs: number }> {
  let stallMs = 0;
  let last = readCpuMs();
  const turns = setInterval(() => {
    const now = readCpuMs();
    stallMs = Math.max(stallMs, now - last);
    last = now;
  }, 1);
  const outcome = await house.run(code);
  await new Promise((resolve) => setTimeout(resolve, 5));
  clearInterval(turns);
  checkOutcome(outcome, { result: outcome.result });
  return { result: outcome.result, stallMs };
}

/** Generous, because a busy machine slows every step: 5 to 8 where it is quiet. Parsing 30 MB here would take 400. */
const STALL_MS = 60;
const CHECK = `const wrong = rows.findIndex((row, at) => row.id !== at || row.name !== 'Ünï "quoted" \\\\ 😀' || row.note !== "line\\nline\\u2028");
  return { rows: rows.length > 1_000, wrong };`;

describe("a large result arrives exactly", () => {
  for (const megabytes of [1, 5, 30]) {
    test(`${megabytes} MB of JSON as text`, { timeout: 60_000 }, async () => {
      const { result, stallMs } = await runWatched(
        `const rows = await large.json({ bytes: ${megabytes * 1_000_000} }); ${CHECK}`,
      );
      expect(result).toEqual({ rows: true, wrong: -1 });
      expect(stallMs).toBeLessThan(STALL_MS);
    });
  }
  test("as text of several lines", async () => {
    const { result } = await runWatched(`const rows = await large.pretty({ bytes: 2_000_000 }); ${CHECK}`);
    expect(result).toEqual({ rows: true, wrong: -1 });
  });
  test("as structured content", { timeout: 60_000 }, async () => {
    const { result, stallMs } = await runWatched(
      `const { rows } = await large.structured({ bytes: 10_000_000 }); ${CHECK}`,
    );
    expect(result).toEqual({ rows: true, wrong: -1 });
    expect(stallMs).toBeLessThan(STALL_MS);
  });
  test("that is prose", async () => {
    checkOutcome(
      await house.run(`const text = await large.text({ bytes: 3_000_000 }); return [text.length, text.at(-1)]`),
      {
        result: [1_500_000, "é"],
      },
    );
  });
  test("that only begins like JSON", async () => {
    checkOutcome(
      await house.run(`const text = await large.almost({ bytes: 1_000_000 }); return [text.length, text[0]]`),
      {
        result: [1_000_001, "{"],
      },
    );
  });
  test("with half a pair of surrogates", async () => {
    checkOutcome(
      await house.run(`const text = await large.half({ bytes: 1_000_000 }); return [text.length, text.charCodeAt(0)]`),
      { result: [1_000_001, 0xd800] },
    );
  });
  test("of several texts", async () => {
    checkOutcome(
      await house.run(
        `const all = await large.blocks({ bytes: 3_000_000 }); return all.map(({ at, text }) => [at, text.length])`,
      ),
      { result: [1, 2, 3].map((at) => [at, 1_000_000]) },
    );
  });
  test("with an image", async () => {
    checkOutcome(
      await house.run(`import { readFile } from "fs/promises";
        const { text, media: [{ path, bytes, mimeType }] } = await large.image({ bytes: 3_000_000 });
        const file = await readFile(path);
        return [text, bytes, mimeType, file.length, file.every((byte) => byte === 7)]`),
      { result: ["a picture", 3_000_000, "image/png", 3_000_000, true] },
    );
  });
  test("several at once", { timeout: 60_000 }, async () => {
    checkOutcome(
      await house.run(`const all = await Promise.all([1, 2, 3, 4].map((n) => large.json({ bytes: n * 1_000_000 })));
        return all.map((rows) => rows.every((row, at) => row.id === at))`),
      { result: [true, true, true, true] },
    );
  });
});

describe("a large result that is an error", () => {
  test("of the tool is caught with its beginning", async () => {
    checkOutcome(
      await house.run(
        `try { await large.failure({ bytes: 900_000 }) } catch ({ code, message }) { return [code, message.slice(0, 6), message.length < 20_000] }`,
      ),
      { result: ["tool_error", "No: xx", true], calls: { done: 0, failed: 1, open: 0 } },
    );
  });
  // It is sealed before it is cut: the beginning of a text that is not sealed whole could end in the middle of a value.
  test("of the tool that is too long to be sealed whole says so, and nothing of it", async () => {
    checkOutcome(
      await house.run(
        `try { await large.failure({ bytes: 2_000_000 }) } catch ({ code, message }) { return [code, message.includes("errorReadCharsMax"), message.includes("xx")] }`,
      ),
      { result: ["tool_error", true, false], calls: { done: 0, failed: 1, open: 0 } },
    );
  });
  test("over resultBytesMax says so", async () => {
    await using small = await openHouse({ mcpServers, sandbox: { resultBytesMax: 1_000_000 } });
    checkOutcome(
      await small.run(
        `try { await large.json({ bytes: 2_000_000 }) } catch ({ code, message }) { return [code, message.includes("resultBytesMax")] }`,
      ),
      { result: ["result_too_large", true], calls: { done: 0, failed: 1, open: 0 } },
    );
  });
});

describe("what is large and goes elsewhere", () => {
  test("a direct call's data is previewed, and kept in full", async () => {
    const outcome = await house.sluice.callTool("large.json", { bytes: 3_000_000 });
    expect(outcome).toMatchObject({
      status: "completed",
      result: expect.stringMatching(
        /^\[array of \d+ items, \d+ bytes; in full in \.\/workspace\/\.spill\/run_\w+-result\.json\]\nfirst /,
      ),
    });
    const kept = JSON.parse(
      await readFile(join(house.workspace, ".spill", `${outcome.executionId}-result.json`), "utf8"),
    ) as { id: number }[];
    expect(kept.every(({ id }, at) => id === at)).toBe(true);
    expect(outcome.stats.tokens).toMatchObject({ approximate: true });
  });
  test("a returned value is previewed, and kept in full", async () => {
    const outcome = await house.run(`return await large.json({ bytes: 3_000_000 })`);
    expect(outcome).toMatchObject({ status: "completed", result: expect.stringMatching(/^\[array of \d+ items/) });
    const kept = JSON.parse(
      await readFile(join(house.workspace, ".spill", `${outcome.executionId}-result.json`), "utf8"),
    ) as { id: number }[];
    expect(kept.every(({ id }, at) => id === at)).toBe(true);
  });
  test("a file is written and read", async () => {
    const { result, stallMs } = await runWatched(`import { readFile, writeFile } from "fs/promises";
      const text = "\\ufeff" + "ü😀".repeat(1_000_000);
      await writeFile("./workspace/large.txt", text);
      await writeFile("./workspace/large.bin", Buffer.alloc(5_000_000, 200));
      const bytes = await readFile("./workspace/large.bin");
      return [(await readFile("./workspace/large.txt", "utf8")) === text, bytes.length, bytes.every((byte) => byte === 200)]`);
    expect(result).toEqual([true, 5_000_000, true]);
    expect(stallMs).toBeLessThan(STALL_MS);
  });
  test("arguments pass up to their bound", async () => {
    checkOutcome(
      await house.run(`const length = await large.length({ text: "x".repeat(1_000_000) });
        try { await large.length({ text: "x".repeat(5_000_000) }) } catch ({ code, message }) { return [length, code, message.includes("argumentBytesMax")] }`),
      { result: ["1000000", "arguments_invalid", true], calls: { done: 1, failed: 1, open: 0 } },
    );
  });
});
