import { Visitor } from "oxc-parser";
import { transformSync } from "oxc-transform";
import { SluiceError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { applyEdits, bindExport, bindImport } from "./module-bindings.ts";
import {
  blank,
  isTypeOnly,
  LinkError,
  type ParsedModule,
  parseModule,
  PROGRAM_NAME,
  singleFunction,
  specifiersOf,
  tailCall,
  toNamespaceEdits,
  toPlace,
} from "./module-syntax.ts";
import { survivesParser } from "./parser-probe.ts";

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
  /** What the program's imports stand for. */
  specifiers: [specifier: string, target: ImportTarget | ModuleTarget][];
}

const SKILL_MODULES_MAX = 64;

/** Turns a program, and the skills it imports, into what the guest runs. Nothing of it is evaluated here. */
export async function linkProgram(text: string, names: NameSource): Promise<LinkedProgram> {
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
    if (!(await survivesParser(source))) throw toUnreadable(name);
    const parsed = parseModule(name, source);
    const targets = new Map<string, ImportTarget | ModuleTarget>();
    for (const { specifier, start } of specifiersOf(parsed)) {
      if (targets.has(specifier)) continue;
      const target = await resolveAt(specifier, name, parsed.text, start);
      if (target.kind !== "skill") {
        targets.set(specifier, target);
        continue;
      }
      const known = indexes.get(target.path);
      if (known === "open")
        throw new LinkError(
          "import_not_found",
          `The skill "${target.path}" imports itself, by way of "${name}"`,
          toPlace(parsed.text, start),
        );
      if (indexes.size > SKILL_MODULES_MAX)
        throw new LinkError(
          "import_not_found",
          `The program imports more than ${SKILL_MODULES_MAX} skill modules`,
          toPlace(parsed.text, start),
        );
      targets.set(specifier, {
        kind: "module",
        index: known ?? (await add(target.path, await names.readSkill(target.path))),
      });
    }
    for (const server of serversOf(parsed, targets, names)) servers.set(server.key, server);
    modules.push(toLinkedModule(name, parsed, targets, servers));
    if (name === PROGRAM_NAME) own = { text: parsed.text, specifiers: [...targets] };
    indexes.set(name, modules.length - 1);
    return modules.length - 1;
  }

  async function resolveAt(specifier: string, from: string, source: string, start: number): Promise<ImportTarget> {
    try {
      return await names.resolveImport(specifier, from);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      throw new LinkError("import_not_found", error.message, toPlace(source, start), error.hint);
    }
  }

  try {
    await add(PROGRAM_NAME, text);
  } catch (error) {
    // Short enough to be parsed, and too deep to be walked.
    throw error instanceof RangeError ? toUnreadable(PROGRAM_NAME) : error;
  }
  return { modules, servers: [...servers.values()], ...own };
}

function toUnreadable(name: string): LinkError {
  return new LinkError(
    "syntax_error",
    `Cannot parse ${name}: it is nested too deep, or takes longer than ${limits.parserProbeMs} ms to parse (parserProbeMs)`,
    undefined,
    "Put large data into a file in ./workspace and read it",
  );
}

/** The servers that a module can name: imported, used as a global, or reached through `servers`. */
function serversOf(
  parsed: ParsedModule,
  targets: Map<string, ImportTarget | ModuleTarget>,
  names: NameSource,
): GuestServer[] {
  const found = new Map<string, GuestServer>();
  const add = (server: GuestServer | undefined): void => void (server !== undefined && found.set(server.key, server));
  let everything = false;
  for (const target of targets.values()) {
    if (target.kind === "server" || target.kind === "tool") add(names.server(target.key));
    if (target.kind === "servers") everything = true;
  }
  let servers = 0;
  let named = 0;
  const identifiers = new Set<string>();
  new Visitor({
    Identifier(node) {
      identifiers.add(node.name);
      if (node.name === "servers") servers += 1;
    },
    MemberExpression(node) {
      if (node.object.type !== "Identifier" || node.object.name !== "servers") return;
      const { property } = node;
      const name =
        !node.computed && property.type === "Identifier"
          ? property.name
          : property.type === "Literal" && typeof property.value === "string"
            ? property.value
            : undefined;
      if (name === undefined) return;
      named += 1;
      add(names.serverByIdentifier(name) ?? names.server(name));
    },
  }).visit(parsed.program);
  for (const identifier of identifiers) add(names.serverByIdentifier(identifier));
  if (everything || servers > named) for (const server of names.allServers()) add(server);
  return [...found.values()];
}

function toLinkedModule(
  name: string,
  parsed: ParsedModule,
  targets: Map<string, ImportTarget | ModuleTarget>,
  servers: Map<string, GuestServer>,
): LinkedModule {
  const { text, program, module } = parsed;
  const imports: LinkedModule["imports"] = [];
  const indexOf = new Map<string, number>();
  const indexFor = (specifier: string): number => {
    const known = indexOf.get(specifier);
    if (known !== undefined) return known;
    imports.push(targets.get(specifier) as ImportTarget);
    indexOf.set(specifier, imports.length - 1);
    return imports.length - 1;
  };
  const edits = toNamespaceEdits(program, text);
  const bindings: string[] = [];

  for (const statement of module.staticImports) {
    edits.push({ start: statement.start, end: statement.end, text: "" });
    if (isTypeOnly(statement)) continue;
    const target = targets.get(statement.moduleRequest.value) as ImportTarget;
    bindings.push(...bindImport(statement, `__s.m[${indexFor(statement.moduleRequest.value)}]`, target, servers, text));
  }
  const getters: string[] = [];
  for (const statement of module.staticExports) edits.push(...bindExport(statement, text, getters, indexFor));
  for (const { start } of module.dynamicImports) edits.push({ start, end: start + "import".length, text: "__impo" });
  for (const { start, end } of module.importMetas) edits.push({ start, end, text: "__meta" });

  const exported = getters.length === 0 ? "" : `__s.x({${getters.join(",")}});`;
  const single = singleFunction(program);
  const tail = single === undefined && getters.length === 0 ? tailCall(program) : undefined;
  if (tail !== undefined) {
    // Put where no original character follows on the line, or only a comment: positions stay.
    edits.push({ start: tail.after, end: tail.after, text: ";return(" }, { start: tail.end, end: tail.end, text: ")" });
  }
  const edited = applyEdits(text, edits);
  const body =
    single === undefined
      ? edited
      : `${blank(edited.slice(0, single.start))}${edited.slice(single.start, single.end)}${blank(edited.slice(single.end))}`;
  // The body is a block of its own, so that it may shadow what stands before it.
  const prefix = `export default async function(__s){const __impo=__s.import,__meta=__s.meta,require=__s.require;${bindings.join("")}{${exported}${single === undefined ? "" : "return("}`;
  const suffix = single === undefined ? "\n}}" : "\n)}}";
  const transformed = transformSync(name.replace(/\.js$/, ".ts"), prefix + body + suffix, {
    lang: "ts",
    sourceType: "module",
    target: "esnext",
    sourcemap: true,
    typescript: { onlyRemoveTypeImports: true },
  });
  const [error] = transformed.errors;
  if (error !== undefined) {
    const start = error.labels[0]?.start;
    const place = start === undefined ? undefined : toPlace(text, Math.max(0, start - prefix.length));
    throw new LinkError(
      "syntax_error",
      `Cannot compile ${name}: ${error.message}`,
      place,
      error.helpMessage ?? undefined,
    );
  }
  return {
    name,
    code: transformed.code,
    mappings: transformed.map?.mappings ?? "",
    prefix: prefix.length,
    imports,
    callsResult: single !== undefined,
  };
}
