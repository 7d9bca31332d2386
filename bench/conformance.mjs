import { load } from "./parts/ground.mjs";

/** Every engine behind every wall; what this machine lacks is said in the notes. */
const cells = [
  ...["deno", "quickjs"].flatMap((engine) => [
    { name: `${engine} × none`, sandbox: { engine, wall: "none" } },
    { name: `${engine} × bwrap`, sandbox: { engine, wall: "bwrap" } },
    { name: `${engine} × runc`, sandbox: { engine, wall: "container", container: { runtime: "runc" } } },
    { name: `${engine} × runsc`, sandbox: { engine, wall: "container", container: { runtime: "runsc" } } },
  ]),
  { name: "worker", sandbox: { engine: "worker", trusted: true } },
];
/** What a machine may lack; anything else that stops a cell is a fault. */
const LACKS = ["wall_unavailable", "engine_unavailable"];

/** @type {import("./parts/figures.mjs").Benchmark} */
const conformance = {
  about: "the conformance suite on every engine behind every wall that works here",
  async run(say) {
    const { conformanceCases, runConformance } = await load("testing/index.js");
    /** @type {import("./parts/figures.mjs").Row[]} */
    const rows = [];
    /** @type {string[]} */
    const notes = [];
    /** @type {string[]} */
    const names = [];
    /** By area: one entry for each cell. @type {Map<string, string[]>} */
    const areas = new Map(conformanceCases.map(({ area }) => [area, []]));
    for (const { name, sandbox } of cells) {
      const startedAt = performance.now();
      let report;
      try {
        report = await runConformance({ sandbox });
      } catch (error) {
        if (!LACKS.includes(error.code)) throw error;
        notes.push(`${name} is not here: ${error.message}`);
        continue;
      }
      say(
        `${name}: ${report.passed} passed, ${report.failed} failed, ${Math.round((performance.now() - startedAt) / 1000)} s`,
      );
      names.push(name);
      const total = report.passed + report.failed;
      rows.push({
        what: name,
        n: total,
        unit: "passed",
        figures: { value: report.passed },
        goals: [{ figure: "value", min: total }],
      });
      for (const [area, row] of areas) {
        const own = report.results.filter((result) => result.area === area);
        const passed = own.filter(({ kind }) => kind === "passed").length;
        const asked = own.filter(({ kind }) => kind !== "not-applicable").length;
        row.push(asked === 0 ? "no boundary" : `${passed}/${asked}`);
      }
      for (const { kind, area, name: program, problems } of report.results)
        if (kind === "failed") notes.push(`${name}, ${area}: ${program}: ${problems.join("; ").slice(0, 400)}`);
    }
    return {
      rows,
      tables: [
        { title: "Passed of asked", head: ["area", ...names], lines: [...areas].map(([area, row]) => [area, ...row]) },
      ],
      notes,
    };
  },
};
export default conformance;
