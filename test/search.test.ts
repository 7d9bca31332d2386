import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCatalogue } from "../src/catalogue/catalogue.ts";
import type { Catalogue } from "../src/catalogue/catalogue.ts";
import { createSearch } from "../src/catalogue/search.ts";
import type { Search, SearchHit, SearchOptions } from "../src/catalogue/search.ts";
import type { Skill } from "../src/catalogue/skill.ts";
import { toRoot } from "../src/catalogue/stem.ts";
import { synonymTable } from "../src/catalogue/synonyms.ts";
import type { ToolDefinition } from "../src/catalogue/tool.ts";
import { isFiller, toTerm, toWords } from "../src/catalogue/words.ts";
import { createSluice } from "../src/index.ts";
import type { Rerank, RerankCandidate, SearchAnswer } from "../src/index.ts";
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
  (await search.search(query, options)).hits.map(toId);

const toId = (hit: SearchHit): string => (hit.kind === "tool" ? hit.tool.address : `skills/${hit.skill.folder}`);

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
    // two letters swapped, also in short words and at the start or the end of one
    ["mesasge", "slack.send_message"],
    ["isuse", "git-hub.create_issue"],
    ["isue", "git-hub.create_issue"],
    ["issuse", "git-hub.create_issue"],
    ["fiels", "gdrive.list_files"],
    ["lsit", "gdrive.list_files"],
    ["odcument", "gdrive.getDocument"],
    ["crate", "git-hub.create_issue"],
    // the first letter missing, doubled or another
    ["ocument", "gdrive.getDocument"],
    ["ddocument", "gdrive.getDocument"],
    ["focument", "gdrive.getDocument"],
    // words without a space between them
    ["getdocument", "gdrive.getDocument"],
    ["listfiles", "gdrive.list_files"],
    ["createissue", "git-hub.create_issue"],
    ["mergepullrequests", "git-hub.mergePullRequest"],
    ["sendamessage", "slack.send_message"],
    ["identifier", "gdrive.getDocument"],
    // by the table of synonyms, by the root of a word, by a part of one, and beside words that only ask
    ["deliver a text", "slack.send_message"],
    ["retrieval of documents", "gdrive.getDocument"],
    ["drive folder", "gdrive.create-onedrive-folder"],
    ["git hub issue", "git-hub.create_issue"],
    ["hi, could you please help me to look for the best way to open a bug?", "git-hub.create_issue"],
  ])("%s → %s", async (query, address) => {
    expect((await find(query))[0]).toBe(address);
  });

  test("words of scripts that put no spaces between them", async () => {
    const east = createCatalogue({ store, servers: [{ key: "east", configHash: "1" }] });
    const tools = [
      tool("trains", "查询12306火车票"),
      tool("tower", "東京タワーの入場券を予約する"),
      tool("rail", "จองตั๋วรถไฟ"),
    ];
    east.update("east", { tools, problems: [] });
    const own = createSearch(east);
    for (const [query, address] of [
      ["车票", "east.trains"],
      ["入場券", "east.tower"],
      ["รถไฟ", "east.rail"],
    ] as const)
      expect((await own.search(query)).hits.map(toId)).toEqual([address]);
  });

  test("a word of three letters with two of them swapped, and no other that is as near", async () => {
    const own = createCatalogue({ store, servers: [{ key: "short", configHash: "1" }] });
    own.update("short", { tools: [tool("pdf_pages", "Counts pages"), tool("pad", "Fills up")], problems: [] });
    const { hits } = await createSearch(own).search("pfd");
    expect(hits.map(toId)).toEqual(["short.pdf_pages"]);
  });

  test("only in the server that was named", async () => {
    expect(await find("merge", { server: "gdrive" })).toEqual([]);
    expect(await find("create", { server: "gitHub" })).toEqual(["git-hub.create_issue"]);
  });
});

test("a server that is not there, with the nearest", async () => {
  expect(await search.search("", { server: "slakc" })).toMatchObject({
    total: 0,
    hint: expect.stringContaining('No server "slakc". Did you mean "slack"?') as string,
  });
});

