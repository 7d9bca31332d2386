// A host that makes calls, four at a time, until it is killed. Arguments: the state directory, an entry of mcpServers.
import { createSluice } from "../../dist/index.js";

const [stateDir, server = "{}"] = process.argv.slice(2);
const sluice = await createSluice({
  mcpServers: { zoo: JSON.parse(server) },
  stateDir,
  privacy: { mode: "off" },
  sandbox: { engine: "quickjs", wall: "none", guestsWarm: 0 },
});
const call = async (lane, n) => {
  const { status } = await sluice.callTool("zoo.echo", { key: `${process.pid}-${lane}-${n}` });
  if (status !== "completed") process.exit(9);
};
await call(0, 0);
process.stdout.write("go\n");
for (const lane of [1, 2, 3, 4])
  void (async () => {
    for (let n = 0; ; n += 1) await call(lane, n);
  })();
