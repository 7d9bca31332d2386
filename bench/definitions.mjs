import { Tokenizer } from "ai-tokenizer";
import * as o200k from "ai-tokenizer/encoding/o200k_base";
import { toValueRow } from "./parts/figures.mjs";
import { inFolder } from "./parts/ground.mjs";
import { startServe } from "./parts/serve.mjs";
import { writeWarmCatalogue } from "./parts/warm-catalogue.mjs";
import { makeTools } from "./parts/synthetic-tools.mjs";

const TOKENS = 800;
const sizes = [
  { servers: 1, toolsPerServer: 4 },
  { servers: 500, toolsPerServer: 20 },
];

/** @type {import("./parts/figures.mjs").Benchmark} */
const definitions = {
  about: "o200k tokens that the definitions cost a model on every turn",
  async run() {
    const rows = [];
    for (const size of sizes) {
      const count = size.servers * size.toolsPerServer;
      const tools = await inFolder(async (folder) => {
        const { tools, end } = await startServe(await writeWarmCatalogue(folder, size));
        await end();
        return tools;
      });
      const upstream = Array.from({ length: size.servers }, (_, server) =>
        makeTools(server, size.toolsPerServer),
      ).flat();
      rows.push(
        toValueRow(`sluice over ${count} tools: ${tools.length} definitions as listed`, "tokens", countTokens(tools), {
          max: TOKENS,
        }),
        toValueRow(`the same ${count} tools, directly`, "tokens", countTokens(upstream)),
      );
    }
    return {
      rows,
      notes: [
        "counted exactly, over the JSON of tools/list (names, descriptions, input and output schemas, annotations)",
      ],
    };
  },
};
export default definitions;

/** @param {readonly object[]} tools */
function countTokens(tools) {
  const tokenizer = new Tokenizer(o200k);
  return tools.reduce((sum, tool) => sum + tokenizer.encode(JSON.stringify(tool), "all").length, 0);
}
