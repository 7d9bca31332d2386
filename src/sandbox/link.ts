import { SluiceError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { nextTurn } from "../base/next-turn.ts";
import type { ProgramOutline } from "../base/program-outline.ts";
import type { ModuleFacts } from "./module-linker.ts";
import { LinkError, PROGRAM_NAME, type SourcePlace } from "./module-syntax.ts";
import { chooseLinker } from "./linker-process.ts";

/**
 * What an import of the guest stands for. The host resolves every specifier; the guest only ever sees this.
 * `server` and `tool` carry the server's description when they were named at run time.
 */
export type ImportTarget =
  | { kind: "server"; key: string; server?: GuestServer }
  | { kind: "tool"; key: string; name: string; server?: GuestServer }
  | { kind: "servers" }
  | { kind: "builtin"; name: string }
  | { kind: "skill"; path: string };

/** A module that was linked before: its place in the list. */
export type ModuleTarget = { kind: "module"; index: number };

/** One server as a guest is told of it: call name → address. */
export interface GuestServer {
  key: string;
  identifier: string;
  /** Whether it is a global too: it hides no standard one. */
  global: boolean;
  tools: Record<string, string>;
  /** Why nothing can be called on it: every name is then a function that fails with this. */
  unavailable?: string;
}

/** What the linker asks about names; given by the runtime. */
export interface NameSource {
  /** Resolves an import specifier, or throws a SluiceError `import_not_found` that names the nearest. */
  resolveImport(specifier: string, from: string): Promise<ImportTarget>;
  /** The server of an identifier, if there is one. */
  serverByIdentifier(identifier: string): GuestServer | undefined;
  server(key: string): GuestServer | undefined;
  /** Every server; only asked for where a program computes a server's name. */
  allServers(): GuestServer[];
  /** The source text of a skill's module. */
  readSkill(path: string): Promise<string>;
}

/** One module as the guest loads it: an async function over a scope, lines and columns recoverable by `mappings`. */
export interface LinkedModule {
  name: string;
  code: string;
  mappings: string;
  /** Characters that linking put before the first original character. */
  prefix: number;
  imports: (ImportTarget | ModuleTarget)[];
  /** Whether a function that the module evaluates to is to be called (the program is one function expression). */
  callsResult: boolean;
}

export interface LinkedProgram {
  /** In dependency order; the program is the last. */
  modules: LinkedModule[];
  servers: GuestServer[];
  /** The program's text with what is not code blanked: its positions are those of the agent's own. */
  text: string;
  /** What the program's imports stand for; of `import()`, which is resolved when it runs, as far as that is known now. */
  specifiers: [specifier: string, target: ImportTarget | ModuleTarget][];
}

const SKILL_MODULES_MAX = 64;

/** Reads what saving a module as a skill needs to know of it. Throws a {@link LinkError}. */
export async function outlineModule(name: string, text: string): Promise<ProgramOutline> {
  return chooseLinker(text).outline(name, text);
}

/**
 * Turns a program, and the skills it imports, into what the guest runs. Nothing of it is evaluated here. `root` is where
 * its own relative imports start from: a program stands beside the three folders, a skill in its own.
 */
export async function linkProgram(
  text: string,
  names: NameSource,
  root: string = PROGRAM_NAME,
): Promise<LinkedProgram> {
  if (Buffer.byteLength(text) > limits.codeBytesMax) {
    throw new LinkError(
      "codeBytesMax",
      `The program has ${Buffer.byteLength(text)} bytes; codeBytesMax is ${limits.codeBytesMax}`,
      undefined,
    );
  }
  const modules: LinkedModule[] = [];
  const indexes = new Map<string, number | "open">();
  let own: Pick<LinkedProgram, "text" | "specifiers"> = { text: "", specifiers: [] };
  const servers = new Map<string, GuestServer>();

  async function add(name: string, source: string): Promise<number> {
    indexes.set(name, "open");
    const linker = chooseLinker(source);
    const facts = await linker.read(name, source);
    const targets = new Map<string, ImportTarget | ModuleTarget>();
    for (const { specifier, place } of facts.specifiers) {
      if (targets.has(specifier)) continue;
      const target = await resolveAt(specifier, name, place);
      if (target.kind !== "skill") {
        targets.set(specifier, target);
        continue;
      }
      const known = indexes.get(target.path);
      if (known === "open")
        throw new LinkError(
          "import_not_found",
          `The skill "${target.path}" imports itself, by way of "${name}"`,
          place,
        );
      if (indexes.size > SKILL_MODULES_MAX)
        throw new LinkError(
          "import_not_found",
          `The program imports more than ${SKILL_MODULES_MAX} skill modules`,
          place,
        );
      targets.set(specifier, {
        kind: "module",
        index: known ?? (await add(target.path, await names.readSkill(target.path))),
      });
    }
    for (const server of serversOf(facts, targets, names)) servers.set(server.key, server);
    modules.push(await linker.link(name, source, targets, servers));
    if (name === root) {
      const named = new Map(targets);
      for (const specifier of facts.dynamicSpecifiers) {
        if (named.has(specifier)) continue;
        // There may be thousands, and a name that is not there is compared with all others.
        await nextTurn();
        const target = await names.resolveImport(specifier, name).catch(() => undefined);
        if (target !== undefined) named.set(specifier, target);
      }
      own = { text: facts.text, specifiers: [...named] };
    }
    indexes.set(name, modules.length - 1);
    return modules.length - 1;
  }

  async function resolveAt(specifier: string, from: string, place: SourcePlace): Promise<ImportTarget> {
    try {
      return await names.resolveImport(specifier, from);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      throw new LinkError("import_not_found", error.message, place, error.hint);
    }
  }

  await add(root, text);
  return { modules, servers: [...servers.values()], ...own };
}

/** The servers that a module can name: imported, used as a global, or reached through `servers`. */
function serversOf(
  { identifiers, members, isServersOpen }: ModuleFacts,
  targets: Map<string, ImportTarget | ModuleTarget>,
  names: NameSource,
): GuestServer[] {
  const found = new Map<string, GuestServer>();
  const add = (server: GuestServer | undefined): void => void (server !== undefined && found.set(server.key, server));
  let everything = isServersOpen;
  for (const target of targets.values()) {
    if (target.kind === "server" || target.kind === "tool") add(names.server(target.key));
    if (target.kind === "servers") everything = true;
  }
  for (const member of members) add(names.serverByIdentifier(member) ?? names.server(member));
  for (const identifier of identifiers) add(names.serverByIdentifier(identifier));
  if (everything) for (const server of names.allServers()) add(server);
  return [...found.values()];
}
