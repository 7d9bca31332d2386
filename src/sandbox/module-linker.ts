import { parseSync, Visitor } from "oxc-parser";
import { transformSync } from "oxc-transform";
import type { ProgramOutline } from "../base/program-outline.ts";
import type { GuestServer, ImportTarget, LinkedModule, ModuleTarget } from "./link.ts";
import { applyEdits, bindExport, bindImport } from "./module-bindings.ts";
import { toOutline } from "./module-outline.ts";
import {
  blank,
  dynamicSpecifiersOf,
  isTypeOnly,
  LinkError,
  type ParsedModule,
  parseModule,
  singleFunction,
  type SourcePlace,
  specifiersOf,
  tailCall,
  toNamespaceEdits,
  toPlace,
  toUnreadable,
} from "./module-syntax.ts";

/** What a module names, before anybody has said what that stands for. Plain data: it may come from another process. */
export interface ModuleFacts {
  /** The text with what is not code blanked: its positions are those of the agent's own. */
  text: string;
  specifiers: { specifier: string; place: SourcePlace }[];
  /** What its `import()` name. */
  dynamicSpecifiers: string[];
  identifiers: string[];
  /** Names after `servers.` and in `servers["…"]`. */
  members: string[];
  /** Whether `servers` is used in another way too, so that any server may be meant. */
  isServersOpen: boolean;
}

/** Reads modules and links them; both throw a {@link LinkError}. */
export interface Linker {
  read(name: string, source: string): Promise<ModuleFacts>;
  /** What saving the module as a skill needs to know of it. */
  outline(name: string, source: string): Promise<ProgramOutline>;
  link(
    name: string,
    source: string,
    targets: ReadonlyMap<string, ImportTarget | ModuleTarget>,
    servers: ReadonlyMap<string, GuestServer>,
  ): Promise<LinkedModule>;
}

/** How every linked module begins; the engines know it. */
const DECLARATION = "export default ";

/** The linker itself. It takes as long as the parser does, and dies with it: for text that is known to be harmless. */
export function createLinker(): Linker {
  // Read once for both steps.
  let last: { source: string; parsed: ParsedModule } | undefined;
  const parse = (name: string, source: string): ParsedModule => {
    if (last?.source !== source) last = { source, parsed: parseModule(name, source) };
    return last.parsed;
  };
  /** Short enough to be parsed, and too deep to be walked. */
  const walk = async <T>(name: string, work: () => T): Promise<T> => {
    try {
      return work();
    } catch (error) {
      throw error instanceof RangeError ? toUnreadable(name) : error;
    }
  };
  return {
    read: (name, source) => walk(name, () => toFacts(parse(name, source))),
    outline: (name, source) => walk(name, () => toOutline(parse(name, source))),
    link: (name, source, targets, servers) =>
      walk(name, () => toLinkedModule(name, parse(name, source), targets, servers)),
  };
}

function toFacts(parsed: ParsedModule): ModuleFacts {
  const identifiers = new Set<string>();
  const members = new Set<string>();
  let servers = 0;
  let named = 0;
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
      members.add(name);
    },
  }).visit(parsed.program);
  const { text } = parsed;
  return {
    text,
    specifiers: specifiersOf(parsed).map(({ specifier, start }) => ({ specifier, place: toPlace(text, start) })),
    dynamicSpecifiers: dynamicSpecifiersOf(parsed),
    identifiers: [...identifiers],
    members: [...members],
    isServersOpen: servers > named,
  };
}

/**
 * Whatever the edits above have missed: what the engine gets holds no import, as the engine reads it (a script, where
 * `<!--` is a comment).
 */
function refuseImports(name: string, code: string): void {
  if (!code.includes("import")) return;
  const { module, errors } = parseSync(
    name.replace(/\.ts$/, ".js"),
    `"use strict";( ${code.slice(DECLARATION.length)})`,
    {
      sourceType: "script",
      lang: "js",
    },
  );
  const [found] = [...module.dynamicImports, ...module.importMetas, ...module.staticImports, ...errors];
  if (found !== undefined || !code.startsWith(DECLARATION))
    throw new LinkError(
      "syntax_error",
      `Cannot link ${name}: it holds an import that cannot be found`,
      undefined,
      "Write imports as statements of their own, at the top",
    );
}

function toLinkedModule(
  name: string,
  parsed: ParsedModule,
  targets: ReadonlyMap<string, ImportTarget | ModuleTarget>,
  servers: ReadonlyMap<string, GuestServer>,
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
  for (const statement of module.staticExports) edits.push(...bindExport(statement, program, text, getters, indexFor));
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
  refuseImports(name, transformed.code);
  return {
    name,
    code: transformed.code,
    mappings: transformed.map?.mappings ?? "",
    prefix: prefix.length,
    imports,
    callsResult: single !== undefined,
  };
}
