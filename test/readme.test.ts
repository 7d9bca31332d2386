// What the README and the pages tell a newcomer to write and run is written and run, word for word. The only stand-in is
// an `npx` that finds everything in this checkout, as it would after the installation that the README describes.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseJsonc } from "../src/config/jsonc.ts";
import { parseConfig } from "../src/config/parse-config.ts";
import { Problems } from "../src/config/problems.ts";
import { createSluice } from "../src/runtime/create-sluice.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The code blocks of a page in one language, in order. */
function blocksOf(page: string, language: string): string[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(
    ([, block = ""]) => block,
  );
}

const linesOf = (block: string): string[] => block.split("\n").filter((line) => line.trim() !== "");

const npx = `#!/usr/bin/env node
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
const [name, ...rest] = process.argv.slice(process.argv[2] === "-y" ? 3 : 2);
const require = createRequire(${JSON.stringify(join(root, "package.json"))});
const manifest = name === "sluice" ? ${JSON.stringify(join(root, "package.json"))} : require.resolve(name + "/package.json");
const { bin } = require(manifest);
const file = join(dirname(manifest), typeof bin === "string" ? bin : Object.values(bin)[0]);
process.argv = [process.execPath, file, ...rest];
await import(pathToFileURL(file).href);
`;

const site = mkdtempSync(join(tmpdir(), "sluice-readme-"));
const environment = {
  PATH: [join(site, "bin"), process.env.PATH ?? ""].join(delimiter),
  HOME: site,
};

beforeAll(() => {
  mkdirSync(join(site, "bin"));
  writeFileSync(join(site, "bin", "package.json"), '{ "type": "module" }');
  writeFileSync(join(site, "bin", "npx"), npx, { mode: 0o755 });
  mkdirSync(join(site, "node_modules"));
  symlinkSync(root, join(site, "node_modules", "sluice"), "junction");
  symlinkSync(join(root, "node_modules", "@types"), join(site, "node_modules", "@types"), "junction");
  writeFileSync(join(site, "package.json"), '{ "type": "module" }');
  writeFileSync(join(site, "sluice.config.json"), blocksOf("README.md", "json")[0] ?? "");
});

afterAll(() => rmSync(site, { recursive: true, force: true, maxRetries: 5 }));

