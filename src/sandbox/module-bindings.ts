import type { ParseResult, StaticExport, StaticImport } from "oxc-parser";
import type { GuestServer, ImportTarget, ModuleTarget } from "./link.ts";
import { blank, type Edit, LinkError, toPlace } from "./module-syntax.ts";

type Program = ParseResult["program"];

/** What is declared by `export default`, and keeps its name. */
const DECLARATIONS = new Set(["FunctionDeclaration", "ClassDeclaration", "TSInterfaceDeclaration"]);

/**
 * Replaces ranges by text of the same length (padded with blanks, newlines kept): no position moves. A range inside
 * another is gone with it; going back for it would bring what follows it back as code.
 */
export function applyEdits(text: string, edits: Edit[]): string {
  let result = "";
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    if (edit.start < at) continue;
    const old = text.slice(edit.start, edit.end);
    result += text.slice(at, edit.start) + edit.text + blank(old.slice(Math.min(edit.text.length, old.length)));
    at = edit.end;
  }
  return result + text.slice(at);
}

/** Declarations for one import statement's names. */
export function bindImport(
  statement: StaticImport,
  from: string,
  target: ImportTarget | ModuleTarget,
  servers: ReadonlyMap<string, GuestServer>,
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
  target: ImportTarget | ModuleTarget,
  servers: ReadonlyMap<string, GuestServer>,
): string[] | undefined {
  // What a server has that cannot be reached now, nobody knows.
  if (target.kind === "server" && servers.get(target.key)?.unavailable !== undefined) return undefined;
  if (target.kind === "server") return Object.keys(servers.get(target.key)?.tools ?? {});
  if (target.kind === "tool") return [target.name];
  return undefined;
}

/** Edits for one export statement; its names become getters on the module's exports. */
export function bindExport(
  statement: StaticExport,
  program: Program,
  text: string,
  getters: string[],
  indexFor: (specifier: string) => number,
): Edit[] {
  const { start, end, entries } = statement;
  // From the tree and not from the text: whoever finds the keywords by their spelling cuts a comment in two.
  const node = program.body.find((each) => each.start === start);
  const isList =
    node?.type === "ExportAllDeclaration" || (node?.type === "ExportNamedDeclaration" && !node.declaration);
  const [first] = entries;
  if (entries.length > 0 && entries.every((entry) => entry.isType)) {
    return [{ start, end: isList ? end : start + "export".length, text: "" }];
  }
  if (first === undefined || isList) {
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
    if (node?.type !== "ExportDefaultDeclaration")
      throw new LinkError(
        "syntax_error",
        "Cannot read this export",
        toPlace(text, start),
        "Write export default VALUE",
      );
    const value = node.declaration;
    const local = first.localName.kind === "None" ? undefined : first.localName.name;
    if (DECLARATIONS.has(value.type) && local) {
      getters.push(`"default":()=>${local}`);
      return [{ start, end: value.start, text: "" }];
    }
    return [{ start, end: value.start, text: "__s.e.default=" }];
  }
  for (const entry of entries)
    if (!entry.isType && entry.exportName.name !== null)
      getters.push(`${JSON.stringify(entry.exportName.name)}:()=>${entry.localName.name ?? entry.exportName.name}`);
  return [{ start, end: start + "export".length, text: "" }];
}
