// Programs whose course depends on what comes first: calls side by side, races, timers, files, chance. The same seed
// gives the same program; what it does in one run nobody knows before.

/** @param {number} seed */
function createChoice(seed) {
  let state = seed >>> 0;
  return (/** @type {number} */ count) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * count);
  };
}

/** @param {number} seed */
export function makeRacy(seed) {
  const below = createChoice(seed * 2_654_435_761 + 1);
  let names = 0;
  const key = () => `"r${seed}-${(names += 1)}"`;

  /** One thing that can be waited for. @param {number} depth @returns {string} */
  function toAsync(depth) {
    const kinds = depth > 0 ? 9 : 5;
    switch (below(kinds)) {
      case 0:
        return `ledger.read({ key: ${key()}, ms: ${below(12)} })`;
      case 1:
        return `ledger.put({ key: ${key()}, ms: Math.floor(Math.random() * 8) })`;
      case 2:
        return `wait(${below(15)}, ${below(100)})`;
      case 3:
        return `ledger.fails({ key: ${key()} }).catch((error) => error.message)`;
      case 4:
        return `fs.promises.writeFile("./workspace/r${seed}-${(names += 1)}", String(Date.now())).then(() => "written")`;
      case 5:
        return `Promise.all([${toList(depth)}])`;
      case 6:
        return `Promise.race([${toList(depth)}])`;
      case 7:
        return `Promise.allSettled([${toList(depth)}])`;
      default:
        return `(async () => { const out = []; for (let n = 0; n < ${1 + below(3)}; n += 1) { out.push(await ${toAsync(depth - 1)}); said(out.length); } return out; })()`;
    }
  }
  const toList = (/** @type {number} */ depth) =>
    Array.from({ length: 2 + below(3) }, () => toAsync(depth - 1)).join(", ");

  const steps = Array.from({ length: 2 + below(3) }, () => `said(await ${toAsync(2)});`);
  return `const wait = (ms, value) => new Promise((resolve) => setTimeout(resolve, ms, value));
    const said = (value) => console.log(JSON.stringify(value), Math.random(), Date.now(), performance.now());
    let ticks = 0;
    const ticking = setInterval(() => { ticks += 1; }, ${2 + below(6)});
    ${steps.join("\n    ")}
    clearInterval(ticking);
    return [ticks, crypto.randomUUID(), await fs.promises.readdir("./workspace").then((names) => names.length)];`;
}

/**
 * Runs each program, and again from its journal alone; the seeds of those that did otherwise.
 * @param {{ sluice: any, from: number, to: number, lanes: number }} options
 * @returns {Promise<{ programs: number, steps: number, different: { seed: number, what: string }[] }>}
 */
export async function compareReplays({ sluice, from, to, lanes }) {
  const seeds = Array.from({ length: to - from }, (_, n) => from + n);
  const programs = seeds.length;
  let steps = 0;
  /** @type {{ seed: number, what: string }[]} */
  const different = [];
  async function lane() {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      const first = await sluice.executeCode(makeRacy(seed));
      const again = await sluice.runs.replay(first.executionId);
      steps += sluice.runs.show(first.executionId).steps.length;
      const toText = (/** @type {any} */ { status, result, logs, calls, error }) =>
        JSON.stringify({ status, result, logs, calls, error });
      if (first.status !== "completed" || toText(first) !== toText(again))
        different.push({ seed, what: `${toText(first)}\n${toText(again)}` });
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane));
  return { programs, steps, different };
}
