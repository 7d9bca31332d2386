import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Site } from "./servers/command-line.ts";
import { createSite, root, workingServers } from "./servers/command-line.ts";

let site: Site;

beforeAll(async () => {
  site = await createSite({ mcpServers: workingServers, policy: { tools: { "everything.get-env": "deny" } } });
  // The first command fetches the catalogue; the others stand on it.
  const first = await site.run(["tools", "--json"]);
  expect(first.stderr).toContain("for the first time");
  expect(first.code).toBe(0);
}, 60_000);

afterAll(async () => await site[Symbol.asyncDispose]());

test("that a program runs without a wall is said beside its result", async () => {
  // Found before the one that is installed, if one is.
  const folder = join(site.directory, "broken");
  await mkdir(folder);
  await writeFile(join(folder, "bwrap"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  const { code, stdout, stderr } = await site.run(["run", "-e", "return 6 * 7"], { env: { PATH: folder } });
  expect({ code, stdout }).toEqual({ code: 0, stdout: "42\n" });
  expect(stderr).toMatch(/^no wall: The wall "bwrap" cannot be used: .+\n$/);
});

describe("usage", () => {
  async function check(args: string[], expected: { code: number; stderr: string | RegExp }): Promise<void> {
    const { code, stderr, stdout } = await site.run(args);
    expect(stderr).toMatch(expected.stderr);
    expect(stderr).not.toMatch(/^\s+at .*\.js:\d+/m);
    expect(stdout).toBe("");
    expect(code).toBe(expected.code);
  }

  test("a mistyped command or option names the nearest", async () => {
    await check(["rnu"], { code: 2, stderr: 'Unknown command "rnu". Did you mean run?' });
    await check(["run", "--jso"], { code: 2, stderr: "Unknown option --jso. Did you mean --json?" });
    await check(["tools", "--detial", "name"], { code: 2, stderr: "Did you mean --detail?" });
  });

  test("what is missing, too much or wrong is said", async () => {
    await check([], { code: 2, stderr: "Commands" });
    await check(["run"], { code: 2, stderr: "No program was given" });
    await check(["run", "a.ts", "b.ts"], { code: 2, stderr: 'Too many arguments: "b.ts"' });
    await check(["run", "a.ts", "-e", "1"], { code: 2, stderr: "Both a file and -e CODE" });
    await check(["run", "missing.ts"], { code: 2, stderr: /Cannot read "missing.ts": ENOENT/ });
    await check(["run", "-e", "1", "--timeout", "soon"], {
      code: 2,
      stderr: '--timeout must be a whole number of at least 1, got "soon"',
    });
    await check(["run", "-e", "1", "--tools", "a,,b"], { code: 2, stderr: "--tools has an empty pattern" });
    await check(["run", "--timeout", "--read-only"], { code: 2, stderr: "--timeout needs a value" });
    await check(["run", "-e", "1", "--read-only=no"], { code: 2, stderr: "--read-only takes no value" });
    await check(["tools", "--detail", "most"], { code: 2, stderr: "--detail must be name, summary or full" });
    await check(["demo", "--config", "x.json"], { code: 2, stderr: "The demo has its own config" });
    await check(["tree"], { code: 2, stderr: "No folder was given" });
    await check(["call"], { code: 2, stderr: "No tool was given" });
    await check(["call", "everything.echo", "{message"], { code: 2, stderr: "The arguments are not JSON" });
    await check(["call", "everything.echo", "[]"], { code: 2, stderr: "The arguments must be a JSON object" });
  });

  test.each(["serve", "run", "call", "tools", "tree", "doctor", "demo"])(
    "%s has help with examples",
    async (command) => {
      const { code, stdout } = await site.run([command, "--help"]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/Usage\n {2}sluice /);
      expect(stdout).toMatch(/Examples\n {2}\S/);
      expect(stdout).toContain("--config FILE");
      expect((await site.run(["help", command])).stdout).toBe(stdout);
    },
  );

  test("--version is the package's", async () => {
    const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
    expect((await site.run(["--version"])).stdout).toBe(`${manifest.version}\n`);
  });
});

describe("config", () => {
  const commands = [["tools"], ["serve"], ["run", "-e", "1"]];

  async function check(config: unknown, text: string | undefined, expected: RegExp): Promise<void> {
    await using broken = await createSite(config);
    if (text !== undefined) await writeFile(join(broken.directory, "sluice.config.json"), text);
    // Without any, doctor says what the machine can do.
    for (const args of config === undefined ? commands : [...commands, ["doctor"]]) {
      const { code, stderr } = await broken.run(args);
      expect(stderr).toMatch(expected);
      expect(stderr).toContain("docs/errors.md");
      expect(stderr).not.toMatch(/^\s+at .*\.js:\d+/m);
      expect(code).toBe(2);
    }
  }

  test("a missing, empty or broken config is named, without a stack", async () => {
    await check(undefined, undefined, /config_not_found/);
    await check({}, "", /config_invalid/);
    await check({}, "{ nonsense", /config_invalid/);
    await check({ mcpServers: { a: { command: 7 } } }, undefined, /mcpServers\.a\.command/);
    await check({ mcpServers: {}, http: {} }, undefined, /config_not_enforced/);
  }, 60_000);

  test("with --json the error is on stdout too", async () => {
    await using empty = await createSite(undefined);
    const { code, stdout } = await empty.run(["tools", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "config_not_found" } });
    expect(code).toBe(2);
  });

  test("--config and SLUICE_CONFIG name the file from anywhere", async () => {
    await using elsewhere = await createSite(undefined);
    const config = join(site.directory, "sluice.config.json");
    expect((await elsewhere.run(["tools", "--config", config])).code).toBe(0);
    expect((await elsewhere.run(["tools"], { env: { SLUICE_CONFIG: config } })).code).toBe(0);
  });
});

describe("run", () => {
  test("prints what the program printed, then its result", async () => {
    const code = "console.log('out'); console.error('err'); return 'text'";
    const ending = await site.run(["run", "-e", code]);
    expect(ending).toMatchObject({ code: 0, stdout: "out\ntext\n" });
    // Where there is no wall, that is said first.
    expect(ending.stderr.replace(/^no wall: .*\n/, "")).toBe("err\n");
    const structure = await site.run(["run", "-e", "return { sum: 1 + 1 }"]);
    expect(JSON.parse(structure.stdout)).toEqual({ sum: 2 });
  });

  test("takes a file, and stdin", async () => {
    await writeFile(join(site.directory, "program.ts"), "const text: string = 'from a file';\nreturn text;\n");
    expect(await site.run(["run", "program.ts"])).toMatchObject({ code: 0, stdout: "from a file\n" });
    expect(await site.run(["run", "-"], { input: "return 'from stdin'" })).toMatchObject({
      code: 0,
      stdout: "from stdin\n",
    });
  });

  test("calls the tools of real servers", async () => {
    const { code, stdout } = await site.run(["run", "-e", "return await everything.echo({ message: 'hello' })"]);
    expect(stdout).toContain("hello");
    expect(code).toBe(0);
  });

  test("an error shows its line with a caret, and exits 1", async () => {
    const { code, stderr } = await site.run(["run", "-e", "const a = 1;\n  missing(a);"]);
    expect(stderr).toContain("missing is not defined");
    expect(stderr).toContain("at line 2, column 3");
    expect(stderr).toContain("  2 |   missing(a);\n    |   ^");
    expect(code).toBe(1);
  });

  test("a program that does not parse exits 1 with its line", async () => {
    const { code, stderr } = await site.run(["run", "-e", "const a = ;"]);
    expect(stderr).toMatch(/failed syntax_error/);
    expect(stderr).toContain("1 | const a = ;");
    expect(code).toBe(1);
  });

  test("--json prints the whole outcome with stats", async () => {
    const { code, stdout } = await site.run(["run", "-e", "return await everything.getSum({ a: 1, b: 2 })", "--json"]);
    const result = JSON.parse(stdout) as {
      status: string;
      calls: unknown;
      stats: { engine: string; toolCalls: number };
    };
    expect(result).toMatchObject({
      status: "completed",
      calls: { done: 1, failed: 0, open: 0 },
      stats: { toolCalls: 1, wall: expect.stringMatching(/^(none|bwrap)$/) as string },
    });
    expect(code).toBe(0);
  });

  test("--timeout kills it, and exits 3", async () => {
    const { code, stderr } = await site.run(["run", "-e", "for (;;);", "--timeout", "500"]);
    expect(stderr).toContain("killed timeoutMs");
    expect(code).toBe(3);
  });

  test("--tools and --read-only are its grant", async () => {
    const call = "try { await everything.echo({ message: 'x' }) } catch (error) { return error.code }";
    expect(await site.run(["run", "--tools", "memory.*", "-e", call])).toMatchObject({
      stdout: "tool_not_granted\n",
      code: 0,
    });
    const write =
      "import fs from 'fs/promises'; try { await fs.writeFile('./workspace/x', 'x') } catch (error) { return error.code }";
    expect(await site.run(["run", "--read-only", "-e", write])).toMatchObject({ stdout: "EROFS\n", code: 0 });
  });

  test("Ctrl-C kills the program and exits 130", async () => {
    const startedAt = Date.now();
    const { code } = await site.run(
      ["run", "-e", "console.log('x'); await new Promise(() => setTimeout(() => {}, 60_000))"],
      {
        onStart: (process) => void setTimeout(() => process.kill("SIGINT"), 1_500),
      },
    );
    expect(code).toBe(130);
    expect(Date.now() - startedAt).toBeLessThan(10_000);
  }, 20_000);
});

describe("call", () => {
  test("makes one direct call", async () => {
    const { code, stdout } = await site.run(["call", "everything.echo", '{"message":"hello"}']);
    expect(stdout).toContain("hello");
    expect(code).toBe(0);
    const piped = await site.run(["call", "everything__echo", "-", "--json"], { input: '{"message":"hello"}' });
    expect(JSON.parse(piped.stdout)).toMatchObject({ status: "completed" });
  });

  test("says how it failed by its exit code", async () => {
    expect(await site.run(["call", "everything.get-env"])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining("tool_denied") as string,
    });
    expect(await site.run(["call", "everything.ehco"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("tool_not_found") as string,
    });
    expect(await site.run(["call", "everything.echo", "{}"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("arguments_invalid") as string,
    });
  });
});

describe("tools", () => {
  interface Answer {
    results: { id: string; module?: string; signature?: string }[];
    total: number;
    truncated: boolean;
  }

  async function search(args: string[]): Promise<Answer> {
    const { stdout, code } = await site.run(["tools", ...args, "--json"]);
    expect(code).toBe(0);
    return JSON.parse(stdout) as Answer;
  }

  test("a server that nobody has is told, and is a failure", async () => {
    const { code, stderr } = await site.run(["tools", "--server", "memroy"]);
    expect(stderr).toContain('Did you mean "memory"?');
    expect(code).toBe(1);
  });

  test("a pattern of which nothing is learned is told, with what is learned", async () => {
    await using own = await createSite({ mcpServers: workingServers });
    expect((await own.run(["tools", "--learned"])).stderr).toContain("Nothing is learned yet");
    expect((await own.run(["call", "everything.echo", '{"message":"x"}'])).code).toBe(0);
    const { code, stderr } = await own.run(["tools", "memroy.*", "--learned"]);
    expect(stderr).toContain("Nothing is learned of memroy.*; something is of everything.echo");
    expect(code).toBe(0);
  });

  test("lists all of them, unbounded, and one server completely", async () => {
    const all = await search([]);
    expect(all.truncated).toBe(false);
    expect(all.results).toHaveLength(all.total);
    const ids = all.results.map(({ id }) => id);
    expect(ids).toContain("everything.echo");
    expect(ids).toContain("memory.read_graph");
    const memory = await search(["--server", "memory"]);
    expect(memory.results.every(({ id }) => id.startsWith("memory."))).toBe(true);
    expect(memory.results).toHaveLength(9);
  });

  test("finds, at three levels, up to a limit", async () => {
    expect((await search(["sum of two numbers", "--limit", "1"])).results).toMatchObject([
      { id: "everything.get-sum" },
    ]);
    const [named] = (await search(["sum", "--detail", "name"])).results;
    expect(named).not.toHaveProperty("signature");
    const [full] = (await search(["sum", "--detail", "full"])).results;
    expect(full?.module).toContain("export");
    const human = await site.run(["tools", "sum"]);
    expect(human.stdout).toContain("everything.get-sum\n");
  });

  test("works with every server stopped, and says which could not be reached the first time", async () => {
    await using stopped = await createSite({ mcpServers: { gone: { command: "no-such-program-here" } } });
    const { code, stderr } = await stopped.run(["tools"]);
    expect(stderr).toMatch(/warning gone: .*no-such-program-here/);
    expect(code).toBe(1);
  });
});

test("Ctrl-C ends a command that waits for a server", async () => {
  await using hanging = await createSite({
    mcpServers: { hangs: { command: process.execPath, args: ["-e", "setInterval(() => {}, 1000)"] } },
  });
  const startedAt = Date.now();
  const { code } = await hanging.run(["tools"], {
    onStart: (process) => void setTimeout(() => process.kill("SIGINT"), 1_000),
  });
  expect(code).toBe(130);
  expect(Date.now() - startedAt).toBeLessThan(8_000);
}, 20_000);

test("tree writes modules", async () => {
  const { code, stdout } = await site.run(["tree", "--out", "tree", "--json"]);
  expect(code).toBe(0);
  const { files } = JSON.parse(stdout) as { files: string[] };
  expect(files).toContain("servers/everything/echo.ts");
  expect(await readFile(join(site.directory, "tree/servers/everything/echo.ts"), "utf8")).toContain("everything.echo");
});

describe("doctor", () => {
  interface Report {
    ok: boolean;
    checks: { name: string; ok: boolean; detail: string }[];
    servers: { key: string; state: string; reason?: string }[];
  }

  test("says that all is usable", async () => {
    const { code, stdout } = await site.run(["doctor"]);
    expect(stdout).toContain("All usable");
    expect(stdout).toMatch(/server everything: ready, \d+ tools/);
    expect(stdout).toMatch(/program: ran in \d+ ms: engine \S+, wall (none|bwrap)/);
    expect(code).toBe(0);
  });

  test("names what is broken, and passes over what is switched off", async () => {
    await using mixed = await createSite({
      mcpServers: {
        off: { command: "node", disabled: true },
        keyless: { command: "node", env: { KEY: "${env:SLUICE_TEST_NO_SUCH_VARIABLE}" } },
        gone: { command: "no-such-program-here" },
      },
    });
    const { code, stdout } = await mixed.run(["doctor", "--json"]);
    const report = JSON.parse(stdout) as Report;
    expect(report.ok).toBe(false);
    expect(report.checks.every(({ ok }) => ok)).toBe(true);
    expect(report.servers.find(({ key }) => key === "off")).toMatchObject({ state: "disabled" });
    expect(report.servers.find(({ key }) => key === "keyless")?.reason).toContain("SLUICE_TEST_NO_SUCH_VARIABLE");
    expect(report.servers.find(({ key }) => key === "gone")).toMatchObject({ state: "failed" });
    expect(code).toBe(1);
    await using off = await createSite({ mcpServers: { off: { command: "node", disabled: true } } });
    expect((await off.run(["doctor"])).code).toBe(0);
  });

  test("tries every wall where that of the config cannot be had", async () => {
    await using low = await createSite({ mcpServers: {}, sandbox: { wall: "none", floor: "bwrap" } });
    const { code, stdout } = await low.run(["doctor", "--json"]);
    const { checks } = JSON.parse(stdout) as Report;
    expect(checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(["wall_below_floor"]);
    expect(checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["wall bwrap", "wall container (podman, runc)", "wall container (podman, runsc)"]),
    );
    expect(code).toBe(1);
  });

  test("says what the machine can do where there is no config, and leaves nothing behind", async () => {
    await using empty = await createSite(undefined);
    const { code, stdout } = await empty.run(["doctor", "--json"]);
    const report = JSON.parse(stdout) as Report;
    expect(report.ok).toBe(false);
    expect(report.checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(["config"]);
    expect(report.checks.find(({ name }) => name === "config")?.detail).toContain("sluice.config.json");
    expect(report.checks.map(({ name }) => name)).toEqual(expect.arrayContaining(["sandbox", "wall bwrap", "program"]));
    expect(report.servers).toEqual([]);
    expect(code).toBe(1);
    expect(await readdir(empty.directory)).toEqual([]);
  });
});
