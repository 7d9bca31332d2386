import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCatalogue } from "../src/catalogue/catalogue.ts";
import type { Catalogue } from "../src/catalogue/catalogue.ts";
import { createSearch } from "../src/catalogue/search.ts";
import type { Search, SearchOptions } from "../src/catalogue/search.ts";
import type { ToolDefinition } from "../src/catalogue/tool.ts";
import { toTerm, toWords } from "../src/catalogue/words.ts";
import { createStore } from "../src/store/store.ts";
import type { Store } from "../src/store/store.ts";

let directory: string;
let store: Store;
let catalogue: Catalogue;
let search: Search;

const tool = (name: string, description: string, properties: Record<string, string> = {}): ToolDefinition => ({
  name,
  description,
  inputSchema: {
    type: "object",
    properties: Object.fromEntries(
      Object.entries(properties).map(([key, text]) => [key, { type: "string", description: text }]),
    ),
  },
});

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "sluice-search-"));
  store = createStore(directory);
  catalogue = createCatalogue({
    store,
    servers: ["gdrive", "slack", "git-hub", "empty"].map((key) => ({ key, configHash: "1" })),
  });
  catalogue.update("gdrive", {
    tools: [
      tool("getDocument", "Retrieves the text of a document", { documentId: "The document's identifier" }),
      tool("list_files", "Lists files in a folder"),
      tool("create-onedrive-folder", "Makes a directory"),
    ],
    problems: [],
  });
  catalogue.update("slack", {
    tools: [
      tool("send_message", "Posts a message to a channel", { channel: "Channel", text: "What to say" }),
      tool("get_history", "Reads the messages of a channel"),
    ],
    problems: [],
  });
  catalogue.update("git-hub", {
    tools: [tool("create_issue", "Opens an issue in a repository"), tool("mergePullRequest", "Merges a pull request")],
    problems: [],
  });
  search = createSearch(catalogue);
});

afterAll(() => {
  store.close();
  rmSync(directory, { recursive: true });
});

const find = async (query: string, options?: SearchOptions): Promise<string[]> =>
  (await search.search(query, options)).tools.map(({ address }) => address);

describe("a query finds", () => {
  test.each([
    ["document", "gdrive.getDocument"],
    ["send a message", "slack.send_message"],
    ["sending messages", "slack.send_message"],
    ["merge pull requests", "git-hub.mergePullRequest"],
    ["MERGE_PULL_REQUEST", "git-hub.mergePullRequest"],
    ["onedrive", "gdrive.create-onedrive-folder"],
    ["what can I say in slack?", "slack.send_message"],
    ["documnet", "gdrive.getDocument"],
    ["repo", "git-hub.create_issue"],
    ["identifier", "gdrive.getDocument"],
  ])("%s → %s", async (query, address) => {
    expect((await find(query))[0]).toBe(address);
  });

  test("only in the server that was named", async () => {
    expect(await find("message", { server: "gdrive" })).toEqual([]);
    expect(await find("create", { server: "gitHub" })).toEqual(["git-hub.create_issue"]);
  });
});

describe("nothing is cut silently", () => {
  test("a limit is told", async () => {
    const all = await search.search("create folder channel issue", { limit: Infinity });
    expect(all).toMatchObject({ truncated: false, total: all.tools.length });
    expect(all.tools.length).toBeGreaterThan(2);
    const one = await search.search("create folder channel issue", { limit: 1 });
    expect(one).toMatchObject({ truncated: true, total: all.total, tools: [all.tools[0]] });
  });

  test("an empty query with a server lists it completely, in its order", async () => {
    expect(await find("", { server: "gdrive" })).toEqual([
      "gdrive.getDocument",
      "gdrive.list_files",
      "gdrive.create-onedrive-folder",
    ]);
    expect(await search.search(" ", { server: "gdrive", limit: 2 })).toMatchObject({ total: 3, truncated: true });
  });

  test("an empty query alone names the servers", async () => {
    const hits = await search.search("", { limit: 4 });
    expect(hits.tools).toHaveLength(4);
    expect(hits).toMatchObject({ total: 7, truncated: true });
    expect(hits.hint).toContain("gdrive (3), slack (2), git-hub (2), empty (0)");
  });

  test("no hit says what is near and where to look", async () => {
    const hits = await search.search("foldxyzzy");
    expect(hits).toMatchObject({ tools: [], total: 0, truncated: false });
    expect(hits.hint).toContain("folder");
    expect(hits.hint).toContain("slack (2)");
    expect((await search.search("zzz", { server: "slack" })).hint).toContain("Nothing found in slack");
    expect((await search.search("x", { server: "nope" })).hint).toContain('No server "nope"');
    expect((await search.search("", { server: "empty" })).hint).toContain("not been reached");
  });
});

test("strange queries are queries", async () => {
  for (const query of [
    "the of and",
    "🦊",
    "\0",
    "*/ \u202e",
    "a".repeat(1_000_000),
    "__proto__ constructor",
    "'; DROP TABLE tool; --",
  ]) {
    const hits = await search.search(query);
    expect(hits.total).toBeGreaterThanOrEqual(hits.tools.length);
  }
});

test("an update is found", async () => {
  using other = createStore(join(directory, "other"));
  const changing = createCatalogue({ store: other, servers: [{ key: "a", configHash: "1" }] });
  const changingSearch = createSearch(changing);
  expect((await changingSearch.search("weather")).total).toBe(0);
  changing.update("a", { tools: [tool("forecast", "Tells the weather")], problems: [] });
  expect((await changingSearch.search("weather")).total).toBe(1);
});

test("words and stems", () => {
  expect(toWords("getHTTPServer_v2 create-onedrive.folder")).toEqual([
    "get",
    "http",
    "server",
    "v2",
    "create",
    "onedrive",
    "folder",
  ]);
  for (const [word, other] of [
    ["lists", "list"],
    ["updating", "update"],
    ["queries", "query"],
    ["boxes", "box"],
    ["planned", "plan"],
    ["files", "file"],
  ] as const) {
    expect(toTerm(word)).toBe(toTerm(other));
  }
  expect(toTerm("status")).toBe("status");
  expect(toTerm("the")).toBeUndefined();
});
