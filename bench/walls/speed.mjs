// What an engine behind a wall costs when all goes well.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { toRow, toValueRow } from "../parts/figures.mjs";
import { mustComplete, withSluice } from "../parts/ground.mjs";
import { pause, waitForPool } from "../parts/processes.mjs";
import { timed } from "../parts/stall.mjs";
import { toStalls } from "./stalls.mjs";

/** @typedef {import("../parts/cells.mjs").Cell} Cell */

const GUESTS = 2;
/** A container's guest is warmed where this process does not see it. */
const CONTAINER_MS = 700;
const CALLS = 200;
/** Pure computing, and JSON as programs handle it; each returns the same on every engine. */
const works = [
  {
    what: "pure computing",
    code: "let sum = 0; for (let n = 2; n < 60_000; n += 1) { let prime = true; for (let d = 2; d * d <= n; d += 1) if (n % d === 0) { prime = false; break; } if (prime) sum += n; } return sum;",
  },
  {
    what: "JSON",
    code: 'const rows = Array.from({ length: 20_000 }, (_, id) => ({ id, name: "Row " + id, tags: ["a", "b"], amount: id * 3 })); let sum = 0; for (let round = 0; round < 5; round += 1) sum += JSON.parse(JSON.stringify(rows)).length; return sum;',
  },
];

/** @param {Cell} cell */
export async function measureStarts(cell) {
  const runs = cell.isContained ? 5 : 12;
  const cold = await withSluice({ ...cell.sandbox, guestsWarm: 0 }, (sluice) => repeat(runs, () => run(sluice)));
  const pooled = await withSluice({ ...cell.sandbox, guestsWarm: GUESTS }, (sluice) =>
    repeat(runs * 2, async () => {
      await settle(cell);
      return await run(sluice);
    }),
  );
  return [toRow("cold start", "ms", cold), toRow("pooled start", "ms", pooled)];
}

/** @param {Cell} cell */
export async function measureCalls(cell) {
  return await withSluice({ ...cell.sandbox, guestsWarm: GUESTS }, async (sluice) => {
    const trips = await repeat(5, async () => {
      await settle(cell);
      const code = `for (let id = 0; id < ${CALLS}; id += 1) await bench.getRecord({ id }); return 1;`;
      return (await run(sluice, code, 1)) / CALLS;
    });
    const parallel = await repeat(10, async () => {
      await settle(cell);
      const code = "return (await Promise.all(Array.from({ length: 20 }, () => bench.wait({ ms: 50 })))).length;";
      return await run(sluice, code, 20);
    });
    return [
      toRow("one call, there and back", "ms", trips),
      toRow("20 parallel calls of 50 ms", "ms", parallel, [{ figure: "p50", max: 60 }]),
    ];
  });
}

/** @param {Cell} cell */
export async function measureResults(cell) {
  return await withSluice({ ...cell.sandbox, guestsWarm: GUESTS, memoryMb: 1_024 }, async (sluice) => {
    const rows = [];
    const stall = { stallMs: 0, ownMs: 0 };
    for (const { megabytes, runs } of [
      { megabytes: 1, runs: 5 },
      { megabytes: 5, runs: 5 },
      { megabytes: 50, runs: 2 },
    ]) {
      const code = `const rows = await bench.rows({ megabytes: ${megabytes} }); return rows.filter((row) => row.status === "pending").length > 10;`;
      // The first one makes the text.
      await run(sluice, code, true);
      const times = await repeat(runs, async () => {
        await settle(cell);
        const { value, stallMs, ownMs } = await timed(() => run(sluice, code, true));
        stall.stallMs = Math.max(stall.stallMs, stallMs);
        stall.ownMs = Math.max(stall.ownMs, ownMs);
        return value;
      });
      rows.push(toRow(`filter a result of ${megabytes} MB`, "ms", times));
    }
    return [...rows, ...toStalls("with these results", stall)];
  });
}

/** @param {Cell} cell */
export async function measureComputing(cell) {
  return await withSluice({ ...cell.sandbox, guestsWarm: GUESTS }, async (sluice) => {
    const rows = [];
    for (const { what, code } of works) {
      const plain = await repeat(3, () => runPlain(code));
      /** Each after the other, so that both meet the same machine. @type {number[]} */
      const empty = [];
      const whole = await repeat(5, async () => {
        await settle(cell);
        empty.push(await run(sluice));
        await settle(cell);
        return await run(sluice, code, undefined);
      });
      const ms = Math.min(...whole) - Math.min(...empty);
      rows.push(toValueRow(`${what}, times plain Node`, "×", ms / Math.min(...plain)));
    }
    return rows;
  });
}

/** @param {Cell} cell */
export async function measureRate(cell) {
  const [lanes, runs] = [4, cell.isContained ? 12 : 60];
  return await withSluice({ ...cell.sandbox, guestsWarm: GUESTS, executionsMax: lanes }, async (sluice) => {
    const start = performance.now();
    let left = runs;
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        while (left > 0) {
          left -= 1;
          await run(sluice);
        }
      }),
    );
    return [toValueRow("executions per second, 4 at once", "/s", (runs * 1_000) / (performance.now() - start))];
  });
}

/** How long a program takes, which must answer so. @param {any} sluice @param {string} [code] @param {unknown} [answer] */
async function run(sluice, code = "return 1;", answer = code === "return 1;" ? 1 : undefined) {
  const start = performance.now();
  const { result } = await mustComplete(sluice.executeCode(code));
  if (answer !== undefined && result !== answer) throw new Error(`A program did not do its work: ${code}`);
  return performance.now() - start;
}

/** The same code in a Node process, its start not counted. @param {string} code */
async function runPlain(code) {
  const timed = `const work = () => { ${code} }; const start = performance.now(); work(); console.log(performance.now() - start);`;
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", timed]);
  return Number(stdout);
}

/** @param {Cell} cell */
async function settle(cell) {
  if (!cell.isBoundary) return pause(100);
  await waitForPool(GUESTS);
  if (cell.isContained) await pause(CONTAINER_MS);
}

/** @param {number} runs @param {() => Promise<number>} work */
async function repeat(runs, work) {
  const times = [];
  for (let run = 0; run < runs; run += 1) times.push(await work());
  return times;
}
