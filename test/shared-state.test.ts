import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifySegment } from "../src/gateway/audit-verify.ts";
import type { Outcome } from "../src/runtime/outcome.ts";
import { zooServer } from "./house.ts";
import { cli, createSite, type Site, toEnvironment } from "./servers/command-line.ts";

// Every MCP client starts its own `sluice serve`: any number of processes use one state directory at once.

const PROGRAMS = 12;
const RUNS = 3;

let site: Site;
let clients: Client[];

async function connect(): Promise<Client> {
  const client = new Client({ name: "test", version: "1" });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [cli, "serve"],
      cwd: site.directory,
      env: toEnvironment(site.directory),
      stderr: "ignore",
    }),
  );
  return client;
}

beforeAll(async () => {
  site = await createSite({ mcpServers: { zoo: zooServer(), "night-zoo": zooServer() } });
  // Nothing is known yet: both fetch the catalogue at the same time.
  clients = await Promise.all([connect(), connect()]);
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await site[Symbol.asyncDispose]();
});

/** Calls both servers, writes a file of its own, adds a line to one that all share. */
const program = (name: string): string => `
  const [a, b] = await Promise.all([zoo.echo({ name: "${name}" }), nightZoo.feedAnimal({ animal: "${name}" })]);
  await fs.promises.mkdir("./workspace/own", { recursive: true });
  await fs.promises.writeFile("./workspace/own/${name}.txt", a.name);
  await fs.promises.appendFile("./workspace/all.txt", "${name}\\n");
  return [a.name, b, fs.readFileSync("./workspace/own/${name}.txt", "utf8")];`;

const answer = (name: string): unknown => [name, `fed ${name} 100 g`, name];

async function execute(client: Client, name: string): Promise<Outcome> {
  const { structuredContent } = await client.callTool({ name: "execute_code", arguments: { code: program(name) } });
  return structuredContent as unknown as Outcome;
}

test("two serve and one run at once: no error, nothing lost, every audit segment intact", async () => {
  const names = clients.map((_, client) => Array.from({ length: PROGRAMS }, (_, n) => `serve${client}-${n}`));
  const runs = Array.from({ length: RUNS }, (_, n) => `run-${n}`);
  const served = clients.flatMap((client, index) => (names[index] as string[]).map((name) => execute(client, name)));
  const ran: Outcome[] = [];
  for (const name of runs) {
    const { code, stdout, stderr } = await site.run(["run", "-e", program(name), "--json"]);
    expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
    ran.push(JSON.parse(stdout) as Outcome);
  }
  const outcomes = [...(await Promise.all(served)), ...ran];
  const expected = [...names.flat(), ...runs];
  expect(outcomes.map(({ status, result, error }) => error ?? [status, result])).toEqual(
    expected.map((name) => ["completed", answer(name)]),
  );
  expect(new Set(outcomes.map(({ executionId }) => executionId)).size).toBe(expected.length);

  const stateDir = join(site.directory, ".sluice");
  const workspace = join(stateDir, "workspaces", "default");
  expect(readdirSync(join(workspace, "own")).sort()).toEqual(expected.map((name) => `${name}.txt`).sort());
  expect(readFileSync(join(workspace, "all.txt"), "utf8").trim().split("\n").sort()).toEqual([...expected].sort());

  const segments = readdirSync(join(stateDir, "audit")).map((name) => join(stateDir, "audit", name));
  expect(segments).toHaveLength(clients.length + RUNS);
  expect(segments.map((path) => verifySegment(path)).filter(({ kind }) => kind === "broken")).toEqual([]);
  const records = segments.flatMap((path) =>
    readFileSync(path, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { kind: string; executionId: string }),
  );
  const count = (kind: string): number => records.filter((record) => record.kind === kind).length;
  expect({
    started: count("execution-started"),
    ended: count("execution-ended"),
    calls: count("call-started"),
    answers: count("call-ended"),
  }).toEqual({
    started: expected.length,
    ended: expected.length,
    calls: expected.length * 2,
    answers: expected.length * 2,
  });
});

test("what one process learned of a server, another knows at once", async () => {
  const { code, stdout } = await site.run(["tools", "feed animal", "--json"]);
  expect(code).toBe(0);
  expect((JSON.parse(stdout) as { results: { id: string }[] }).results.map(({ id }) => id)).toEqual(
    expect.arrayContaining(["zoo.feed-animal", "night-zoo.feed-animal"]),
  );
});
