import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What each folder may import; a folder is a stage of one tool call's life, and imports go one way. */
const table: Record<string, { is: string; imports: string[] }> = {
  base: { is: "errors, limits, json, child processes", imports: [] },
  config: { is: "the schema, loading", imports: ["base"] },
  store: { is: "SQLite: connection, migrations", imports: ["base"] },
  upstream: { is: "connections to MCP servers", imports: ["base", "config"] },
  catalogue: { is: "tools, addresses, definition hashes, search", imports: ["base", "store"] },
  codegen: { is: "JSON Schema → TypeScript, the module tree", imports: ["base", "catalogue"] },
  privacy: { is: "recognisers, vault, seal, restore, questions about tokens", imports: ["base", "store"] },
  journal: { is: "what runs were told, so that they can be continued", imports: ["base", "store"] },
  gateway: {
    is: "the policy steps around one tool call; the broker",
    imports: ["base", "catalogue", "privacy", "store"],
  },
  sandbox: { is: "host↔guest protocol, linking, one execution, files, guest, engines, pool", imports: ["base"] },
  skills: { is: "saving, testing, finding skills", imports: ["base", "catalogue", "codegen", "store"] },
  runtime: {
    is: "one file per capability; the only place where sandbox and gateway meet",
    imports: [
      "base",
      "config",
      "store",
      "upstream",
      "catalogue",
      "codegen",
      "privacy",
      "journal",
      "gateway",
      "sandbox",
      "skills",
    ],
  },
  surfaces: { is: "MCP server, CLI: no policy here", imports: ["base", "config", "runtime"] },
  testing: { is: "the public conformance suite: programs, and what must come of them", imports: ["base", "runtime"] },
};

/** Types of the config may be imported by all. */
const typesForAll = "config/config.ts";
/** Only this folder imports the MCP client. */
const clientOnlyIn = "upstream";

function filesBelow(folder: string, endings: string[]): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => endings.some((ending) => path.endsWith(ending)) && statSync(path).isFile());
}

const sources = filesBelow(join(root, "src"), [".ts", ".js"]);

