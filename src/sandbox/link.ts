import { parseSync, Visitor } from "oxc-parser";
import type { EcmaScriptModule, ParseResult, StaticExport, StaticImport } from "oxc-parser";
import { transformSync } from "oxc-transform";
import { SluiceError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

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

/** One server as a guest is told of it: call name → address. */
export interface GuestServer {
  key: string;
  identifier: string;
  /** Whether it is a global too: it hides no standard one. */
  global: boolean;
  tools: Record<string, string>;
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
  imports: (ImportTarget | { kind: "module"; index: number })[];
  /** Whether a function that the module evaluates to is to be called (the program is one function expression). */
  callsResult: boolean;
}

export interface LinkedProgram {
  /** In dependency order; the program is the last. */
  modules: LinkedModule[];
  servers: GuestServer[];
}

/** A place in the agent's own code, from 1. */
export interface SourcePlace {
  line: number;
  column: number;
  source: string;
}

/** A program that cannot run, with the place in the agent's own code. */
export class LinkError extends SluiceError {
  readonly place: SourcePlace | undefined;
  constructor(
    code: "syntax_error" | "import_not_found" | "program_error",
    message: string,
    place: SourcePlace | undefined,
    hint?: string,
  ) {
    super(code, message, hint === undefined ? {} : { hint });
    this.place = place;
  }
}

export const PROGRAM_NAME = "program.ts";
const RETURN_OUTSIDE_FUNCTION = "A 'return' statement can only be used within a function body";
const SKILL_MODULES_MAX = 64;

/** Turns a program, and the skills it imports, into what the guest runs. Nothing of it is evaluated here. */
export async function linkProgram(text: string, names: NameSource): Promise<LinkedProgram> {
  if (Buffer.byteLength(text) > limits.codeBytesMax) {
    throw new LinkError(
      "program_error",
      `The program has ${Buffer.byteLength(text)} bytes; codeBytesMax is ${limits.codeBytesMax}`,
      undefined,
    );
  }
  const modules: LinkedModule[] = [];
  const indexes = new Map<string, number | "open">();
  const servers = new Map<string, GuestServer>();

  async function add(name: string, source: string): Promise<number> {
    indexes.set(name, "open");
    const parsed = parseModule(name, source);
    const targets = new Map<string, ImportTarget | { kind: "module"; index: number }>();
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

  await add(PROGRAM_NAME, text);
  return { modules, servers: [...servers.values()] };
}

interface ParsedModule {
  /** The text with fences and a hashbang blanked: every position is that of the agent's text. */
  text: string;
  program: ParseResult["program"];
  module: EcmaScriptModule;
}

function parseModule(name: string, source: string): ParsedModule {
  const text = blankHashbang(blankFence(source));
  const result = parseSync(name.endsWith(".js") ? name.replace(/\.js$/, ".ts") : name, text, {
    sourceType: "module",
    lang: "ts",
    showSemanticErrors: true,
  });
  const error = result.errors.find(({ message }) => !message.startsWith(RETURN_OUTSIDE_FUNCTION));
  if (error !== undefined) {
    // Of two declarations of one name, the second is the mistake.
    const start = (error.labels.find(({ message }) => message?.includes("redeclared")) ?? error.labels[0])?.start;
    throw new LinkError(
      "syntax_error",
      `Cannot parse ${name}: ${error.message}`,
      start === undefined ? undefined : toPlace(text, start),
      error.helpMessage ?? undefined,
    );
  }
  return { text, program: result.program, module: result.module };
}

/** Code in a Markdown fence: everything but the first fenced block becomes blanks, so that lines stay what they were. */
function blankFence(text: string): string {
  const open = /^[ \t]*(`{3,}|~{3,})[^\n]*\n/m.exec(text);
  if (open === null || !(text.slice(0, open.index).trim() === "" || !parses(text))) return text;
  const start = open.index + open[0].length;
  const close = text.indexOf(`\n${open[1]}`, start - 1);
  const end = close === -1 ? text.length : close;
  return blank(text.slice(0, start)) + text.slice(start, end) + blank(text.slice(end));
}

function parses(text: string): boolean {
  return parseSync(PROGRAM_NAME, text, { sourceType: "module" }).errors.every(({ message }) =>
    message.startsWith(RETURN_OUTSIDE_FUNCTION),
  );
}

function blankHashbang(text: string): string {
  return text.startsWith("#!") ? text.replace(/^[^\n]*/, blank) : text;
}

function blank(text: string): string {
  return text.replace(/[^\n\r\u2028\u2029]/g, " ");
}

/** Line, column and text of an offset. */
function toPlace(text: string, offset: number): SourcePlace {
  const before = text.slice(0, offset).split("\n");
  return {
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
    source: text.split("\n")[before.length - 1]?.trimEnd() ?? "",
  };
}

function specifiersOf({ module }: ParsedModule): { specifier: string; start: number }[] {
  const found: { specifier: string; start: number }[] = [];
  for (const statement of module.staticImports) {
    if (isTypeOnly(statement)) continue;
    found.push({ specifier: statement.moduleRequest.value, start: statement.moduleRequest.start });
  }
  for (const { entries } of module.staticExports) {
    for (const entry of entries)
      if (entry.moduleRequest !== null && !entry.isType)
        found.push({ specifier: entry.moduleRequest.value, start: entry.moduleRequest.start });
  }
  return found;
}

function isTypeOnly(statement: StaticImport): boolean {
  return statement.entries.length > 0 && statement.entries.every((entry) => entry.isType);
}

/** The servers that a module can name: imported, used as a global, or reached through `servers`. */
function serversOf(
  parsed: ParsedModule,
  targets: Map<string, ImportTarget | { kind: "module"; index: number }>,
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
      add(names.serverByIdentifier(name));
    },
  }).visit(parsed.program);
  for (const identifier of identifiers) add(names.serverByIdentifier(identifier));
  if (everything || servers > named) for (const server of names.allServers()) add(server);
  return [...found.values()];
}

function toLinkedModule(
  name: string,
  parsed: ParsedModule,
  targets: Map<string, ImportTarget | { kind: "module"; index: number }>,
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
    target: "es2023",
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

/** Declared modules are types only and go; a namespace of values would have to stand outside the function around the program. */
function toNamespaceEdits(program: ParseResult["program"], text: string): Edit[] {
  const edits: Edit[] = [];
  for (const statement of program.body) {
    const declared = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
    if (declared?.type !== "TSModuleDeclaration") continue;
    if (!declared.declare || declared !== statement)
      throw new LinkError(
        "syntax_error",
        "A namespace is not available in a program",
        toPlace(text, statement.start),
        "Write an object or plain functions instead",
      );
    edits.push({ start: statement.start, end: statement.end, text: "" });
  }
  return edits;
}

interface Edit {
  start: number;
  end: number;
  text: string;
}

/** Replaces ranges by text of the same length (padded with blanks, newlines kept): no position moves. */
function applyEdits(text: string, edits: Edit[]): string {
  let result = "";
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    const old = text.slice(edit.start, edit.end);
    result += text.slice(at, edit.start) + edit.text + blank(old.slice(Math.min(edit.text.length, old.length)));
    at = edit.end;
  }
  return result + text.slice(at);
}

/** A program that is one function (an expression, or a lone declaration) is called: where it stands. */
function singleFunction(program: ParseResult["program"]): { start: number; end: number } | undefined {
  const statements = program.body.filter(({ type }) => type !== "EmptyStatement");
  const [statement] = statements;
  if (statements.length !== 1 || statement === undefined) return undefined;
  if (statement.type === "FunctionDeclaration") return statement;
  if (statement.type !== "ExpressionStatement") return undefined;
  let { expression } = statement;
  while (expression.type === "ParenthesizedExpression") expression = expression.expression;
  const isFunction = expression.type === "ArrowFunctionExpression" || expression.type === "FunctionExpression";
  return isFunction ? statement.expression : undefined;
}

/** Declarations for one import statement's names. */
function bindImport(
  statement: StaticImport,
  from: string,
  target: ImportTarget | { kind: "module"; index: number },
  servers: Map<string, GuestServer>,
  text: string,
): string[] {
  const bindings: string[] = [];
  const isObject = target.kind !== "module" && target.kind !== "tool";
  for (const entry of statement.entries) {
    if (entry.isType) continue;
    const local = entry.localName.value;
    if (entry.importName.kind === "NamespaceObject") {
      bindings.push(`const ${local}=${from};`);
      continue;
    }
    const imported = entry.importName.kind === "Default" ? "default" : (entry.importName.name ?? local);
    if (imported === "default") {
      bindings.push(`const ${local}=${isObject ? from : `${from}.default`};`);
      continue;
    }
    const known = exportsOf(target, servers);
    // A capital letter: a type that was imported without the word; it has no value here.
    if (known !== undefined && !known.includes(imported) && !/^[A-Z]/.test(imported)) {
      throw new LinkError(
        "import_not_found",
        `"${statement.moduleRequest.value}" has no "${imported}"`,
        toPlace(text, entry.localName.start),
        `It has: ${known.slice(0, 30).join(", ")}${known.length > 30 ? ", …" : ""}`,
      );
    }
    bindings.push(`const ${local}=${from}[${JSON.stringify(imported)}];`);
  }
  return bindings;
}

function exportsOf(
  target: ImportTarget | { kind: "module"; index: number },
  servers: Map<string, GuestServer>,
): string[] | undefined {
  if (target.kind === "server") return Object.keys(servers.get(target.key)?.tools ?? {});
  if (target.kind === "tool") return [target.name];
  return undefined;
}

/** Edits for one export statement; its names become getters on the module's exports. */
function bindExport(
  statement: StaticExport,
  text: string,
  getters: string[],
  indexFor: (specifier: string) => number,
): Edit[] {
  const { start, end, entries } = statement;
  const whole = text.slice(start, end);
  const [first] = entries;
  if (entries.length > 0 && entries.every((entry) => entry.isType)) {
    const isList = first?.moduleRequest !== null || /^export\s+type\s*[{*]/.test(whole);
    return [{ start, end: isList ? end : start + "export".length, text: "" }];
  }
  if (first === undefined || first.moduleRequest !== null || /^export\s*\{/.test(whole)) {
    for (const entry of entries) {
      if (entry.isType) continue;
      const name = JSON.stringify(entry.exportName.kind === "Default" ? "default" : (entry.exportName.name ?? ""));
      if (entry.moduleRequest === null) {
        getters.push(`${name}:()=>${entry.localName.name ?? "undefined"}`);
        continue;
      }
      const from = `__s.m[${indexFor(entry.moduleRequest.value)}]`;
      if (entry.importName.kind === "Name")
        getters.push(`${name}:()=>${from}[${JSON.stringify(entry.importName.name)}]`);
      else if (entry.importName.kind === "All") getters.push(`${name}:()=>${from}`);
      else
        throw new LinkError("syntax_error", "export * is not available: name what is exported", toPlace(text, start));
    }
    return [{ start, end, text: "" }];
  }
  if (first.exportName.kind === "Default") {
    const keyword = /^export\s+default\s+/.exec(whole)?.[0] ?? "export default ";
    const local = first.localName.kind === "None" ? undefined : first.localName.name;
    const isDeclaration = /^export\s+default\s+(async\s+function|function|abstract\s+class|class|interface)\b/.test(
      whole,
    );
    if (isDeclaration && local) {
      getters.push(`"default":()=>${local}`);
      return [{ start, end: start + keyword.length, text: "" }];
    }
    return [{ start, end: start + keyword.length, text: "__s.e.default=" }];
  }
  for (const entry of entries)
    if (!entry.isType && entry.exportName.name !== null)
      getters.push(`${JSON.stringify(entry.exportName.name)}:()=>${entry.localName.name ?? entry.exportName.name}`);
  return [{ start, end: start + "export".length, text: "" }];
}
