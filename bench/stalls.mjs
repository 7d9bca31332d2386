import { readFileSync } from "node:fs";
import { toRow } from "./parts/figures.mjs";
import { withSluice } from "./parts/ground.mjs";

const GOAL_MS = 20;
const RUNS = 5;
const TICK_MS = 2;

/** What a program can make the host work for: arguments, frames, names, lines, answers. */
const programs = {
  "nothing (the watch itself)": "return 1",
  "one text of 2 MB as an argument": 'return (await bench.echo({ text: "x".repeat(2_000_000) })).text.length',
  "60 arguments of 1 MB at once":
    'const text = "x".repeat(2 ** 20); return (await Promise.all(Array.from({ length: 60 }, () => bench.echo({ text })))).length',
  "a list of a million zeros": "return await bench.echo({ list: new Array(1e6).fill(0) }).catch(({ code }) => code)",
  "an object of 9,900 keys":
    "return await bench.echo({ given: Object.fromEntries(Array.from({ length: 9_900 }, (_, i) => [`k${i}`, i])) }).then(() => 1, ({ code }) => code)",
  "2,000 rows of 7 fields":
    "return (await bench.echo({ rows: Array.from({ length: 2_000 }, (_, id) => ({ id, name: `row ${id}`, n: id * 2, ok: true, none: null, list: [1], mail: `a${id}@b.co` })) })).rows.length",
  "100,000 brackets":
    "let deep = 1; for (let i = 0; i < 100_000; i += 1) deep = [deep]; return await bench.echo({ deep }).catch(({ code }) => code)",
  "20,000 calls that nobody awaits":
    'for (let i = 0; i < 20_000; i += 1) bench.echo({ text: "x" }).catch(() => {}); return 1',
  "10,000 requests without a network":
    'return (await Promise.allSettled(Array.from({ length: 10_000 }, () => fetch("http://127.0.0.1:1/")))).length',
  "300,000 lines": "for (let i = 0; i < 300_000; i += 1) console.log(i); return 1",
  "260 KB of import()": "import('a');".repeat(20_000),
  "260 KB of declarations": `${Array.from({ length: 19_000 }, (_, i) => `let a${i}=1;`).join("")}return 1`,
  "10,000 imports":
    "return (await Promise.allSettled(Array.from({ length: 10_000 }, (_, i) => import(`./servers/bench?${i}`)))).length",
  "300 searches of 2,000 characters":
    "for (let i = 0; i < 300; i += 1) await sluice.searchTools(`word${i} `.repeat(300)); return 1",
  "300,000 rows as a result": "return Array.from({ length: 300_000 }, (_, i) => ({ i }))",
};

/** @type {import("./parts/figures.mjs").Benchmark} */
const stalls = {
  about:
    "programs that try to hold the host up: the longest time that its main thread worked without a turn for others",
  async run(say) {
    /** @type {import("./parts/figures.mjs").Row[]} */
    const rows = [];
    for (const engine of ["deno", "quickjs"])
      await withSluice({ engine, wall: "none", cpuMs: 6_000, memoryMb: 512, timeoutMs: 60_000 }, async (sluice) => {
        for (const [what, code] of Object.entries(programs)) {
          say(`${engine}: ${what}`);
          const longest = [];
          for (let run = 0; run < RUNS; run += 1) longest.push(await watched(() => sluice.executeCode(code)));
          rows.push(toRow(`${engine}: ${what}`, "ms", longest, [{ figure: "max", max: GOAL_MS }]));
        }
      });
    return {
      rows,
      notes: [
        "processor time of the main thread between two ticks of a timer, as the kernel counts it: waiting for a busy processor is not in it",
        "cpuMs is 6,000: some of these programs meet it",
      ],
    };
  },
};
export default stalls;

/** @param {() => Promise<unknown>} work */
async function watched(work) {
  let longest = 0;
  let last = readUsed();
  const tick = () => {
    const used = readUsed();
    longest = Math.max(longest, used - last);
    last = used;
  };
  const ticking = setInterval(tick, TICK_MS);
  await work();
  tick();
  clearInterval(ticking);
  return longest;
}

/** Processor time of the main thread, in milliseconds. */
function readUsed() {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
}
