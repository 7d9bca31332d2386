import { posix } from "node:path";
import { SluiceError } from "../base/errors.ts";
import { toNearest } from "../base/nearest.ts";
import type { CatalogueView } from "../catalogue/catalogue.ts";
import type { CatalogueServer } from "../catalogue/tool.ts";
import type { ModuleTree } from "../codegen/module-tree.ts";
import { ALLOWED_GLOBALS } from "../sandbox/guest/globals.js";
import type { ReadRoot } from "../sandbox/layered-root.ts";
import type { GuestServer, ImportTarget, NameSource } from "../sandbox/link.ts";

const BUILTINS = new Map([
  ["fs", "fs"],
  ["fs/promises", "fs/promises"],
  ["path", "path"],
  ["path/posix", "path"],
  ["buffer", "buffer"],
  ["sluice", "sluice"],
]);

/** Names that no server takes as a global: standard ones and ours. Such a server is on `servers.<identifier>` only. */
const RESERVED_GLOBALS = new Set([
  ...ALLOWED_GLOBALS,
  "skills",
  "require",
  "module",
  "exports",
  "process",
  "window",
  "global",
  "self",
]);

/** How many names a hint lists. */
const NAMES_SHOWN = 30;

const FILE_FORMS = ["", ".ts", ".js"];
const FOLDER_FORMS = ["/index.ts", "/index.js"];

/** What is asked of the folder of skills. */
export interface SkillModules extends Pick<ReadRoot, "read" | "list"> {
  stat(names: readonly string[]): Promise<{ isFile(): boolean }>;
}

