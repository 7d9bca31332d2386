// Every engine behind every wall: what this machine offers of them.
import { inFolder, load } from "./ground.mjs";

/**
 * One engine behind one wall.
 * @typedef {object} Cell
 * @property {string} name `deno · bwrap`
 * @property {Record<string, unknown>} sandbox of the config
 * @property {boolean} isContained its guests are no children of this process
 * @property {boolean} isBoundary false for a thread of the host
 */

const walls = [
  { name: "none", sandbox: { wall: "none" } },
  { name: "bwrap", sandbox: { wall: "bwrap" } },
  { name: "runc", sandbox: { wall: "container", container: { command: "podman", runtime: "runc" } } },
  { name: "gVisor", sandbox: { wall: "container", container: { command: "podman", runtime: "runsc" } } },
];

/** @type {Cell[]} */
const cells = [
  ...["deno", "quickjs"].flatMap((engine) =>
    walls.map(({ name, sandbox }) => ({
      name: `${engine} · ${name}`,
      sandbox: { engine, ...sandbox },
      isContained: sandbox.wall === "container",
      isBoundary: true,
    })),
  ),
  { name: "worker", sandbox: { engine: "worker", trusted: true, wall: "none" }, isContained: false, isBoundary: false },
];

/**
 * Those that run a program here, and why the others do not. SLUICE_BENCH_CELLS names some by parts of their names.
 * @param {(text: string) => void} say
 */
export async function findCells(say) {
  const { createSluice } = await load("index.js");
  const only = process.env["SLUICE_BENCH_CELLS"]?.split(",").map((name) => name.trim());
  const usable = [];
  const notes = [];
  for (const cell of cells) {
    if (only !== undefined && !only.some((name) => cell.name.includes(name))) continue;
    say(`trying ${cell.name}`);
    try {
      await inFolder(async (folder) => {
        const sluice = await createSluice({
          mcpServers: {},
          stateDir: folder,
          sandbox: { ...cell.sandbox, guestsWarm: 0 },
        });
        try {
          const { status, error } = await sluice.executeCode("return 1");
          if (status !== "completed") throw new Error(error?.message ?? status);
        } finally {
          await sluice[Symbol.asyncDispose]();
        }
      });
      usable.push(cell);
    } catch (error) {
      notes.push(`${cell.name} is not measured: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { usable, notes };
}
