// Programs that end badly by every means, and the run of many executions among which every tenth is one of them.

/** Each is ended by a limit, or fails; none may harm the next. */
const crashes = [
  "for (;;);",
  "const kept = []; for (;;) kept.push(new Uint8Array(2 ** 23).fill(1));",
  "const down = (depth) => down(depth + 1) + 1; return down(0);",
  "globalThis.process?.exit?.(0); globalThis.Deno?.exit?.(0); globalThis.close?.(); throw new Error('exit');",
  "const kept = []; for (;;) kept.push(`${kept.length}`.repeat(1_000));",
  "await new Promise(() => {});",
  "const turn = () => Promise.resolve().then(turn); await turn();",
  "setTimeout(() => { throw new Error('later'); }, 1); await new Promise((resolve) => setTimeout(resolve, 60_000));",
  "throw null;",
  "const down = (depth) => JSON.stringify({ toJSON: () => down(depth + 1) }); return down(0);",
];
const EVERY = 10;
const LIMIT_MS = 300;

/**
 * Runs so many executions one after the other, every tenth of them a crash; answers how many of the others were right,
 * how many crashes ended as such, and what went wrong first.
 * @param {any} sluice over the bench's server
 * @param {number} count
 */
export async function runAmongCrashes(sluice, count) {
  let right = 0;
  let crashed = 0;
  let wrong;
  for (let run = 1; run <= count; run += 1) {
    if (run % EVERY === 0) {
      const code = /** @type {string} */ (crashes[(run / EVERY - 1) % crashes.length]);
      const { status } = await sluice.executeCode(code, { timeoutMs: 5_000, limits: { cpuMs: LIMIT_MS } });
      if (status === "killed" || status === "failed") crashed += 1;
      else wrong ??= `${code} ${status}`;
      continue;
    }
    const { status, result, error } = await sluice.executeCode(
      `const { amount } = await bench.getRecord({ id: ${run} }); return amount + 1;`,
    );
    if (status === "completed" && result === run * 3 + 1) right += 1;
    else wrong ??= `run ${run}: ${status} ${error?.code ?? ""} ${error?.message ?? JSON.stringify(result)}`;
  }
  return { right, crashed, ...(wrong === undefined ? {} : { wrong }) };
}
