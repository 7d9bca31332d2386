import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ExecutionResult } from "../src/runtime/outcome.ts";
import { createSluice } from "../src/runtime/create-sluice.ts";
import type { Sluice } from "../src/runtime/sluice.ts";
import { engineOfTests, npmServer, zooServer } from "./house.ts";

// A program is checked against the modules that it names. What is wrong is a warning, with the line and the tool's real
// signature; it never keeps a program from running.

const varying = fileURLToPath(new URL("./servers/varying.mjs", import.meta.url));
let stateDir: string;
let sluice: Sluice;
const run = (code: string): Promise<ExecutionResult> => sluice.executeCode(code);

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "sluice-types-"));
  const mcpServers = {
    zoo: zooServer(),
    "night-zoo": zooServer(),
    everything: npmServer("everything"),
    shop: { command: process.execPath, args: [varying] },
  };
  // Alone: what is checked here is what is said, on machines that may be busy, and not how soon.
  sluice = await createSluice({ mcpServers, stateDir, sandbox: engineOfTests() }, { alone: true });
  // The first check starts its thread.
  const until = performance.now() + 45_000;
  while (problems(await run(`const n: string = ${Math.round(performance.now())};\nreturn n`)).length === 0)
    if (performance.now() > until) throw new Error("The type check never answered");
});
afterAll(async () => {
  await sluice[Symbol.asyncDispose]();
  await rm(stateDir, { recursive: true, force: true, maxRetries: 5 });
});

const problems = ({ warnings }: ExecutionResult): { line?: number; message: string }[] =>
  (warnings ?? []).filter(({ code }) => code === "type_problem");

/** Runs a program that has exactly one problem; what it does is its own affair. */
async function warns(code: string, line: number, ...says: (string | RegExp)[]): Promise<void> {
  const found = problems(await run(code));
  expect(found).toMatchObject([{ line }]);
  for (const each of says) expect(found[0]?.message).toMatch(each);
}

