import { limits } from "../base/limits.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { toFoldedName } from "../catalogue/names.ts";
import type { CatalogueServer, Tool } from "../catalogue/tool.ts";
import { type LearnedType, type ModulePurpose, toSignature, toToolModule } from "./module.ts";
import { clientModule, toIndexModule, toReadme, toTreeReadme } from "./pages.ts";

/** What a path of the tree names. */
export type TreeNode =
  | { kind: "root" }
  | { kind: "root-readme" }
  | { kind: "client" }
  | { kind: "server"; server: CatalogueServer }
  | { kind: "index"; server: CatalogueServer }
  | { kind: "readme"; server: CatalogueServer }
  | { kind: "tool"; server: CatalogueServer; tool: Tool };

export interface TreeEntry {
  name: string;
  kind: "file" | "folder";
}

/**
 * The catalogue as files, made when they are read. Paths are relative to `./servers`, with `/`; `""` is the folder
 * itself. Every accepted name of a server or tool leads to it, with or without `.ts` or `.js`; lists show one each.
 */
export interface ModuleTree {
  /** What a path names; `undefined` if nothing. A folder may be meant as its index: the caller decides. */
  locate(path: string): TreeNode | undefined;
  /** The entries of a folder in their order; `undefined` if the path is no folder. */
  list(path: string): readonly TreeEntry[] | undefined;
  /** The text of a file; `undefined` if the path is no file. */
  read(path: string): string | undefined;
  /** Whether a path is a file or a folder, its size in bytes and the path that lists show. */
  stat(path: string): { kind: "file" | "folder"; bytes: number; path: string } | undefined;
  /** The text of a file as it is written to a folder: there a tool's function has a body. */
  readRunning(path: string): string | undefined;
  /** The text of one tool's module, for reading unless it is for running. */
  module(tool: Tool, purpose?: ModulePurpose): string;
  /** One line: how the tool is called and what it gives. */
  signature(tool: Tool): string;
  /** Every file's path, in the order of the lists. */
  paths(): string[];
}

interface Folder {
  name: string;
  server: CatalogueServer;
  tools?: { list: readonly Tool[]; byName: ReadonlyMap<string, Tool> };
}

/** Names in the tree's own folder that are no server's. */
const ownFiles = ["README.md", "client.ts", "tsconfig.json", "package.json"];

/**
 * Makes the tree over a catalogue, as that is at each call; texts of modules, and what was learned of the tools' outputs,
 * may come from another tree.
 */
