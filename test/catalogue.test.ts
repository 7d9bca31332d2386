import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createCatalogue } from "../src/catalogue/catalogue.ts";
import type { Catalogue } from "../src/catalogue/catalogue.ts";
import type { ToolDefinition } from "../src/catalogue/tool.ts";
import { createStore } from "../src/store/store.ts";
import type { Store } from "../src/store/store.ts";

let directory: string;
let store: Store;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "sluice-catalogue-"));
  store = createStore(directory);
});

afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});

const servers = (...keys: string[]): { key: string; configHash: string }[] =>
  keys.map((key) => ({ key, configHash: "1" }));
const tools = (...names: string[]): ToolDefinition[] =>
  names.map((name) => ({ name, inputSchema: { type: "object" } }));
const listing = (...names: string[]): { tools: ToolDefinition[]; problems: string[] } => ({
  tools: tools(...names),
  problems: [],
});

function filled(listings: Record<string, string[]>): Catalogue {
  const catalogue = createCatalogue({ store, servers: servers(...Object.keys(listings)) });
  for (const [key, names] of Object.entries(listings)) catalogue.update(key, listing(...names));
  return catalogue;
}

describe("what servers said", () => {
  test("is there at the next start, in order, without asking again", () => {
    const definition: ToolDefinition = {
      name: "get-doc",
      description: "Gets.",
      inputSchema: { type: "object" },
      outputSchema: true,
      annotations: { readOnlyHint: true },
    };
    createCatalogue({ store, servers: servers("g-drive", "crm") }).update("g-drive", {
      tools: [definition, ...tools("delete", "b", "a")],
      problems: ["One was odd"],
      instructions: "Be kind.",
      protocol: "2025-11-25",
    });
    const catalogue = createCatalogue({ store, servers: servers("crm", "g-drive") });
    expect(catalogue.servers().map(({ key, identifier }) => [key, identifier])).toEqual([
      ["crm", "crm"],
      ["g-drive", "gDrive"],
    ]);
    const [crm, drive] = catalogue.servers();
    expect(crm).toMatchObject({ tools: [], problems: [] });
    expect(crm?.fetchedAt).toBeUndefined();
    expect(drive).toMatchObject({ instructions: "Be kind.", problems: ["One was odd"] });
    expect(drive?.fetchedAt).toBeGreaterThan(Date.now() - 60_000);
    expect(drive?.tools.map(({ name }) => name)).toEqual(["get-doc", "delete", "b", "a"]);
    expect(drive?.tools[0]).toEqual({
      ...definition,
      server: "g-drive",
      address: "g-drive.get-doc",
      callName: "getDoc",
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(catalogue.toolCount("g-drive")).toBe(4);
    expect(catalogue.server("gDrive")).toBe(drive);
    expect(catalogue.server("nope")).toBeUndefined();
  });

  test("belongs to one configuration of the server", () => {
    filled({ crm: ["a"] });
    const other = createCatalogue({ store, servers: [{ key: "crm", configHash: "2" }] });
    expect(other.servers()[0]?.tools).toEqual([]);
    other.update("crm", listing("b"));
    expect(
      createCatalogue({ store, servers: servers("crm") })
        .servers()[0]
        ?.tools.map(({ name }) => name),
    ).toEqual(["a"]);
  });

  test("changes the version only when it is different", () => {
    const catalogue = filled({ crm: ["a", "b"] });
    const [version, known] = [catalogue.version, catalogue.servers()];
    expect(catalogue.servers()).toBe(known);
    expect(catalogue.update("crm", listing("a", "b"))).toMatchObject({ changed: false });
    expect(catalogue.version).toBe(version);
    expect(catalogue.update("crm", listing("b", "a"))).toMatchObject({ changed: true });
    expect(catalogue.update("crm", { ...listing("b", "a"), instructions: "New." })).toMatchObject({ changed: true });
    expect(catalogue.update("crm", listing())).toMatchObject({ changed: true });
    expect(catalogue.version).toBe(version + 3);
    expect(catalogue.update("unconfigured", listing("a"))).toMatchObject({ changed: false });
    expect(catalogue.servers()[0]?.tools).toEqual([]);
  });

  test("leaves out what cannot be used, and says so", () => {
    const catalogue = createCatalogue({ store, servers: servers("crm") });
    const app: ToolDefinition = { name: "page", inputSchema: {}, _meta: { ui: { visibility: ["app"] } } };
    const both: ToolDefinition = { name: "both", inputSchema: {}, _meta: { ui: { visibility: ["model", "app"] } } };
    catalogue.update("crm", {
      tools: [...tools("a", "a", "", "\ud800", "a\0b", "__proto__"), app, both],
      problems: [],
    });
    const [crm] = catalogue.servers();
    expect(crm?.tools.map(({ name, callName }) => [name, callName])).toEqual([
      ["a", "a"],
      ["__proto__", "__proto___"],
      ["both", "both"],
    ]);
    expect(crm?.problems).toHaveLength(4);
    expect(crm?.problems[0]).toContain('"a"');
  });
});

describe("a name leads to one tool", () => {
  const check = (catalogue: Catalogue, name: string): string | string[] => {
    const resolution = catalogue.resolve(name);
    switch (resolution.kind) {
      case "found":
        return resolution.tool.address;
      case "ambiguous":
        return resolution.candidates;
      case "not-found":
        return `not found: ${resolution.nearest.join(", ")}`;
    }
  };

  test.each([
    ["g-drive.get_document", "g-drive.get_document"],
    ["g-drive.getDocument", "g-drive.get_document"],
    ["gDrive.getDocument", "g-drive.get_document"],
    ["gDrive.get_document", "g-drive.get_document"],
    ["g-drive__get_document", "g-drive.get_document"],
    ["gDrive__getDocument", "g-drive.get_document"],
    ["getDocument", "g-drive.get_document"],
    ["get_document", "g-drive.get_document"],
    ["my.server.files.list", "my.server.files.list"],
    ["myServer.filesList", "my.server.files.list"],
    ["files.list", "my.server.files.list"],
    ["search", ["g-drive.search", "my.server.search"]],
    ["my.server.x__y", "my.server.x__y"],
    ["x__y", "my.server.x__y"],
  ])("%s", (name, expected) => {
    expect(
      check(filled({ "g-drive": ["get_document", "search"], "my.server": ["files.list", "search", "x__y"] }), name),
    ).toEqual(expected);
  });

  test("a name with two underscores that several tools could have is none's", () => {
    const catalogue = filled({ a: ["b__c"], a__b: ["c"], x: ["a__d"], "a-d": ["e"] });
    expect(check(catalogue, "a__b__c")).toEqual(["a.b__c", "a__b.c"]);
    expect(check(catalogue, "a__b.c")).toBe("a__b.c");
    // A server that names a tool so takes nobody's address, nor makes it ambiguous.
    expect(check(filled({ a: ["d"], x: ["a__d"] }), "a__d")).toBe("a.d");
  });

  test("the longer server key has a name that two could have", () => {
    const catalogue = filled({ a: ["b.c"], "a.b": ["c"] });
    expect(check(catalogue, "a.b.c")).toBe("a.b.c");
    expect(catalogue.resolve("a.b.c")).toMatchObject({ tool: { server: "a.b" } });
    expect(catalogue.resolve("a.bC")).toMatchObject({ tool: { server: "a" } });
  });

  test("an original name goes before a call name that is equal", () => {
    const catalogue = filled({ a: ["then", "then_"] });
    expect(check(catalogue, "a.then")).toBe("a.then");
    expect(check(catalogue, "a.then_")).toBe("a.then_");
    expect(check(catalogue, "then_")).toBe("a.then_");
  });

  test("one that is not there names what is like it", () => {
    const catalogue = filled({ gdrive: ["get_document", "list_files", "find_document"], slack: ["send_message"] });
    expect(check(catalogue, "gdrive.getDocumnt")).toBe("not found: gdrive.get_document, gdrive.find_document");
    expect(check(catalogue, "slak.sendMessage")).toMatch(/^not found: slack.send_message/);
    expect(check(catalogue, "")).toBe("not found: ");
    expect(check(catalogue, "__proto__")).toBe("not found: ");
    expect(check(catalogue, ".".repeat(5_000))).toBe("not found: ");
  });

  test("after an update it leads to the new tools", () => {
    const catalogue = filled({ a: ["x"] });
    expect(check(catalogue, "x")).toBe("a.x");
    catalogue.update("a", listing("y"));
    expect(check(catalogue, "x")).toMatch(/^not found/);
    expect(check(catalogue, "a.y")).toBe("a.y");
  });
});

test("two processes that write the same catalogue do not harm each other", () => {
  const first = filled({ a: ["x"] });
  using otherStore = createStore(directory);
  const second = createCatalogue({ store: otherStore, servers: servers("a") });
  expect(second.update("a", listing("x", "y"))).toMatchObject({ changed: true });
  expect(first.update("a", listing("x", "y"))).toMatchObject({ changed: true });
  expect(first.servers()[0]?.tools).toHaveLength(2);
});

test("10,000 tools over 500 servers are there without parsing them", { timeout: 60_000 }, () => {
  const keys = [...Array(500).keys()].map((index) => `server-${index}`);
  const warm = createCatalogue({ store, servers: servers(...keys) });
  const description = "Does a thing with many words. ".repeat(20);
  store.transaction(() => {
    for (const key of keys)
      warm.update(key, {
        tools: [...Array(20).keys()].map((index) => ({
          name: `tool_${index}`,
          description,
          inputSchema: { type: "object" },
        })),
        problems: [],
      });
  });
  const start = performance.now();
  const catalogue = createCatalogue({ store, servers: servers(...keys) });
  expect(catalogue.servers()).toHaveLength(500);
  expect(catalogue.toolCount("server-499")).toBe(20);
  expect(catalogue.resolve("server-7.tool_3")).toMatchObject({ kind: "found", tool: { callName: "tool3" } });
  // about 30 ms on an idle machine; the bound only catches another order of magnitude
  expect(performance.now() - start).toBeLessThan(1_000);
});