/** Runs a command in the site; answers what it printed if it exits 0. */
async function run(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { cwd: site, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

describe("the README", () => {
  test("shows a program that is in the demo, as it is there", () => {
    expect(blocksOf("README.md", "ts")[0]).toBe(readFileSync(join(root, "demo/programs/1-transcript.ts"), "utf8"));
  });

  test("names the archive that npm pack makes", () => {
    const { name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, string>;
    expect(readFileSync(join(root, "README.md"), "utf8")).toContain(`\`${name}-${version}.tgz\``);
  });

  test("has commands that do what it says", async () => {
    const block = blocksOf("README.md", "sh").find((text) => text.includes("sluice doctor")) ?? "";
    const expected = [/All usable/, /files\.read/, /hello/, /is 11\..*is 12\..*is 13\./s, /files in types/];
    const lines = linesOf(block);
    expect(lines).toHaveLength(expected.length);
    for (const [index, line] of lines.entries()) {
      expect({ line, output: await run("sh", ["-c", line]) }).toEqual({
        line,
        output: expect.stringMatching(expected[index] ?? /./) as string,
      });
    }
  });

  test("has a config that a client's servers fit in", () => {
    const { servers, policy, notes } = parse(blocksOf("README.md", "json")[0] ?? "");
    expect(servers.map(({ key }) => key)).toEqual(["files", "everything"]);
    expect(policy.tools).toEqual({ "files.write*": "deny" });
    expect(notes).toEqual([]);
  });

  test("installs one and the same command in every client, and it serves", async () => {
    const commands: string[][] = [];
    const [claude = "", code = ""] = linesOf(
      blocksOf("README.md", "sh").find((text) => text.includes("claude mcp add")) ?? "",
    );
    commands.push((claude.split(" -- ")[1] ?? "").split(" "));
    commands.push(toCommand(JSON.parse(/'(.*)'/.exec(code)?.[1] ?? "")));
    const { mcpServers } = JSON.parse(blocksOf("README.md", "json")[1] ?? "") as { mcpServers: { sluice: Entry } };
    commands.push(toCommand(mcpServers.sluice));
    expect(commands).toEqual(Array.from({ length: 3 }, () => ["npx", "sluice", "serve"]));

    const [command = "", ...args] = commands[0] ?? [];
    const client = new Client({ name: "readme", version: "1" });
    await client.connect(new StdioClientTransport({ command, args, cwd: site, env: environment, stderr: "ignore" }));
    try {
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(["execute_code", "search_tools", "call_tool"]);
      const answer = await client.callTool({
        name: "execute_code",
        arguments: { code: 'return await everything.echo({ message: "from a client" })' },
      });
      expect(answer.structuredContent).toMatchObject({ status: "completed", result: "Echo: from a client" });
      const denied = await client.callTool({
        name: "call_tool",
        arguments: { tool: "files.write_file", arguments: { path: "x", content: "y" } },
      });
      expect(denied.structuredContent).toMatchObject({ status: "denied", error: { code: "tool_denied" } });
    } finally {
      await client.close();
    }
  });
});

describe("examples of the library", () => {
  const examples = [
    ...blocksOf("README.md", "ts").slice(1),
    ...blocksOf("docs/library.md", "ts"),
    ...blocksOf("docs/testing.md", "ts"),
  ];
  const printed = [
    /^completed \[/,
    /\[.*'The sum of 1 and 10 is 11\.'.*\] 3$/s,
    /^failed tool_not_granted$/,
    /^done$/,
    /^everything\.[\w-]+ undefined$/,
    /^execution-started execution-ended$/,
    /^12 of 12 passed on \w+ × \w+$/,
    /^passed$/,
  ];

  beforeAll(async () => {
    for (const [index, example] of examples.entries()) writeFileSync(join(site, `example-${index}.ts`), example);
    const options = { target: "es2022", module: "nodenext", strict: true, skipLibCheck: true, types: ["node"] };
    const lib = ["es2023", "esnext.disposable"];
    const include = ["example-*.ts"];
    writeFileSync(join(site, "tsconfig.json"), JSON.stringify({ compilerOptions: { ...options, lib }, include }));
    await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", site]);
  });

  test("are as many as are checked here", () => {
    expect(examples).toHaveLength(printed.length);
  });

  test.each(printed.map((expected, index) => [index, expected] as const))(
    "example %i has right types and prints %s",
    async (index, expected) => {
      expect((await run(process.execPath, [`example-${index}.js`])).trim()).toMatch(expected);
    },
  );
});

describe("examples of programs", () => {
  test("all run to their end, on the demo's servers", async () => {
    const programs = blocksOf("docs/programs.md", "ts");
    expect(programs.length).toBeGreaterThan(4);
    const folder = mkdtempSync(join(tmpdir(), "sluice-programs-"));
    cpSync(join(root, "demo/sluice.config.json"), join(folder, "sluice.config.json"));
    const { mcpServers } = JSON.parse(readFileSync(join(folder, "sluice.config.json"), "utf8")) as {
      mcpServers: Record<string, Entry>;
    };
    for (const server of Object.values(mcpServers))
      server.args = [join(root, "demo", server.args[0] ?? ""), join(folder, "state")];
    try {
      await using sluice = await createSluice({ mcpServers: mcpServers as never, stateDir: join(folder, "sluice") });
      for (const program of programs) {
        const { status, error } = await sluice.executeCode(program);
        expect({ program, status, error }).toEqual({ program, status: "completed", error: undefined });
      }
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});

describe("examples of configs", () => {
  test.each(["README.md", "docs/config.md", "docs/policy.md", "docs/mcp.md"])("of %s are understood", (page) => {
    const blocks = [...blocksOf(page, "json"), ...blocksOf(page, "jsonc")];
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) {
      const value = toValue(block) as Record<string, unknown>;
      // A client's own file (`servers` in VS Code) and an outcome are JSON; the rest are configs of ours.
      if ("servers" in value || "executionId" in value) continue;
      expect(() => parse(JSON.stringify({ mcpServers: {}, ...value }))).not.toThrow();
    }
  });
});

interface Entry {
  command: string;
  args: string[];
}

function toCommand({ command, args }: Entry): string[] {
  return [command, ...args];
}

function toValue(text: string): unknown {
  const problems = new Problems("the example");
  const { value } = parseJsonc(text, problems);
  problems.throwIfAny();
  return value;
}

function parse(text: string): ReturnType<typeof parseConfig> {
  return parseConfig(toValue(text), { directory: site, env: { KEY: "key", CRM: "crm" } });
}