describe("it warns of", () => {
  test("an argument of the wrong type, with the tool's signature", () =>
    warns(
      "const grams = 'many';\nreturn await zoo.feedAnimal({ animal: 'okapi', grams }).catch(() => 1)",
      2,
      "not assignable",
      /the tool is zoo\.feedAnimal\(input: \{ animal: string, grams\?: number \}\)/,
    ));
  test("an argument that is missing", () =>
    warns("return await zoo.feedAnimal({ grams: 5 }).catch(() => 1)", 1, "animal", "the tool is zoo.feedAnimal"));
  test("a misspelt argument, with the nearest", () =>
    warns("return await zoo.feedAnimal({ animal: 'okapi', gram: 5 }).catch(() => 1)", 1, /'grams'/));
  test("a tool that is not there, with the nearest", () =>
    warns("try { await zoo.feedAnimals({}) } catch {}", 1, /feedAnimals.*Did you mean 'feedAnimal'/));
  test("a misspelt tool, in the program's own words, with the signature of the one that is meant", async () => {
    for (const code of [
      "try { await zoo.feedAnimals({}) } catch {}",
      "const { feedAnimals } = zoo; try { await feedAnimals({}) } catch {}",
      "const night = await import('./servers/night-zoo'); try { await night.feedAnimals({}) } catch {}",
    ]) {
      const [found] = problems(await run(code));
      expect(found?.message).toMatch(/the tool is (?:zoo|nightZoo)\.feedAnimal\(input: \{ animal: string/);
      expect(found?.message).not.toMatch(/\/servers\/[\da-f]{16}/);
    }
  });
  test.each(["zoo.feed-animal", "zoo.feedAnimal", "zoo__feed-animal"])(
    "the arguments of a tool that is called by the text %s",
    (name) =>
      warns(
        `return await callTool("${name}", { animal: 'okapi', gram: 5 }).catch(() => 1)`,
        1,
        /'grams'/,
        "the tool is zoo.feedAnimal",
      ),
  );
  test("what is read of the result of one that is called by a text, imported under its other name", () =>
    warns(
      "import { callMCPTool } from './servers/client';\nconst all = await callMCPTool('everything.get-structured-content', { location: 'Chicago' });\nreturn all.humidty",
      3,
      "Did you mean 'humidity'",
      "the tool is everything.getStructuredContent",
    ));
  test("a server that is imported, and its misspelt tool", () =>
    warns("import * as night from './servers/night-zoo';\ntry { await night.fed({}) } catch {}\nreturn 1", 2, "fed"));
  test("a tool that is imported, under another name", () =>
    warns(
      "import { feedAnimal as feed } from './servers/zoo/feed-animal.ts';\nreturn await feed({ animal: 5 }).catch(() => 1)",
      2,
      "the tool is zoo.feedAnimal",
    ));
  test("a property that a declared result does not have", () =>
    warns(
      "const { temperature } = await everything.getStructuredContent({ location: 'Chicago' });\nconst all = await everything.getStructuredContent({ location: 'Chicago' });\nreturn [temperature, all.humidty]",
      3,
      /humidty.*Did you mean 'humidity'/,
      "the tool is everything.getStructuredContent",
    ));
  test("a property that a learned result does not have", async () => {
    await run("for (const id of [1, 2]) await shop.get({ answer: { rows: [{ id, email: 'x@y.io' }] } })");
    await new Promise((resolve) => setTimeout(resolve, 30));
    await warns(
      "const { rows } = await shop.get({ answer: { rows: [{ id: 1 }] } });\nreturn rows.map((row) => row.emial)",
      2,
      /emial.*Did you mean 'email'/,
      "the tool is shop.get",
    );
  });
  test("a member that is misspelt where a result is taken apart", () =>
    warns(
      "const { humidty } = await everything.getStructuredContent({ location: 'Chicago' });\nreturn humidty",
      1,
      /humidty.*Did you mean 'humidity'\?; the tool is everything\.getStructuredContent/,
    ));
  test("a server that is imported when the program gets there", () =>
    warns(
      "const zoo = await import('./servers/night-zoo');\nreturn await zoo.feedAnimal({ animal: 5 }).catch(() => 1)",
      2,
      "the tool is nightZoo.feedAnimal",
    ));
  test("what Node has and programs have not, without advice to install it", () =>
    warns("try { process.exit } catch {}\nreturn 1", 1, /^Cannot find name 'process'$/));
  test("a promise that was not awaited, where its result is used", () =>
    warns("const text = zoo.echo({ a: 1 });\nreturn text.length", 2, "length"));
  test("a promise that was not awaited, with the tool that it is of", () =>
    warns(
      "const all = everything.getStructuredContent({ location: 'Chicago' });\nreturn all.humidity",
      2,
      "Did you forget to use 'await'",
      "the tool is everything.getStructuredContent(",
    ));
});

describe("it is silent about", () => {
  const programs: Record<string, string> = {
    "what programs may do": `
import { readFile, writeFile } from "fs/promises";
import { existsSync } from "node:fs";
import path, { join } from "node:path";
import { searchTools, progress } from "sluice";
interface Row { id: number; name?: string }
const rows: Row[] = [];
for (const id of [1, 2, 3]) { const { a } = await zoo.echo({ a: id }); rows.push({ id: a }); }
const byId = new Map(rows.map((row) => [row.id, row]));
await writeFile("./workspace/rows.json", JSON.stringify([...byId.values()], null, 2));
const text = await readFile("./workspace/rows.json", "utf8");
console.table(rows); console.log(join("a", path.basename("b/c")), text.length, existsSync("./workspace"));
const found = await searchTools("feed", { limit: 2 });
progress(1, 2, "half");
const url = new URL("https://example.com/?a=1"); url.searchParams.get("a");
const bytes = Buffer.from("abc").toString("base64") + btoa("x") + crypto.randomUUID();
const grouped = Object.groupBy(rows, (row) => String(row.id));
function untyped(a, b = {}) { return a.x?.y ?? b.z; }
try { await zoo.fails({}); } catch (error) { if (error instanceof ToolError) console.error(error.code, error.message, error.tool); }
setTimeout(() => console.log("later"), 1);
return { found: found.total, bytes, grouped, untyped: untyped({}) };`,
    "modules that are imported when the program gets there": `
const fs = await import("fs/promises"); const { existsSync } = await import("node:fs"); const path = await import("path");
await fs.writeFile("./workspace/x", "y");
return [existsSync("./workspace/x"), path.join("a", "b"), (await import(\`sluice\`)).searchTools]`,
    "what scripts do with their own values": `
const args = { animal: "lion" }; args.grams = 1;
class Sum { constructor(n) { this.n = n; } get() { return this.n; } }
const row = await zoo.echo({ a: 1 }); row.label = "x";
const copy = { ...row }; copy.extra = 2;
return [await zoo.feedAnimal(args), new Sum(1).get(), row.label, copy.extra];`,
    "dates that are taken from each other": "const since = new Date(0);\nreturn [new Date() - since, since - 5]",
    "names that a tool has beside its call name":
      'return [await zoo["feed-animal"]({ animal: "okapi" }), await zoo.cagesList()]',
    "tools by texts": `const name = "zoo." + "echo";
return [await callTool(name, { a: 1 }), await callTool("zoo.echo", { a: 1 }), await callTool<{ a: number }>("zoo.echo", { b: 1 }), await sluice.callTool("zoo.cages.list")]`,
    "computed names": "const name = 'zoo';\nreturn await servers[name].echo({ a: 1 })",
    "a fence and a return at the top": "```ts\nconst a: number = 1;\nif (a > 0) return a;\nreturn 2\n```",
    "one function": "async () => {\n  const { a } = await zoo.echo({ a: 1 });\n  return a;\n}",
    "reserved words as tools": "return [await zoo.delete({}), await zoo.class()]",
    "the article's client":
      "import { callMCPTool } from '../client.js';\nreturn await callMCPTool<{ a: number }>('zoo.echo', { a: 1 })",
    "types of a tool":
      "import type { FeedAnimalInput } from './servers/zoo';\nconst input: FeedAnimalInput = { animal: 'okapi' };\nreturn await zoo.feedAnimal(input)",
    "what a result without a type has": "const answer = await zoo.structured({});\nreturn answer.anything?.at.all",
  };
  for (const [name, code] of Object.entries(programs))
    test(name, async () => {
      const outcome = await run(code);
      expect(problems(outcome)).toEqual([]);
      expect(outcome.error).toBeUndefined();
    });
});

test("many problems are bounded", async () => {
  const lines = Array.from({ length: 30 }, (_, n) => `try { await zoo.feedAnimal({ animal: ${n} }) } catch {}`);
  expect(problems(await run(lines.join("\n"))).length).toBe(10);
});

test("a type that takes for ever holds nothing up", async () => {
  const code = `type Deep<T, N extends number> = N extends 0 ? T : Deep<T | [T, T], N>;
type Grow<A extends any[]> = A["length"] extends 500 ? A : Grow<[...A, ...A, 1]>;
const x: Grow<[1]> = null as any; void x;
return 1`;
  const { status, stats } = await run(code);
  expect(status).toBe("completed");
  expect(stats.durationMs).toBeLessThan(5_000);
});