function importsOf(path: string): { specifier: string; isType: boolean; isLater?: true }[] {
  const text = readFileSync(path, "utf8").replace(/^\s*(\/\/|\*|\/\*).*$/gm, "");
  const found = [
    ...text.matchAll(/(?:^|\n)\s*(?:import|export)\s+(type\s)?(?:[^"'();]*?\sfrom\s+)?["']([^"'\n]+)["']/g),
  ];
  const dynamic = [...text.matchAll(/import\(\s*["']([^"'\n]+)["']\s*\)/g)];
  return [
    ...found.map((match) => ({ specifier: match[2] ?? "", isType: match[1] !== undefined })),
    ...dynamic.map((match) => ({ specifier: match[1] ?? "", isType: false, isLater: true as const })),
  ];
}

describe("the shape of the code", () => {
  it("has exactly the folders of the table", () => {
    const folders = readdirSync(join(root, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).sort()).toEqual(Object.keys(table).sort());
  });

  it("imports one way, as the table says", () => {
    const wrong: string[] = [];
    for (const path of sources) {
      const here = relative(join(root, "src"), path).split(sep);
      const folder = here.length === 1 ? undefined : here[0];
      for (const { specifier, isType } of importsOf(path)) {
        if (!specifier.startsWith(".")) continue;
        const target = relative(join(root, "src"), join(dirname(path), specifier)).split(sep);
        const to = target[0] ?? "";
        if (target.length === 1 || to === folder || to === "..") continue;
        if (folder === undefined) continue;
        if (isType && target.join("/") === typesForAll) continue;
        if (!table[folder]?.imports.includes(to)) wrong.push(`${here.join("/")} imports ${target.join("/")}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("keeps the MCP client in one folder", () => {
    const wrong = sources.filter(
      (path) =>
        importsOf(path).some(({ specifier }) => specifier.startsWith("@modelcontextprotocol/client")) &&
        !relative(join(root, "src"), path).startsWith(clientOnlyIn + sep),
    );
    expect(wrong).toEqual([]);
  });

  it("loads few packages before it is used: each file costs every start", () => {
    const seen = new Set<string>();
    const packages = new Set<string>();
    function visit(path: string): void {
      if (seen.has(path)) return;
      seen.add(path);
      for (const { specifier, isType, isLater } of importsOf(path)) {
        if (isType || isLater === true) continue;
        if (specifier.startsWith(".")) visit(join(dirname(path), specifier));
        else if (!isBuiltin(specifier)) packages.add(specifier);
      }
    }
    visit(join(root, "src/index.ts"));
    expect(seen.size).toBeGreaterThan(100);
    expect([...packages].sort()).toEqual(["libsql", "oxc-parser", "oxc-transform"]);
  });

  it("has no cycle between files", () => {
    const edges = new Map(
      sources.map((path) => [
        path,
        importsOf(path)
          .filter(({ specifier, isType }) => specifier.startsWith(".") && !isType)
          .map(({ specifier }) => join(dirname(path), specifier))
          .filter((target) => existsSync(target)),
      ]),
    );
    const state = new Map<string, "open" | "done">();
    const cycles: string[] = [];
    function visit(path: string, trail: string[]): void {
      if (state.get(path) === "done") return;
      if (state.get(path) === "open") {
        cycles.push([...trail.slice(trail.indexOf(path)), path].map((file) => relative(root, file)).join(" → "));
        return;
      }
      state.set(path, "open");
      for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
      state.set(path, "done");
    }
    for (const path of edges.keys()) visit(path, []);
    expect(cycles).toEqual([]);
  });

  it("keeps files short enough to be seen whole", () => {
    const long = sources
      .filter((path) => readFileSync(path, "utf8").split("\n").length > 400)
      .map((path) => relative(root, path));
    expect(long).toEqual([]);
  });

  it("throws one error class", () => {
    const wrong = sources
      .filter(
        (path) =>
          path.endsWith(".ts") &&
          // What is thrown there is thrown by programs.
          !path.startsWith(join(root, "src/testing/cases")) &&
          /throw new Error\(/.test(readFileSync(path, "utf8").replace(/`[^`]*`/g, "``")),
      )
      .map((path) => relative(root, path));
    expect(wrong).toEqual([]);
  });

  it("leaves what reaches the store at a later time to base/background.ts, where it can fail", () => {
    // Their timers reach no store and no file, or give what fails to who asked.
    const free = [
      ...["gateway/approve.ts", "gateway/budget.ts", "gateway/lane.ts", "gateway/limit.ts", "journal/recording.ts"],
      ...["runtime/create-sluice.ts", "runtime/discovery.ts", "runtime/executions.ts", "runtime/learning.ts"],
      ...["runtime/notify.ts", "runtime/open-skills.ts", "runtime/person-wait.ts", "runtime/runs.ts"],
      ...["runtime/token-account.ts", "runtime/tokens.ts", "runtime/type-check.ts"],
    ];
    const reachStore = Object.keys(table).filter((folder) => table[folder]?.imports.includes("store"));
    const timed = sources
      .map((path) => relative(join(root, "src"), path))
      .filter((path) => path.endsWith(".ts") && reachStore.includes(path.split(sep)[0] ?? ""))
      .filter((path) => /\bset(?:Timeout|Interval|Immediate)\(/.test(readFileSync(join(root, "src", path), "utf8")))
      .map((path) => path.split(sep).join("/"));
    expect(timed.sort()).toEqual(free.sort());
  });

  it("names files by nouns", () => {
    const forbidden = /(^|\/)(utils?|helpers?|common|manager|service|handlers?|impl|types)\.(ts|js)$/;
    expect(sources.map((path) => relative(root, path)).filter((path) => forbidden.test(path))).toEqual([]);
  });
});

it("gives every file of the guest a name without a place, for stacks that the engine formats by itself", () => {
  const folder = join(root, "src/sandbox/guest");
  const files = readdirSync(folder).filter((name) => name.endsWith(".js"));
  expect(files).toContain("runner.js");
  for (const name of files)
    expect(readFileSync(join(folder, name), "utf8").endsWith(`\n//# sourceURL=sluice:guest/${name}\n`)).toBe(true);
});
