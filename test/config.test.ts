import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SluiceError } from "../src/base/errors.ts";
import { limits } from "../src/base/limits.ts";
import type { Config, StdioConfig } from "../src/config/config.ts";
import { toConfigSchema } from "../src/config/json-schema.ts";
import { configKeys } from "../src/config/keys.ts";
import { loadConfig } from "../src/config/load-config.ts";
import { parseConfig } from "../src/config/parse-config.ts";
import { validateValue } from "../src/gateway/validate-value.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-config-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const env = { PATH: "/bin", HOME: "/home/me", SECRET: "s3cret", KEY: "k-1", EMPTY: "" };

function write(text: string | object, path = "sluice.config.json"): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof text === "string" ? text : JSON.stringify(text, null, 2));
  return file;
}

function load(text: string | object): Config {
  return loadConfig({ path: write(text), cwd: folder, env });
}

function parse(value: unknown): Config {
  return parseConfig(value, { directory: "/base", env });
}

function refused(act: () => unknown): SluiceError {
  try {
    act();
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error("Expected an error");
}

function stdio(config: Config, index = 0): StdioConfig {
  const transport = config.servers[index]?.transport;
  if (transport?.kind !== "stdio") throw new Error("Expected a stdio server");
  return transport;
}

describe("where it is looked for", () => {
  const named = (name: string): object => ({ mcpServers: { [name]: { command: "x" } } });
  const found = (options: { path?: string; cwd: string; env: Record<string, string> }): string | undefined =>
    loadConfig(options).servers[0]?.key;

  test("--config, then SLUICE_CONFIG, then upward, then the user's", () => {
    const home = join(folder, "home");
    write(named("user"), "home/.config/sluice/config.json");
    const cwd = join(folder, "a", "b", "c");
    mkdirSync(cwd, { recursive: true });
    const withHome = { ...env, HOME: home };
    expect(found({ cwd, env: withHome })).toBe("user");
    write(named("upward"), "a/sluice.config.json");
    expect(found({ cwd, env: withHome })).toBe("upward");
    write(named("variable"), "variable.json");
    const withVariable = { ...withHome, SLUICE_CONFIG: join(folder, "variable.json") };
    expect(found({ cwd, env: withVariable })).toBe("variable");
    write(named("option"), "a/b/option.json");
    expect(found({ path: "../option.json", cwd, env: withVariable })).toBe("option");
  });

  test("none, and a named one that is not there", () => {
    const none = refused(() => loadConfig({ cwd: folder, env: { HOME: folder } }));
    expect(none.code).toBe("config_not_found");
    expect(none.message).toContain("mcpServers");
    for (const options of [{ path: "no.json", env }, { env: { SLUICE_CONFIG: "no.json" } }]) {
      const error = refused(() => loadConfig({ cwd: folder, ...options }));
      expect(error.code).toBe("config_not_found");
      expect(error.message).toContain(join(folder, "no.json"));
    }
  });

  test("paths are relative to the file; state and skills stand beside it", () => {
    const config = load({ mcpServers: { a: { command: "./bin/a", args: ["x"], cwd: "sub" }, b: { command: "b" } } });
    expect(config.stateDir).toBe(join(folder, ".sluice"));
    expect(config.skills.dir).toBe(join(folder, ".sluice", "skills"));
    expect(stdio(config)).toMatchObject({ cwd: join(folder, "sub"), command: join(folder, "sub", "bin", "a") });
    expect(stdio(config, 1)).toMatchObject({ cwd: folder, command: "b" });
    expect(load({ mcpServers: {}, stateDir: "${HOME}/state" }).stateDir).toBe("/home/me/state");
  });
});

describe("text that is no config", () => {
  test.each([
    ["", "it is empty"],
    ["   \n", "it is empty"],
    ["// only this", "it is empty"],
    ['{ "mcpServers": {} ', "line 1, column 20"],
    ['{\n "mcpServers": {\n  "a" "b" } }', "line 3, column 7"],
    ["[1]", "expected an object"],
    ["null", "got null"],
    ['"x"', "got a string"],
    ["{}", '"mcpServers" is missing'],
    ['{"mcpServers": []}', "mcpServers (line 1): expected an object of servers, got an array"],
    ['{"servers": {}}', 'rename it to "mcpServers"'],
    ["[".repeat(200_000), "nested too deep"],
    ['{"mcpServers": {"a": {"command": "x"},\n"a": {"command": "y"}}}', "stands twice, again in line 2"],
    ["\u0000\u0001\u0002", "is not JSON"],
  ])("%j", (text, message) => {
    const error = refused(() => load(text));
    expect(error.code).toBe("config_invalid");
    expect(error.message).toContain(join(folder, "sluice.config.json"));
    expect(error.message).toContain(message);
  });

  test("UTF-16 and oversize are named", () => {
    const file = write("x");
    writeFileSync(file, Buffer.from('\uFEFF{"mcpServers":{}}', "utf16le"));
    expect(refused(() => loadConfig({ path: file, cwd: folder, env })).message).toContain("save it as UTF-8");
    writeFileSync(file, " ".repeat(limits.configBytesMax + 1));
    expect(refused(() => loadConfig({ path: file, cwd: folder, env })).message).toContain("configBytesMax");
  });

  test("comments, trailing commas and a byte order mark are fine", () => {
    const config = load(
      '\uFEFF{ // servers\n "mcpServers": { "a": { "command": "x", "args": ["1",], }, /* more */ }, }',
    );
    expect(stdio(config).args).toEqual(["1"]);
  });
});

describe("wrong values", () => {
  test("every problem is reported at once, with place, line, what was found and what to do", () => {
    const error = refused(() =>
      load({
        mcpServers: {
          gdrive: { command: "node", args: ["a", 3] },
          crm: { url: "ftp://x" },
          both: { command: "x", url: "http://x" },
          none: {},
          text: "node x.js",
        },
        sandbox: { cpuMS: 5, memoryMb: 1, engine: "v8", timeoutMs: "10" },
        policy: { tools: { "crm.*": "never", slack: "deny" } },
        expose: "x",
        stateDir: 5,
      }),
    );
    expect(error.code).toBe("config_invalid");
    expect(error.message.replace(folder, "FOLDER")).toMatchInlineSnapshot(`
      "Cannot use FOLDER/sluice.config.json: 13 problems
        mcpServers.gdrive.args[1] (line 7): expected a string, got number 3; put it in quotes
        mcpServers.crm.url (line 11): expected an address like "https://example.com/mcp", got the scheme "ftp:"
        mcpServers.both (line 13): it has both "command" and "url"; remove one, or say which by "type": "stdio" or "http"
        mcpServers.none (line 17): it has no "command" (a program to start) or "url"; add it
        mcpServers.text (line 18): expected an object with "command" or "url", got a string
        stateDir (line 33): expected the path of a folder, got number 5
        sandbox.cpuMS (line 21): unknown key; did you mean "cpuMs"?
        sandbox.engine (line 23): expected "auto", "deno", "quickjs" or "worker", got "v8"
        sandbox.timeoutMs (line 24): expected a whole number from 100 to 86400000, got a string
        sandbox.memoryMb (line 22): expected a whole number from 64 to 65536, got number 1
        policy.tools["crm.*"] (line 28): expected "allow", "approve" or "deny", got "never"
        policy.tools.slack (line 29): no tool has this address (they are server.tool); write "slack.*" for a whole server
        expose (line 32): expected an array of address patterns, got a string"
    `);
  });

  test("a pattern that can match no address is an error wherever there are patterns", () => {
    for (const policy of [
      { tools: { nodot: "deny" } },
      { budget: { tools: { nodot: 1 } } },
      { retry: { tools: { nodot: "never" } } },
    ])
      expect(refused(() => parse({ mcpServers: {}, policy })).message).toContain(
        'tools.nodot: no tool has this address (they are server.tool); write "nodot.*" for a whole server',
      );
  });

  test("secrets are not repeated in errors", () => {
    const error = refused(() =>
      parse({ mcpServers: { a: { url: "not-a-url-s3cret", headers: ["Bearer s3cret"], env: "s3cret" } } }),
    );
    expect(error.message).not.toContain("s3cret");
  });

  test("a long list of problems is cut and counted", () => {
    const mcpServers = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`s${i}`, 1]));
    expect(refused(() => parse({ mcpServers })).message).toContain("and 30 more");
  });

  test.each(["", ".", "..", "a/b", "a\\b", "a\0b", "a*", " a", "a.", "x".repeat(129), "e\u0301", "\ud800"])(
    "server key %j",
    (key) => {
      const error = refused(() => parse({ mcpServers: { [key]: { command: "x" } } }));
      expect(error.message).toContain("rename the server");
    },
  );

  test("a key with a dot is fine unless an address could mean two tools", () => {
    expect(parse({ mcpServers: { "my.server": { command: "x" }, my2: { command: "x" } } }).servers).toHaveLength(2);
    expect(
      refused(() => parse({ mcpServers: { my: { command: "x" }, "my.server": { command: "x" } } })).message,
    ).toContain('could also be the tool "server.x" of "my"');
  });

  test("names that objects have by birth are ordinary keys", () => {
    const config = load(
      '{"mcpServers": {"__proto__": {"command": "x"}, "constructor": {"command": "y"}}, "policy": {"tools": {"__proto__.x": "deny"}}}',
    );
    expect(config.servers.map((server) => server.key)).toEqual(["__proto__", "constructor"]);
    expect(Object.entries(config.policy.tools)).toEqual([["__proto__.x", "deny"]]);
    expect(refused(() => load('{"mcpServers": {}, "__proto__": {}}')).message).toContain("unknown key");
    expect(refused(() => load('{"mcpServers": {}, "sandbox": {"toString": 1}}')).message).toContain("sandbox.toString");
  });
});

