import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createCatalogue } from "../src/catalogue/catalogue.ts";
import type { Catalogue } from "../src/catalogue/catalogue.ts";
import { createModuleTree } from "../src/codegen/module-tree.ts";
import type { ModuleTree } from "../src/codegen/module-tree.ts";
import { writeTree } from "../src/codegen/write-tree.ts";
import { createStore } from "../src/store/store.ts";
import type { Store } from "../src/store/store.ts";

let directory: string;
let store: Store;
let catalogue: Catalogue;
let tree: ModuleTree;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "sluice-tree-"));
  store = createStore(join(directory, "state"));
  catalogue = createCatalogue({
    store,
    servers: ["g-drive", "a/b", "client", "GitHub", "github", "idle"].map((key) => ({ key, configHash: "1" })),
  });
  catalogue.update("g-drive", {
    tools: [
      {
        name: "get_document",
        description: "Retrieves a document. All of it.",
        inputSchema: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
      },
      { name: "delete", inputSchema: { type: "object" } },
      { name: "x/y.js", inputSchema: { type: "object" } },
    ],
    problems: ["One tool was left out"],
    instructions: "Ask first.\u202e",
  });
  catalogue.update("client", { tools: [{ name: "call", inputSchema: {} }], problems: [] });
  tree = createModuleTree(catalogue);
});

afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});

const names = (path: string): string[] | undefined =>
  tree.list(path)?.map(({ name, kind }) => (kind === "folder" ? `${name}/` : name));

describe("the tree", () => {
  test("lists one entry for each server and tool", () => {
    // a/b is no folder's name, and GitHub would be github where case does not count
    const [gitHub] = names("")?.filter((name) => /^gitHub_[0-9a-f]{4}\/$/.test(name)) ?? [];
    expect(names("")).toEqual(["g-drive/", "aB/", "client/", gitHub, "github/", "idle/", "README.md", "client.ts"]);
    expect(names("g-drive")).toEqual(["README.md", "index.ts", "getDocument.ts", "delete.ts", "xYJs.ts"]);
    expect(names("gDrive/")).toEqual(names("g-drive"));
    expect(names("idle")).toEqual(["README.md", "index.ts"]);
    expect(names("nope")).toBeUndefined();
    expect(names("g-drive/getDocument.ts")).toBeUndefined();
  });

  test.each([
    ["", "root", ""],
    ["README.md", "root-readme", "README.md"],
    ["client.js", "client", "client.ts"],
    ["client.ts", "client", "client.ts"],
    ["client", "server", "client"],
    ["client/call", "tool", "client/call.ts"],
    ["g-drive", "server", "g-drive"],
    ["./gDrive/", "server", "g-drive"],
    ["gDrive.ts", "server", "g-drive"],
    ["gDrive/index", "index", "g-drive/index.ts"],
    ["g-drive/index.js", "index", "g-drive/index.ts"],
    ["g-drive/README.md", "readme", "g-drive/README.md"],
    ["g-drive/getDocument.ts", "tool", "g-drive/getDocument.ts"],
    ["g-drive/getDocument", "tool", "g-drive/getDocument.ts"],
    ["gDrive/get_document.js", "tool", "g-drive/getDocument.ts"],
    ["gDrive/get_document", "tool", "g-drive/getDocument.ts"],
    ["g-drive/x/y.js", "tool", "g-drive/xYJs.ts"],
    ["a/b/index.ts", "index", "aB/index.ts"],
    ["aB", "server", "aB"],
  ])("%s is %s", (path, kind, shown) => {
    expect(tree.locate(path)?.kind).toBe(kind);
    expect(tree.stat(path)?.path).toBe(shown);
    expect(tree.stat(path)?.bytes).toBe(Buffer.byteLength(tree.read(path) ?? ""));
  });

  test.each([
    "nope",
    "g-drive/nope",
    "g-drive/getDocument.ts/x",
    "g-drive/..",
    "../etc/passwd",
    "g-drive/__proto__",
    "constructor",
    "g-drive\0",
  ])("%s is nothing", (path) => {
    expect(tree.locate(path)).toBeUndefined();
    expect(tree.stat(path)).toBeUndefined();
    expect(tree.read(path)).toBeUndefined();
  });

  test("has pages that say what there is", () => {
    expect(tree.read("g-drive/README.md")).toMatchInlineSnapshot(`
      "# g-drive

      ## Instructions of the server

      Ask first.

      ## Tools (3)

      - \`gDrive.getDocument\`: Retrieves a document.
      - \`gDrive.delete\`
      - \`gDrive.xYJs\`

      ## Problems

      - One tool was left out
      "
    `);
    expect(tree.read("g-drive/index.ts")).toMatchInlineSnapshot(`
      "// The tools of the MCP server g-drive: each has a module here with its types.
      /** Retrieves a document. */ export { getDocument } from "./getDocument.js";
      export { delete } from "./delete.js";
      export { xYJs } from "./xYJs.js";
      "
    `);
    expect(tree.read("idle/README.md")).toContain("not been reached");
    expect(tree.read("README.md")).toContain("- `./servers/g-drive` (`servers.gDrive`): 3 tools");
    expect(tree.read("client.ts")).toContain("callTool as callMCPTool");
  });

  test("follows the catalogue", () => {
    expect(tree.read("idle/later")).toBeUndefined();
    catalogue.update("idle", { tools: [{ name: "later", inputSchema: {} }], problems: [] });
    expect(tree.read("idle/later")).toContain("function later(");
  });

  test("shows every path once, and each can be read", () => {
    const paths = tree.paths();
    expect(new Set(paths.map((path) => path.toLowerCase())).size).toBe(paths.length);
    for (const path of paths) expect(tree.stat(path)).toMatchObject({ kind: "file", path });
  });
});

