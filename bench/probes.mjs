import { findCells } from "./parts/cells.mjs";
import { toValueRow } from "./parts/figures.mjs";
import { examine } from "./probes/examine.mjs";
import { installPeer, peers } from "./probes/peers.mjs";
import { MEMORY_MB, probes, RUNAWAY_MS } from "./probes/programs.mjs";

/** Cells of Sluice that are no boundary do not count as holes; everything else does. */
const NO_BOUNDARY = "worker";

/** @type {import("./parts/figures.mjs").Benchmark} */
const benchmark = {
  about: "the same programs, ordinary and hostile, on Sluice's engines and walls and on other systems",
  async run(say) {
    const { usable, notes } = await findCells(say);
    /** @type {Map<string, import("./probes/examine.mjs").Column>} */
    const columns = new Map();
    for (const { name, sandbox, isBoundary } of usable) {
      const system = { module: "sluice", folder: "", node: process.execPath, nodeFlags: [], options: sandbox };
      columns.set(name, await examine({ ...system, name, isApart: !isBoundary }, say));
    }
    const rows = [...columns].map(([name, column]) => toGoal(name, column));
    for (const peer of process.env["SLUICE_BENCH_PEERS"] === "none" ? [] : peers) {
      say(`installing ${peer.name}`);
      const installed = await installPeer(peer);
      const version = Object.values(peer.packages)[0];
      const name = `${peer.name} ${version}`;
      if ("reason" in installed) columns.set(name, { cells: new Map(), lagMs: 0, reason: installed.reason });
      else {
        const { module, nodeFlags = [] } = peer;
        columns.set(name, await examine({ name, module, nodeFlags, options: {}, isApart: true, ...installed }, say));
      }
    }
    for (const [name, { reason }] of columns) if (reason !== undefined) notes.push(`${name}: ${reason}`);
    return { rows, tables: [toTable(columns)], notes: [...notes, ...howToRead] };
  },
};
export default benchmark;

/** @param {string} name @param {import("./probes/examine.mjs").Column} column */
function toGoal(name, { cells }) {
  const passed = [...cells.values()].filter(({ passes }) => passes).length;
  return toValueRow(`${name}: rows passed`, "rows", passed, name === NO_BOUNDARY ? undefined : { min: probes.length });
}

/** @param {ReadonlyMap<string, import("./probes/examine.mjs").Column>} columns @returns {import("./parts/tables.mjs").Table} */
function toTable(columns) {
  const lines = probes.map(({ name }) => [
    name,
    ...[...columns.values()].map(({ cells, reason }) => {
      const cell = cells.get(name);
      if (cell === undefined) return reason === undefined ? "?" : "–";
      return cell.passes ? cell.text : `✗ ${cell.text}`;
    }),
  ]);
  const passed = [...columns.values()].map(({ cells, reason }) =>
    reason === undefined ? `${[...cells.values()].filter(({ passes }) => passes).length} of ${probes.length}` : "–",
  );
  const lag = [...columns.values()].map(({ lagMs, reason }) => (reason === undefined ? `${lagMs.toFixed(0)} ms` : "–"));
  lines.push(["longest that the host stood still", ...lag], ["rows without ✗", ...passed]);
  return { title: "Probe table", head: ["probe", ...columns.keys()], lines };
}

const howToRead = [
  `limits: ${RUNAWAY_MS / 1000} s for programs that do not end by themselves, ${MEMORY_MB} MB of memory, where a system has such options; all else as its documentation has it`,
  "the tools of Sluice are those of an MCP server in a process of its own; the tools of the others are functions of their host, which costs them no message",
  "every probe of another system has a host process of its own; ✗ is a hole, decided by code: a wrong answer, nothing said, late, host frozen over 100 ms, or the next program failing",
];