test("hosts that programs may fetch are normalised, and what can match nothing is an error", () => {
  const { network } = parse({
    mcpServers: {},
    sandbox: { network: { allow: ["API.example.com.", "*.example.org:8443"], methods: ["GET"] } },
  }).sandbox;
  expect(network.allow).toEqual([
    { host: "api.example.com", anyBelow: false },
    { host: "example.org", anyBelow: true, port: 8443 },
  ]);
  const { message } = refused(() =>
    parse({ mcpServers: {}, sandbox: { network: { allow: ["*", "https://a.example", "10.0.0.1", 5], alow: [] } } }),
  );
  for (const place of [
    "allow[0]: ",
    "allow[1]: ",
    "allow[2]: ",
    "allow[3]: ",
    'alow: unknown key; did you mean "allow"?',
  ])
    expect(message).toContain(`sandbox.network.${place}`);
});

describe("privacy", () => {
  test("defaults, and what a user writes", () => {
    expect(parse({ mcpServers: {} }).privacy).toMatchObject({
      ...{
        mode: "seal",
        prose: false,
        consent: "matching",
        release: [],
        fields: [],
        vault: "workspace",
        matches: false,
      },
      classes: ["EMAIL", "PHONE", "NAME", "CARD", "IBAN", "BANK", "GOV_ID", "PASSPORT", "DOB", "SECRET"],
    });
    const { privacy } = parse({
      mcpServers: {},
      privacy: {
        ...{ mode: "strict", servers: { "wiki*": "off" }, classes: "all", fields: { "a.b": { "x[*].y": "NAME" } } },
        ...{ release: [{ from: "a", to: "b.*", classes: ["EMAIL"] }], own: { ORDER: { pattern: "ORD-\\d+" } } },
      },
    });
    expect(privacy).toMatchObject({
      ...{ mode: "strict", servers: [{ server: "wiki*", mode: "off" }], prose: true },
      fields: [{ tools: "a.b", places: { "x[*].y": "NAME" } }],
      own: [{ class: "ORDER", pattern: "ORD-\\d+" }],
    });
    expect(privacy.classes).toEqual(expect.arrayContaining(["EMAIL", "ADDRESS", "IP"]));
  });

  test("names that nothing has are noted", () => {
    const { notes } = parse({
      mcpServers: { crm: { command: "x" } },
      privacy: {
        release: [{ from: "cmr", to: "nope", classes: ["EMIAL"] }],
        ...{ fields: { "crm.x": { a: "NMAE" } }, servers: { qq: "off" } },
      },
    });
    for (const part of [
      'no server "cmr" is configured; did you mean "crm"?',
      "no class EMIAL; did you mean EMAIL?",
      "no class NMAE",
      'no server "qq"',
      '"nope" is no address',
    ])
      expect(notes.join("\n")).toContain(part);
  });

  test("every mistake is named", () => {
    const { message } = refused(() =>
      parse({
        mcpServers: { a: { command: "x", trust: "friend" } },
        privacy: {
          ...{ mode: "hide", servers: { a: "no" }, classes: ["EMAILS"], prose: 1, consent: "never", vault: "cloud" },
          ...{
            fields: { "a.b": { x: "name" } },
            release: [{ from: "a" }, { from: "a", to: "b", classes: [], why: 1 }],
          },
          own: { order: { pattern: "x" }, EMAIL: { values: ["x"] }, ORDER: { pattern: "(a)\\1" }, OTHER: {} },
        },
      }),
    );
    for (const part of [
      'mcpServers.a.trust: expected "local", "internal", "public" or "untrusted", got "friend"',
      'privacy.mode: expected "seal", "strict" or "off", got "hide"',
      "privacy.servers.a: expected",
      'privacy.classes[0]: no class "EMAILS"',
      "privacy.prose: expected true or false",
      "privacy.consent: expected",
      "privacy.vault: expected",
      'privacy.fields["a.b"].x: expected a class like "NAME"',
      "privacy.release[0]: expected a rule like",
      "privacy.release[1].why: unknown key",
      "privacy.release[1].classes: expected",
      "privacy.own.order: a class of your own",
      "privacy.own.EMAIL: a class of your own",
      "privacy.own.ORDER.pattern: ",
      "privacy.own.OTHER: expected",
    ])
      expect(message).toContain(part);
  });
});