describe("written to a folder", () => {
  test("it is the same, and written again it follows the catalogue", async () => {
    const out = join(directory, "out");
    const files = await writeTree(out, tree);
    expect(files).toContain("servers/g-drive/getDocument.ts");
    for (const path of tree.paths())
      expect(readFileSync(join(out, "servers", path), "utf8")).toBe(tree.readRunning(path));
    catalogue.update("g-drive", { tools: [{ name: "other", inputSchema: {} }], problems: [] });
    writeFileSync(join(out, "servers/g-drive/mine.ts"), "export {};");
    await writeTree(out, tree);
    expect(readdirSync(join(out, "servers/g-drive")).sort()).toEqual(["README.md", "index.ts", "mine.ts", "other.ts"]);
    const smaller = createModuleTree(createCatalogue({ store, servers: [{ key: "client", configHash: "1" }] }));
    await writeTree(out, smaller);
    expect(readdirSync(join(out, "servers")).sort()).toEqual(["README.md", "client", "client.ts", "g-drive"]);
    expect(readdirSync(join(out, "servers/g-drive"))).toEqual(["mine.ts"]);
  });

  test("other people's files are left alone", async () => {
    writeFileSync(join(directory, "precious.txt"), "");
    await expect(writeTree(directory, tree)).rejects.toMatchObject({
      code: "tree_not_empty",
      message: expect.stringContaining("precious.txt"),
    });
    expect(existsSync(join(directory, "servers"))).toBe(false);
    await expect(writeTree(join(directory, "precious.txt"), tree)).rejects.toMatchObject({ code: "tree_not_written" });
  });

  test("neither a marker nor a link leads out of it", async () => {
    const out = join(directory, "out");
    await writeTree(out, tree);
    const precious = join(directory, "precious.txt");
    writeFileSync(precious, "mine");
    writeFileSync(
      join(out, ".sluice-tree.json"),
      JSON.stringify({ files: ["../precious.txt", "servers/../../precious.txt", precious, 3] }),
    );
    await writeTree(out, tree);
    expect(readFileSync(precious, "utf8")).toBe("mine");
    rmSync(join(out, "servers/client.ts"));
    symlinkSync(precious, join(out, "servers/client.ts"));
    await writeTree(out, tree);
    expect(readFileSync(precious, "utf8")).toBe("mine");
    rmSync(join(out, "servers/idle"), { recursive: true });
    symlinkSync(directory, join(out, "servers/idle"));
    await expect(writeTree(out, tree)).rejects.toMatchObject({
      code: "tree_not_written",
      message: expect.stringContaining("link"),
    });
  });

  test("it can be cancelled", async () => {
    await expect(writeTree(join(directory, "out"), tree, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});