describe("nothing is cut silently", () => {
  test("a limit is told", async () => {
    const all = await search.search("create folder channel issue", { limit: Infinity });
    expect(all).toMatchObject({ truncated: false, total: all.hits.length });
    expect(all.hits.length).toBeGreaterThan(2);
    const one = await search.search("create folder channel issue", { limit: 1 });
    expect(one).toMatchObject({ truncated: true, total: all.total, hits: [all.hits[0]] });
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
    expect(hits.hits).toHaveLength(4);
    expect(hits).toMatchObject({ total: 7, truncated: true });
    expect(hits.hint).toContain("gdrive (3), slack (2), git-hub (2), empty (0)");
  });

  test("no hit says what is near and where to look", async () => {
    const hits = await search.search("foldxyzzy");
    expect(hits).toMatchObject({ hits: [], total: 0, truncated: false });
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
    expect(hits.total).toBeGreaterThanOrEqual(hits.hits.length);
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
  expect(toWords("查询12306火车票 サーバー list")).toEqual("查询 12306 火车 车票 サー ーバ バー list".split(" "));
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

test("roots: derived words meet, others do not", () => {
  const root = (word: string): string => toRoot(toTerm(word) ?? word);
  expect(root("translation")).toBe(root("translate"));
  expect(root("translator")).toBe(root("translate"));
  expect(root("deployments")).toBe(root("deploy"));
  expect(root("organization")).toBe(root("organisation"));
  expect(root("message")).not.toBe(root("messy"));
});

test("the table of synonyms is the documented one, and every word of it can be asked for", () => {
  const page = readFileSync(new URL("../docs/search.md", import.meta.url), "utf8");
  expect(/^```text\n([\s\S]*?)\n```$/m.exec(page)?.[1]).toBe(synonymTable);
  const lines = synonymTable.split(/;\s/);
  expect(lines.filter((line) => !/^[a-z0-9]+:( [a-z0-9]+)+$/.test(line))).toEqual([]);
  const words = lines.flatMap((line) => line.split(/:? /));
  expect(words.filter((word) => toTerm(word) === undefined)).toEqual([]);
  const pairs = lines.flatMap((line) => {
    const [head = "", ...others] = line.split(/:? /);
    return others.map((other) => [head, other].sort().join(" "));
  });
  expect(pairs.filter((pair, index) => pairs.indexOf(pair) !== index)).toEqual([]);
  expect(isFiller("help")).toBe(true);
});

describe("the order", () => {
  test("a server that the query names goes before others with the same tool", async () => {
    using other = createStore(join(directory, "named"));
    const two = createCatalogue({ store: other, servers: ["alpha", "beta"].map((key) => ({ key, configHash: "1" })) });
    const same = { tools: [tool("list_files", "Lists files")], problems: [] };
    two.update("alpha", same);
    two.update("beta", same);
    const first = async (query: string): Promise<string | undefined> =>
      (await createSearch(two).search(query)).hits.map(toId)[0];
    expect(await first("list files")).toBe("alpha.list_files");
    expect(await first("list files in beta")).toBe("beta.list_files");
  });

  test("is the same whatever the limit", async () => {
    using other = createStore(join(directory, "many"));
    const many = createCatalogue({ store: other, servers: [{ key: "a", configHash: "1" }] });
    const words = ["send", "message", "list", "user", "file", "delete"];
    const tools = Array.from({ length: 600 }, (_, at) =>
      tool(`${words[at % 6]}_${words[(at * 5 + 1) % 6]}_${at}`, `Can ${words[(at * 7) % 6]} a ${words[(at * 3) % 6]}`),
    );
    many.update("a", { tools, problems: [] });
    const index = createSearch(many);
    const all = (await index.search("list the messages of a user", { limit: Infinity })).hits.map(toId);
    expect(all.length).toBeGreaterThan(200);
    expect(new Set(all).size).toBe(all.length);
    for (const limit of [1, 10, 199, 201, 400])
      expect((await index.search("list the messages of a user", { limit })).hits.map(toId)).toEqual(
        all.slice(0, limit),
      );
  });
});

describe("the index on disk", () => {
  const file = (): string => join(directory, "search.index");
  const ask = async (of: Catalogue): Promise<string[]> =>
    (await createSearch(of, { file: file() }).search("send a message", { limit: Infinity })).hits.map(toId);
  const reopened = (): Catalogue =>
    createCatalogue({
      store,
      servers: ["gdrive", "slack", "git-hub", "empty"].map((key) => ({ key, configHash: "1" })),
    });

  test("is written once, private, and answers the same in the next process", async () => {
    const built = await ask(catalogue);
    expect(built[0]).toBe("slack.send_message");
    const { ino, mode } = statSync(file());
    expect(mode & 0o777).toBe(0o600);
    expect(await ask(reopened())).toEqual(built);
    expect(statSync(file()).ino).toBe(ino);
    expect(readdirSync(directory).filter((name) => name.startsWith("search.index."))).toEqual([]);
  });

  test.each([
    ["cut short", (bytes: Buffer) => bytes.subarray(0, bytes.length - 8)],
    ["of another kind", () => Buffer.from("not an index")],
    ["empty", () => Buffer.alloc(0)],
  ])("is built anew when the file is %s", async (_, spoil) => {
    const built = await ask(catalogue);
    const whole = readFileSync(file());
    writeFileSync(file(), spoil(whole));
    expect(await ask(reopened())).toEqual(built);
    expect(readFileSync(file())).toEqual(whole);
  });

  test("is built anew when a tool has changed", async () => {
    using other = createStore(join(directory, "changed"));
    const open = (): Catalogue => createCatalogue({ store: other, servers: [{ key: "a", configHash: "1" }] });
    const first = open();
    first.update("a", { tools: [tool("forecast", "Tells the weather")], problems: [] });
    const own = join(directory, "changed.index");
    expect((await createSearch(first, { file: own }).search("weather")).total).toBe(1);
    open().update("a", { tools: [tool("forecast", "Tells the tides")], problems: [] });
    const next = createSearch(open(), { file: own });
    expect((await next.search("tides")).hits.map(toId)).toEqual(["a.forecast"]);
  });
});

describe("skills", () => {
  test("are found through the same index, and not within a server", async () => {
    const skills: Skill[] = [{ folder: "csv", name: "to-csv", description: "Writes rows as CSV. For spreadsheets." }];
    const both = createSearch(catalogue, { skills: async () => Promise.resolve(skills) });
    expect((await both.search("write csv rows")).hits.map(toId)[0]).toBe("skills/csv");
    expect((await both.search("write csv rows", { server: "slack" })).hits.map(toId)).not.toContain("skills/csv");
    expect((await both.search("", { limit: 100 })).hits.map(toId)).toContain("skills/csv");
  });

  test("of the folder answer with what reads them, and are noticed when they come", async () => {
    const skillsDir = join(directory, "skills");
    await using sluice = await createSluice({
      mcpServers: {},
      stateDir: join(directory, "with-skills"),
      skills: { dir: skillsDir },
    });
    expect((await sluice.searchTools("quarterly report")).total).toBe(0);
    mkdirSync(join(skillsDir, "quarter"), { recursive: true });
    const text =
      "---\nname: quarterly-report\ndescription: >\n  Makes the report of a quarter.\n  Ask first.\n---\nDo it.\n";
    writeFileSync(join(skillsDir, "quarter", "SKILL.md"), text);
    writeFileSync(join(skillsDir, "other.ts"), "export {}");
    const found = await until(
      () => sluice.searchTools("quarterly report", { detail: "full" }),
      ({ total }) => total === 1,
    );
    expect(found.results).toEqual([
      {
        kind: "skill",
        id: "skills/quarter",
        server: "skills",
        call: 'await fs.readFile("./skills/quarter/SKILL.md", "utf8")',
        summary: "Makes the report of a quarter.",
        module: text,
      },
    ]);
    const read = await sluice.executeCode(`return ${found.results[0]?.call}`);
    expect(read.result).toBe(text);
  });
});

/** Asks again until the answer is good; the last answer after ten seconds. */
async function until(
  act: () => Promise<SearchAnswer>,
  isGood: (answer: SearchAnswer) => boolean,
): Promise<SearchAnswer> {
  const end = performance.now() + 10_000;
  for (;;) {
    const answer = await act();
    if (isGood(answer) || performance.now() > end) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe("a re-ranker", () => {
  const everything = {
    mcpServers: { everything: { command: "npx", args: ["-y", "@modelcontextprotocol/server-everything"] } },
  };
  let seen: readonly RerankCandidate[] = [];
  const ask = async (rerank: Rerank, limit = 3): Promise<SearchAnswer> => {
    await using sluice = await createSluice({ ...everything, stateDir: join(directory, "rerank") }, { rerank });
    if (sluice.servers()[0]?.state !== "known") await sluice.refresh();
    return await sluice.searchTools("get a sum or an image or the environment", { limit, detail: "name" });
  };
  const ids = ({ results }: SearchAnswer): string[] => results.map(({ id }) => id);

  test("orders the best by its scores", async () => {
    const plain = await ask(async (_, candidates) => Promise.resolve(candidates.map(() => 0)), 50);
    expect(plain.total).toBeGreaterThan(3);
    expect(plain.hint).toBeUndefined();
    const reversed = await ask(async (_, candidates) => {
      seen = candidates;
      return Promise.resolve(candidates.map((__, at) => at));
    });
    expect(ids(reversed)).toEqual(ids(plain).reverse().slice(0, 3));
    expect(reversed).toMatchObject({ total: plain.total, truncated: true });
    expect(seen.map(({ id }) => id)).toEqual(ids(plain));
    expect(seen[0]?.text).toMatch(/^[\w-]+ \(everything\): \w/);
  });

  test.each<[string, Rerank, RegExp]>([
    ["throws", async () => Promise.reject(new TypeError("no model")), /re-ranker failed: no model/],
    ["answers too few", async () => Promise.resolve([1]), /it must answer \d+ finite numbers/],
    ["answers no numbers", async (_, all) => Promise.resolve(all.map(() => Number.NaN)), /finite numbers/],
    ["never answers", () => new Promise(() => undefined), /no answer within 2000 ms/],
  ])("that %s leaves the order by words, and the hint says so", async (_, rerank, hint) => {
    const plain = await ask(async (__, candidates) => Promise.resolve(candidates.map(() => 0)));
    const answer = await ask(rerank);
    expect(ids(answer)).toEqual(ids(plain));
    expect(answer.hint).toMatch(hint);
  });
});