describe("keys of later versions", () => {
  test.each([[{ http: {} }, "http"]])("%j", (part, place) => {
    const error = refused(() => parse({ mcpServers: {}, ...part }));
    expect(error.code).toBe("config_not_enforced");
    expect(error.message).toContain(`${place}: `);
    expect(error.message).toContain("not enforced by this version: remove it");
  });
});

describe("servers as other clients write them", () => {
  test("known foreign keys are one note, unknown ones a note with the nearest", () => {
    const config = parse({
      mcpServers: {
        a: { command: "x", autoApprove: ["y"], alwaysAllow: [], icon: "i", description: "d", trust: true, comand: "z" },
      },
    });
    expect(config.notes).toEqual([
      'mcpServers.a.comand: unknown key, ignored; did you mean "command"?',
      "mcpServers.a: keys of other clients, ignored: autoApprove, alwaysAllow, icon, description, trust",
    ]);
  });

  test.each([
    [{ url: "https://h/mcp" }, "http"],
    [{ type: "http", url: "https://h/mcp" }, "http"],
    [{ type: "streamable-http", url: "https://h/mcp" }, "http"],
    [{ type: "streamableHttp", url: "https://h/mcp" }, "http"],
    [{ type: "sse", url: "https://h/mcp" }, "sse"],
    [{ transport: "sse", url: "https://h/mcp" }, "sse"],
    [{ serverUrl: "https://h/mcp" }, "http"],
    [{ httpUrl: "https://h/mcp" }, "http"],
    [{ type: "stdio", command: "x", url: "https://h/mcp" }, "stdio"],
    [{ type: "local", command: "x" }, "stdio"],
  ])("%j", (entry, kind) => {
    expect(parse({ mcpServers: { a: entry } }).servers[0]?.transport.kind).toBe(kind);
  });

  test.each([
    [{ type: "http", command: "x" }, 'no "url"'],
    [{ type: "stdio", url: "http://x" }, 'no "command"'],
    [{ type: "carrier-pigeon", command: "x" }, 'got "carrier-pigeon"'],
    [{ url: "https://me:pw@h/" }, 'use "headers"'],
    [{ url: "https://h/", headers: { "a b": "x" } }, "no name of an HTTP header"],
    [{ url: "https://h/", headers: { a: "x\r\nb: y" } }, "remove the line break"],
    [{ command: "" }, "name a program"],
    [{ command: "x", args: "y" }, "expected an array of strings, got a string"],
    [{ command: "x", env: { A: 1 } }, "got number 1; put it in quotes"],
    [{ command: "x\0" }, "NUL"],
    [{ command: "x", timeout: -1 }, "above 0"],
    [{ command: "x", disabled: "yes" }, "expected true or false"],
  ])("refused: %j", (entry, message) => {
    expect(refused(() => parse({ mcpServers: { a: entry } })).message).toContain(message);
  });

  test("time-outs: seconds and milliseconds", () => {
    const config = parse({
      mcpServers: {
        a: { command: "x", timeout: 60 },
        b: { command: "x", timeout: 30_000 },
        c: { command: "x", callMs: 5, connectMs: 7 },
        d: { command: "x" },
      },
    });
    expect(config.servers.map(({ callMs, connectMs }) => [callMs, connectMs])).toEqual([
      [60_000, limits.connectMs],
      [30_000, limits.connectMs],
      [5, 7],
      [limits.callMs, limits.connectMs],
    ]);
    expect(config.notes.join()).toContain("mcpServers.a.timeout: read as 60 seconds");
  });

  test("disabled, in both spellings", () => {
    const config = parse({
      mcpServers: {
        a: { command: "x", disabled: true },
        b: { command: "x", enabled: false },
        c: { command: "x", disabled: false },
      },
    });
    expect(config.servers.map((server) => server.disabledReason !== undefined)).toEqual([true, true, false]);
  });
});

