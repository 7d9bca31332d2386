// What holds when programs do not end by themselves, take all memory, or crash.
import { runAmongCrashes } from "../parts/crashes.mjs";
import { percentile, toRow, toValueRow } from "../parts/figures.mjs";
import { load, withSluice } from "../parts/ground.mjs";
import { runAway } from "../parts/runaways.mjs";
import { timed } from "../parts/stall.mjs";
import { toStalls } from "./stalls.mjs";

/** @typedef {import("../parts/cells.mjs").Cell} Cell */

const GUESTS = 2;
const LIMIT_MS = 100;
const DEAD_MS = 250;
const MEMORY_MB = 256;
const MB = 2 ** 20;

const bombs = [
  "const kept = []; for (;;) kept.push(new Uint8Array(8 * 2 ** 20).fill(1));",
  "const kept = []; for (;;) kept.push(new Float64Array(2 ** 27).fill(1));",
  "const kept = []; for (;;) kept.push(`${kept.length}`.repeat(1_000));",
  "let text = 'x'; const kept = []; for (;;) { text += text.slice(0, 2 ** 20) + kept.length; kept.push([...text.slice(0, 4096)].join('-')); }",
  "const kept = []; for (;;) kept.push({ at: kept.length, next: { of: [kept.length] } });",
  "const kept = new Map(); for (;;) kept.set(kept.size, [kept.size]);",
  "let kept = [1, 2, 3]; for (;;) kept = [structuredClone(kept), structuredClone(kept)];",
  "const kept = []; for (;;) kept.push(new Array(2 ** 20).fill(kept.length));",
  "const kept = []; for (;;) kept.push(Buffer.alloc(2 ** 22, 'x').toString('base64'));",
  "const kept = []; for (;;) kept.push(new Promise(() => kept.length));",
];

/** @param {Cell} cell */
export async function measureKills(cell) {
  const runs = cell.isContained ? 10 : 50;
  return await withSluice({ ...cell.sandbox, guestsWarm: GUESTS }, async (sluice) => {
    const late = [];
    const gone = [];
    const stall = await timed(async () => {
      for (let run = 0; run < runs * 2; run += 1) {
        const limit = run % 2 === 0 ? "cpuMs" : "timeoutMs";
        const options = limit === "cpuMs" ? { limits: { cpuMs: LIMIT_MS } } : { timeoutMs: LIMIT_MS };
        const { ms, goneMs } = await runAway(sluice, "for (;;);", { limits: [limit], options, guests: GUESTS });
        late.push(ms - LIMIT_MS);
        gone.push(goneMs - LIMIT_MS);
      }
    });
    const row = toRow(`runaways dead after their limit`, "ms", late);
    return [
      { ...row, figures: { ...row.figures, p99: percentile(late, 0.99) }, goals: [{ figure: "p99", max: DEAD_MS }] },
      ...(cell.isContained ? [toRow("  and their containers gone", "ms", gone)] : []),
      ...toStalls("with runaways", stall),
    ];
  });
}

/** @param {Cell} cell */
export async function measureBombs(cell) {
  const { findParentGroup } = await load("sandbox/memory-group.js");
  // gVisor's processes are in no group of the kernel's.
  const isGrouped = findParentGroup() !== undefined && !cell.name.includes("gVisor");
  const overMax = isGrouped ? 16 : 128;
  return await withSluice({ ...cell.sandbox, guestsWarm: GUESTS, memoryMb: MEMORY_MB }, async (sluice) => {
    const over = [];
    const stall = await timed(async () => {
      for (const code of bombs) {
        // QuickJS refuses an allocation first, which the program sees; a slow engine may run out of time before.
        const expected = {
          limits: ["memoryMb", "guest_crashed", "cpuMs", "timeoutMs"],
          guests: GUESTS,
          isFailureFine: true,
        };
        const { peakBytes } = await runAway(sluice, code, { ...expected, options: { timeoutMs: 30_000 } });
        over.push(peakBytes / MB - MEMORY_MB);
      }
    });
    return [
      toRow(`memory bombs: peak over ${MEMORY_MB} MB`, "MB", over, [{ figure: "max", max: overMax }]),
      ...toStalls("with bombs", stall),
    ];
  });
}

/** @param {Cell} cell */
export async function measureCrashes(cell) {
  const count = cell.isContained ? 40 : 200;
  return await withSluice({ ...cell.sandbox, guestsWarm: GUESTS, memoryMb: MEMORY_MB }, async (sluice) => {
    const { value, ...stall } = await timed(() => runAmongCrashes(sluice, count));
    if (value.wrong !== undefined) process.stderr.write(`  ${cell.name}: ${value.wrong}\n`);
    return [
      toValueRow(`right answers of ${count}, every tenth a crash`, "", value.right, { min: (count * 9) / 10 }),
      toValueRow(`crashes that ended as such`, "", value.crashed, { min: count / 10 }),
      ...toStalls("among crashes", stall),
    ];
  });
}