/** What the names in a program mean, from the catalogue and the folder of skills. */
export function createNames(
  catalogue: CatalogueView,
  tree: ModuleTree,
  unavailable: (key: string) => string | undefined,
  skills: SkillModules,
): NameSource {
  function toGuestServer(server: CatalogueServer): GuestServer {
    const tools: Record<string, string> = Object.create(null) as Record<string, string>;
    for (const tool of server.tools) tools[tool.callName] = tool.address;
    const reason = unavailable(server.key);
    return {
      key: server.key,
      identifier: server.identifier,
      global: !RESERVED_GLOBALS.has(server.identifier),
      tools,
      ...(reason === undefined ? {} : { unavailable: reason }),
    };
  }

  function resolveServer(path: string, specifier: string): ImportTarget {
    const node = tree.locate(path);
    switch (node?.kind) {
      case "root":
        return { kind: "servers" };
      case "client":
        return { kind: "builtin", name: "client" };
      case "server":
      case "index":
        return { kind: "server", key: node.server.key };
      case "tool":
        return { kind: "tool", key: node.server.key, name: node.tool.callName };
      case "readme":
      case "root-readme":
        throw new SluiceError("import_not_found", `Cannot import "${specifier}": it is a text`, {
          hint: `Read it with fs.readFile("./servers/${path}", "utf8")`,
        });
      case undefined: {
        const [name = "", ...rest] = path.replace(/\.(ts|js)$/, "").split("/");
        if (name === "index" && rest.length === 0) return { kind: "servers" };
        const server = catalogue.server(name);
        // Calling it says why it cannot be called.
        if (server !== undefined && unavailable(server.key) !== undefined) {
          return { kind: "tool", key: server.key, name: rest.join("/") };
        }
        throw toUnknownServer(path, specifier);
      }
    }
  }

  function toUnknownServer(path: string, specifier: string): SluiceError {
    const [name = "", ...rest] = path.split("/");
    const toolName = rest.join("/");
    const server = catalogue.server(name);
    if (server === undefined) {
      const keys = catalogue.servers().map(({ key }) => key);
      const near = toNearest(name, keys);
      const known =
        keys.length === 0
          ? "No server is configured"
          : `The servers are: ${keys.slice(0, NAMES_SHOWN).join(", ")}${keys.length > NAMES_SHOWN ? ", …" : ""}`;
      return new SluiceError("import_not_found", `Cannot import "${specifier}": there is no server "${name}"`, {
        hint: near === undefined ? known : `Did you mean "./servers/${near}"?`,
      });
    }
    const near = toNearest(
      toolName,
      server.tools.map(({ callName }) => callName),
    );
    return new SluiceError(
      "import_not_found",
      `Cannot import "${specifier}": the server "${server.key}" has no tool "${toolName}"`,
      {
        hint: near === undefined ? `List them with fs.readdir("./servers/${server.key}")` : `Did you mean "${near}"?`,
      },
    );
  }

  async function resolveSkill(path: string, specifier: string): Promise<ImportTarget> {
    const stem = path.replace(/\.(ts|js)$/, "");
    const asFile = FILE_FORMS.map((form) => `${path}${form}`);
    // `./skills/x.ts` is the folder x, too. Of a folder and a file with one name, the folder is what is tested and trusted.
    const asFolder = FOLDER_FORMS.map((form) => `${stem}${form}`);
    for (const candidate of stem.includes("/") ? [...asFile, ...asFolder] : [...asFolder, ...asFile]) {
      if (!/\.(ts|js)$/.test(candidate)) continue;
      const stat = await skills.stat(candidate.split("/")).catch(() => undefined);
      if (stat?.isFile()) return { kind: "skill", path: `skills/${candidate}` };
    }
    const known = await skills.list([]).catch(() => []);
    const folder = stem.split("/")[0] ?? "";
    if (known.some(({ name, kind }) => name === folder && kind === "directory"))
      throw new SluiceError(
        "import_not_found",
        `Cannot import "${specifier}": the skill "${folder}" has no such module`,
        {
          hint: stem.includes("/")
            ? "What a skill imports from beside it lies in its folder: add that whole, with `sluice skills add FOLDER`"
            : `A skill that can be imported has an index.ts; read what this one says with fs.readFile("./skills/${folder}/SKILL.md", "utf8")`,
        },
      );
    throw new SluiceError("import_not_found", `Cannot import "${specifier}": there is no skill "${path}"`, {
      hint:
        known.length === 0
          ? "No skill has been saved"
          : `The skills are: ${known
              .slice(0, NAMES_SHOWN)
              .map(({ name }) => name)
              .join(", ")}`,
    });
  }

  return {
    async resolveImport(specifier, from) {
      const builtin = BUILTINS.get(specifier.replace(/^node:/, ""));
      if (builtin !== undefined) return { kind: "builtin", name: builtin };
      // Where the specifier points from the root of the three folders; above it, the root is meant.
      const isRelative = /^\.{1,2}(\/|$)/.test(specifier);
      const inSkill = from.startsWith("skills/") && isRelative;
      const resolved = posix
        .normalize(inSkill ? posix.join("/", posix.dirname(from), specifier) : posix.join("/", specifier))
        .slice(1);
      const isOurs = isRelative || specifier.startsWith("/") || /^(servers|skills)(\/|$)/.test(specifier);
      if (isOurs) {
        const servers = /(?:^|\/)servers(?:\/(.*))?$/.exec(resolved);
        if (servers !== null) return resolveServer((servers[1] ?? "").replace(/\.mjs$/, ""), specifier);
        const skill = /^skills\/(.+)$/.exec(resolved);
        if (skill?.[1] !== undefined) return resolveSkill(skill[1].replace(/\/+$/, ""), specifier);
        if (/(?:^|\/)client(\.(ts|js|mjs))?$/.test(resolved)) return { kind: "builtin", name: "client" };
      }
      const bare = specifier.replace(/^[./]+/, "").replace(/\.(ts|js|mjs)$/, "");
      const server = catalogue.server(bare.split("/")[0] ?? "");
      throw new SluiceError(
        "import_not_found",
        `Cannot import "${specifier}": programs can import ./servers/*, ./skills/*, fs, fs/promises, path, buffer and sluice`,
        {
          hint:
            server === undefined
              ? "No other module exists in the sandbox: write the code in the program itself"
              : `Did you mean "./servers/${server.key}"?`,
        },
      );
    },
    serverByIdentifier(identifier) {
      const server = catalogue.server(identifier);
      return server === undefined || server.identifier !== identifier ? undefined : toGuestServer(server);
    },
    server(key) {
      const server = catalogue.server(key);
      return server === undefined ? undefined : toGuestServer(server);
    },
    allServers: () => catalogue.servers().map(toGuestServer),
    readSkill: async (path) => (await skills.read(path.split("/").slice(1))).toString("utf8"),
  };
}