describe("variables and the environment", () => {
  test("the three forms, everywhere in an entry, and only once", () => {
    const config = parseConfig(
      {
        mcpServers: {
          a: {
            command: "${CMD:-node}",
            args: ["--key=${env:KEY}", "${EMPTY:-filled}", "${EMPTY}", "${TWICE}", "${not a name}", "$KEY"],
            env: { TOKEN: "${SECRET}" },
            cwd: "${HOME}",
          },
          b: { url: "https://${HOST:-h.example}/mcp", headers: { Authorization: "Bearer ${env:SECRET}" } },
        },
      },
      { directory: "/base", env: { ...env, TWICE: "${SECRET}" } },
    );
    expect(stdio(config)).toMatchObject({
      command: "node",
      cwd: "/home/me",
      args: ["--key=k-1", "filled", "", "${SECRET}", "${not a name}", "$KEY"],
    });
    expect(stdio(config).env.TOKEN).toBe("s3cret");
    expect(config.servers[1]?.transport).toMatchObject({
      url: "https://h.example/mcp",
      headers: { Authorization: "Bearer s3cret" },
    });
  });

  test("a missing variable disables its server, by name; the others work", () => {
    const config = parse({
      mcpServers: {
        a: { command: "x", env: { A: "${env:MISSING_ONE}" } },
        b: { url: "${MISSING_TWO}" },
        c: { command: "x", args: ["${input:token}"] },
        d: { command: "x", args: ["${constructor}"] },
        e: { command: "x" },
      },
    });
    expect(config.servers.map((server) => server.disabledReason)).toEqual([
      "the environment variable MISSING_ONE is not set",
      "the environment variable MISSING_TWO is not set",
      expect.stringContaining("${input:token}"),
      "the environment variable constructor is not set",
      undefined,
    ]);
    expect(config.notes).toHaveLength(4);
    expect(config.notes[0]).toBe("Server a is disabled: the environment variable MISSING_ONE is not set");
    expect(refused(() => parse({ mcpServers: {}, stateDir: "${NOPE}" })).message).toContain("NOPE is not set");
  });

  test("only what is configured is added to what a server inherits: nothing of this environment", () => {
    const given = { ...env, AWS_SECRET_ACCESS_KEY: "x" };
    const config = parseConfig(
      { mcpServers: { a: { command: "x", env: { OWN: "1", PATH: "/mine" } } } },
      { directory: "/", env: given },
    );
    expect(stdio(config).env).toEqual({ OWN: "1", PATH: "/mine" });
  });

  test("envFile stands below env; one that cannot be read disables the server", () => {
    write("# keys\nA=from file\nB='quoted value'\n", "keys.env");
    const config = load({
      mcpServers: {
        a: { command: "x", envFile: "keys.env", env: { A: "own" } },
        b: { command: "x", envFile: "no.env" },
      },
    });
    expect(stdio(config).env).toEqual({ A: "own", B: "quoted value" });
    expect(config.servers[1]?.disabledReason).toContain(join(folder, "no.env"));
  });
});

