// A host that runs one program and kills itself at one moment of its journal. Arguments: the state directory, an entry
// of mcpServers, the program's file, and the moment: `before 3`, `after 3` (the third write of steps), or `never`; and, where
// it is another write, how its SQL begins.
import { readFileSync } from "node:fs";
import Database from "libsql";

const [stateDir, server = "{}", file = "", moment = "never", sqlStart = "INSERT INTO batch"] = process.argv.slice(2);
const [when, number] = moment.split(" ");
let writes = 0;
const { prepare } = Database.prototype;
Database.prototype.prepare = function (sql) {
  const statement = prepare.call(this, sql);
  if (!sql.startsWith(sqlStart)) return statement;
  const { run } = statement;
  statement.run = (...values) => {
    writes += 1;
    const isNow = writes === Number(number);
    if (isNow && when === "before") process.kill(process.pid, "SIGKILL");
    const done = run.apply(statement, values);
    // The transaction around it ends in the same turn.
    if (isNow && when === "after") queueMicrotask(() => process.kill(process.pid, "SIGKILL"));
    return done;
  };
  return statement;
};

const { createSluice } = await import("../../dist/index.js");
const sluice = await createSluice({
  mcpServers: { ledger: { ...JSON.parse(server), trust: "internal" } },
  stateDir,
  skills: { dir: `${stateDir}/skills` },
  // What is sealed is sealed before it is recorded, and its thread takes a second to start.
  privacy: { mode: "off" },
  sandbox: { wall: "none", guestsWarm: 0, engine: process.env.SLUICE_CRASH_ENGINE ?? "auto" },
});
const outcome = await sluice.executeCode(readFileSync(file, "utf8"));
process.stdout.write(`${JSON.stringify({ outcome, writes })}\n`);
await sluice[Symbol.asyncDispose]();
