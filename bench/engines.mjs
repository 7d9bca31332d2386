import probes from "./probes.mjs";
import walls from "./walls.mjs";

/** @type {import("./parts/figures.mjs").Benchmark} */
const engines = {
  about: `${probes.about}; and ${walls.about}`,
  async run(say) {
    const [first, second] = [await probes.run(say), await walls.run(say)];
    return {
      rows: [...first.rows, ...second.rows],
      tables: [...(first.tables ?? []), ...(second.tables ?? [])],
      notes: [...new Set([...(first.notes ?? []), ...(second.notes ?? [])])],
    };
  },
};
export default engines;