describe("the hash of a server", () => {
  const hashOf = (entry: object, environment: Record<string, string> = env): string | undefined =>
    parseConfig({ mcpServers: { a: entry } }, { directory: "/base", env: environment }).servers[0]?.hash;
  const base = { command: "x", args: ["1"], env: { K: "${SECRET}" } };

  test("is the same for another secret, another deadline, another order", () => {
    expect(hashOf(base)).toMatch(/^[0-9a-f]{64}$/);
    expect(hashOf(base, { ...env, SECRET: "other" })).toBe(hashOf(base));
    expect(hashOf({ timeout: 5_000, env: { K: "literal" }, args: ["1"], command: "x" })).toBe(hashOf(base));
  });

  test("is another for another command, argument, variable name, URL or kind", () => {
    const entries = [
      base,
      { ...base, command: "y" },
      { ...base, args: ["2"] },
      { ...base, env: {} },
      { ...base, cwd: "z" },
      { url: "http://a" },
      { url: "http://b" },
      { type: "sse", url: "http://a" },
    ];
    expect(new Set(entries.map((entry) => hashOf(entry))).size).toBe(entries.length);
  });
});

describe("policy", () => {
  test("a pattern that can match nothing is an error, one for no server a note", () => {
    expect(refused(() => parse({ mcpServers: {}, policy: { tools: { slack: "deny" } } })).message).toContain(
      'write "slack.*"',
    );
    expect(refused(() => parse({ mcpServers: {}, expose: ["slack", 3] })).message).toContain("expose[1]");
    const config = parse({
      mcpServers: { slack: { command: "x" } },
      policy: { tools: { "slakc.*": "deny", "*": "allow", "sl*": "approve", "slack.x": "deny" } },
    });
    expect(config.notes).toEqual(['policy.tools["slakc.*"]: matches no configured server; did you mean "slack"?']);
  });
});