export function createModuleTree(
  catalogue: Pick<Catalogue, "servers" | "toolCount">,
  shared: { learnedOf?: (tool: Tool) => LearnedType | undefined; tree?: Pick<ModuleTree, "module" | "signature"> } = {},
): ModuleTree {
  let seen: readonly CatalogueServer[] | undefined;
  let folders = new Map<string, Folder>();
  let aliases = new Map<string, Folder>();
  const texts = new Map<string, string>();

  function current(): Map<string, Folder> {
    const now = catalogue.servers();
    if (now !== seen) {
      seen = now;
      folders = new Map([...toFolders(now)].map(([name, server]) => [name, { name, server }]));
      aliases = new Map();
      for (const folder of folders.values())
        if (!aliases.has(folder.server.identifier)) aliases.set(folder.server.identifier, folder);
      for (const folder of folders.values()) aliases.set(folder.server.key, folder);
    }
    return folders;
  }

  function toolOf(folder: Folder, name: string): Tool | undefined {
    const list = folder.server.tools;
    if (folder.tools?.list !== list) {
      const byName = new Map<string, Tool>();
      for (const tool of list) byName.set(tool.name, tool);
      for (const tool of list) byName.set(tool.callName, tool);
      folder.tools = { list, byName };
    }
    return folder.tools?.byName.get(name);
  }

  function locate(path: string): TreeNode | undefined {
    const clean = toPlainPath(path);
    if (clean === "") return { kind: "root" };
    if (clean === "README.md") return { kind: "root-readme" };
    // the file goes before a server of that name: every module imports it
    if (clean === "client.ts" || clean === "client.js") return { kind: "client" };
    const known = current();
    // keys and tool names may hold slashes: the longest first part that is a server is the server
    for (let at = clean.length; at > 0; at = clean.lastIndexOf("/", at - 1)) {
      const first = clean.slice(0, at);
      const folder =
        known.get(first) ??
        aliases.get(first) ??
        (at === clean.length ? aliases.get(toWithoutExtension(first)) : undefined);
      if (folder !== undefined) return locateIn(folder, clean.slice(at + 1));
    }
    return clean === "client" ? { kind: "client" } : undefined;
  }

  function locateIn(folder: Folder, rest: string): TreeNode | undefined {
    const { server } = folder;
    if (rest === "") return { kind: "server", server };
    if (rest === "README.md") return { kind: "readme", server };
    const bare = toWithoutExtension(rest);
    if (bare === "index") return { kind: "index", server };
    // an original name may itself end in .js: the name as written goes first
    const tool = toolOf(folder, rest) ?? toolOf(folder, bare);
    return tool === undefined ? undefined : { kind: "tool", server, tool };
  }

  function module(tool: Tool, purpose: ModulePurpose = "reading"): string {
    if (shared.tree !== undefined) return shared.tree.module(tool, purpose);
    const learned = shared.learnedOf?.(tool);
    // Learning goes on: what it changes in the text is in the key.
    const state = learned === undefined ? [] : [learned.calls, learned.changes.at(-1)?.what ?? ""];
    const key = JSON.stringify([tool.address, tool.callName, tool.hash, tool.isWithheld, purpose, ...state]);
    let text = texts.get(key);
    if (text === undefined) {
      text = toToolModule(tool, { learned, purpose });
      const [oldest] = texts.keys();
      if (texts.size >= limits.moduleTextsCachedMax && oldest !== undefined) texts.delete(oldest);
      texts.set(key, text);
    }
    return text;
  }

  function toText(node: TreeNode): string | undefined {
    switch (node.kind) {
      case "root":
      case "server":
        return undefined;
      case "root-readme":
        return toTreeReadme(
          [...current().values()].map(({ name, server }) => ({
            folder: name,
            server,
            toolCount: catalogue.toolCount(server.key),
          })),
        );
      case "client":
        return clientModule;
      case "index":
        return toIndexModule(node.server);
      case "readme":
        return toReadme(node.server);
      case "tool":
        return module(node.tool);
    }
  }

  function list(path: string): readonly TreeEntry[] | undefined {
    const node = locate(path);
    if (node?.kind === "root") {
      const names = [...current().keys()].map((name): TreeEntry => ({ name, kind: "folder" }));
      return [...names, { name: "README.md", kind: "file" }, { name: "client.ts", kind: "file" }];
    }
    if (node?.kind !== "server") return undefined;
    const names = ["README.md", "index.ts", ...node.server.tools.map(({ callName }) => `${callName}.ts`)];
    return names.map((name) => ({ name, kind: "file" }));
  }

  function toPath(node: TreeNode): string {
    switch (node.kind) {
      case "root":
        return "";
      case "root-readme":
        return "README.md";
      case "client":
        return "client.ts";
    }
    const folder = aliases.get(node.server.key)?.name ?? node.server.identifier;
    switch (node.kind) {
      case "server":
        return folder;
      case "index":
        return `${folder}/index.ts`;
      case "readme":
        return `${folder}/README.md`;
      case "tool":
        return `${folder}/${node.tool.callName}.ts`;
    }
  }

  const read = (path: string): string | undefined => {
    const node = locate(path);
    return node === undefined ? undefined : toText(node);
  };

  return {
    locate,
    list,
    read,
    readRunning: (path) => {
      const node = locate(path);
      if (node?.kind === "index") return toIndexModule(node.server, "running");
      return node?.kind === "tool" ? module(node.tool, "running") : read(path);
    },
    module,
    signature: (tool) => shared.tree?.signature(tool) ?? toSignature(tool, shared.learnedOf?.(tool)),
    stat: (path) => {
      const node = locate(path);
      if (node === undefined) return undefined;
      const text = toText(node);
      return {
        kind: text === undefined ? "folder" : "file",
        bytes: text === undefined ? 0 : Buffer.byteLength(text),
        path: toPath(node),
      };
    },
    paths: () =>
      (list("") ?? []).flatMap(({ name, kind }) =>
        kind === "file" ? [name] : (list(name) ?? []).map((entry) => `${name}/${entry.name}`),
      ),
  };
}

/** Folder name → server: the key as it is, or the identifier where the key is no safe name of one folder. */
function toFolders(servers: readonly CatalogueServer[]): Map<string, CatalogueServer> {
  const counts = new Map<string, number>();
  for (const { key } of servers) counts.set(toFoldedName(key), (counts.get(toFoldedName(key)) ?? 0) + 1);
  const isVerbatim = ({ key, identifier }: CatalogueServer): boolean =>
    isFolderName(key) && (counts.get(toFoldedName(key)) === 1 || key === identifier);
  const used = new Set(servers.filter(isVerbatim).map(({ key }) => toFoldedName(key)));
  const folders = new Map<string, CatalogueServer>();
  for (const server of servers) {
    let name = isVerbatim(server) ? server.key : server.identifier;
    while (!isVerbatim(server) && used.has(toFoldedName(name))) name = `${name}_`;
    used.add(toFoldedName(name));
    folders.set(name, server);
  }
  return folders;
}

function isFolderName(key: string): boolean {
  const isOwn = ownFiles.some((name) => toFoldedName(name) === toFoldedName(key));
  // no separators or what Windows refuses, no leading dot (hidden, or `..`), no final dot or space
  const isPlain = /^[^\p{C}/\\:*?"<>|.\s][^\p{C}/\\:*?"<>|]*$/u.test(key) && !/[.\s]$/.test(key);
  return isPlain && !isOwn && key === key.normalize("NFC") && Buffer.byteLength(key) <= limits.callNameBytesMax;
}

/** Without `./` and empty parts; `..` is the caller's to resolve before. */
function toPlainPath(path: string): string {
  return path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}

function toWithoutExtension(name: string): string {
  return name.replace(/\.[tj]s$/, "");
}