describe("defaults and the published schema", () => {
  test("the smallest config has every default", () => {
    const config = parse({ mcpServers: {} });
    expect(config.servers).toEqual([]);
    expect(config.notes).toEqual([]);
    expect(config.policy).toMatchObject({ tools: {}, definitions: "warn", limits: { "*": { inFlight: 64 } } });
    expect(config.expose).toEqual([]);
    expect(config.stateDir).toBe(resolve("/base/.sluice"));
    const { engine, trusted, wall, floor, container, network, ...numbers } = config.sandbox;
    expect({ engine, trusted, wall, floor, container }).toEqual({
      engine: "auto",
      trusted: false,
      wall: "auto",
      floor: "none",
      container: { command: "podman", runtime: "runc" },
    });
    expect(network).toEqual({
      allow: [],
      methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
      bytesMax: limits.networkBytesMax,
      timeoutMs: limits.networkMs,
      requestsMax: limits.networkRequestsMax,
    });
    for (const [name, value] of Object.entries(numbers))
      expect([name, value]).toEqual([name, limits[name as keyof typeof limits]]);
  });

  test("config.schema.json is what the table says (npm run build && node scripts/schema.mjs)", () => {
    const published = JSON.parse(readFileSync(new URL("../config.schema.json", import.meta.url), "utf8"));
    expect(published).toEqual(toConfigSchema());
  });

  test("the schema and the loader agree", () => {
    const samples: unknown[] = [
      {},
      { mcpServers: {} },
      { mcpServers: { a: { command: "x", args: ["y"], env: { A: "b" }, autoApprove: [] } } },
      { mcpServers: { a: { command: 5 } } },
      { mcpServers: { a: {} } },
      { mcpServers: {}, sandbox: { cpuMs: 5_000, engine: "deno" } },
      { mcpServers: {}, sandbox: { cpuMs: 1.5 } },
      { mcpServers: {}, sandbox: { cpuMs: 0 } },
      { mcpServers: {}, sandbox: { network: { allow: ["api.example.com"], methods: ["GET"], bytesMax: 5_000 } } },
      { mcpServers: {}, sandbox: { network: { methods: ["TRACE"] } } },
      { mcpServers: {}, sandbox: { network: { bytesMax: 1 } } },
      { mcpServers: {}, sandbox: { wall: "lead" } },
      { mcpServers: {}, policy: { tools: { "*": "approve" } } },
      { mcpServers: {}, policy: { tools: { "*": "maybe" } } },
      { mcpServers: {}, expose: ["a.b"], stateDir: "./x", skills: { dir: "./y" }, $schema: "./z" },
      { mcpServers: {}, stateDir: "" },
      { mcpServers: {}, other: 1 },
    ];
    for (const sample of samples) {
      let accepted = true;
      try {
        parse(sample);
      } catch {
        accepted = false;
      }
      expect([sample, validateValue(toConfigSchema(), sample as never).length === 0]).toEqual([sample, accepted]);
    }
  });

  test("every default lies within its bounds", () => {
    const check = (keys: typeof configKeys): void => {
      for (const key of Object.values(keys.members)) {
        if (key.kind === "section") check(key);
        if (key.kind === "integer") expect(key.default >= key.min && key.default <= key.max).toBe(true);
      }
    };
    check(configKeys);
  });
});

describe("policy.limits and policy.retry", () => {
  test.each([
    [{ limits: { crm: { perSecnd: 5 } } }, 'policy.limits.crm.perSecnd: unknown key; did you mean "perSecond"?'],
    [
      { limits: { crm: { perSecond: 0 } } },
      "policy.limits.crm.perSecond: expected a number from 0.001 to 100000, got number 0",
    ],
    [{ limits: { crm: { inFlight: 1.5 } } }, "policy.limits.crm.inFlight: expected a whole number from 1 to 100000"],
    [{ limits: { crm: {} } }, "policy.limits.crm: it limits nothing: set perSecond or inFlight"],
    [{ limits: { crm: 5 } }, 'policy.limits.crm: expected an object like { "perSecond": 5 }, got number 5'],
    [{ limits: [] }, 'policy.limits: expected an object like { "crm": { "perSecond": 5 } }, got an array'],
    [{ retry: { tools: { "crm.*": "maybe" } } }, 'policy.retry.tools["crm.*"]: expected "always" or "never"'],
    [{ retry: { attempts: 0 } }, "policy.retry.attempts: expected a whole number from 1 to 10, got number 0"],
    [
      { breaker: { errorPercent: 101 } },
      "policy.breaker.errorPercent: expected a whole number from 1 to 100, got number 101",
    ],
  ])("%j", (policy, message) => {
    expect(refused(() => parse({ mcpServers: { crm: { command: "x" } }, policy })).message).toContain(message);
  });

  test("a name that no server has is noted; what is not set has its default", () => {
    const { policy, notes } = parse({
      mcpServers: { crm: { command: "x" } },
      policy: { limits: { cmr: { inFlight: 1 }, "crm.get": { perSecond: 0.5 } } },
    });
    expect(notes).toEqual([expect.stringContaining('matches no configured server; did you mean "crm"?')]);
    expect(policy.limits).toEqual({ "*": { inFlight: 64 }, cmr: { inFlight: 1 }, "crm.get": { perSecond: 0.5 } });
  });
});
