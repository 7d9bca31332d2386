import { limits } from "../base/limits.ts";
import type { ProgramOutline } from "../base/program-outline.ts";
import type { CatalogueView } from "../catalogue/catalogue.ts";
import { type ImportTarget, type NameSource, outlineModule } from "../sandbox/link.ts";
import { type SkillFiles, toSkillHash } from "../skills/skill-files.ts";
import { isCode, textOf } from "../skills/skill-text.ts";
import type { Parts } from "./parts.ts";

/** Programs of a skill that are no part of it, unless it imports them. */
const OWN_PROGRAMS = /(?:^|\/)(?:example|index\.test)(?:\.[jt]s)?$/;

/** Finds the addresses of the tools that the code of a skill names, in all its modules; each content is read once. */
export function createSkillTools(
  parts: Pick<Parts, "openView" | "catalogue">,
): (name: string, files: SkillFiles) => Promise<string[]> {
  const known = new Map<string, Promise<string[]>>();

  async function find(name: string, files: SkillFiles): Promise<string[]> {
    const view = parts.openView();
    const code = [...files.keys()].filter(isCode);
    const modules = code.filter((path) => !OWN_PROGRAMS.test(path));
    const addresses = new Set<string>();
    for (const path of modules) {
      const from = `skills/${name}/${path}`;
      // What cannot be parsed cannot be imported either.
      const outline = await outlineModule(from, textOf(files, path) ?? "").catch(() => undefined);
      if (outline === undefined) continue;
      if ([...outline.imports, ...outline.reexports].some(({ specifier }) => OWN_PROGRAMS.test(specifier)))
        modules.push(...code.filter((one) => !modules.includes(one)));
      for (const address of await toolsNamedIn(outline, view, from)) addresses.add(address);
    }
    return [...addresses].sort();
  }

  return (name, files) => {
    const key = `${name} ${toSkillHash(files)} ${parts.catalogue.version}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const [oldest] = known.keys();
    if (known.size >= limits.skillsMax && oldest !== undefined) known.delete(oldest);
    const made = find(name, files);
    known.set(key, made);
    return made;
  };
}

/**
 * The addresses of the tools that a module's text names: imported, called on a server, given to `callTool`, or a text of
 * their own. A server that is used in another way may be asked for any of its tools, so that all of them count.
 */
async function toolsNamedIn(
  outline: ProgramOutline,
  { names, catalogue }: { names: NameSource; catalogue: CatalogueView },
  from: string,
): Promise<string[]> {
  const addresses = new Set<string>();
  const addAll = (key: string): void => {
    for (const { address } of catalogue.server(key)?.tools ?? []) addresses.add(address);
  };
  const add = (key: string, name: string): void => {
    const tool = catalogue.server(key)?.tools.find((one) => one.callName === name || one.name === name);
    if (tool !== undefined) addresses.add(tool.address);
  };
  /** What is called on a server by the name that it has in the text. */
  const addMembers = (object: string, key: string): void => {
    if (outline.bare.includes(object)) addAll(key);
    for (const one of outline.members) if (one.object === object) add(key, one.member);
  };

  const resolve = (specifier: string): Promise<ImportTarget | undefined> =>
    names.resolveImport(specifier, from).catch(() => undefined);
  const addEvery = (): void => {
    for (const { key } of names.allServers()) addAll(key);
  };

  for (const { specifier, imported } of outline.reexports) {
    const target = await resolve(specifier);
    if (target?.kind === "tool") add(target.key, target.name);
    if (target?.kind === "server") (imported === "*" || imported === "default" ? addAll : add)(target.key, imported);
    if (target?.kind === "servers") addEvery();
  }
  for (const { specifier, imported, local } of outline.imports) {
    const target = await resolve(specifier);
    if (target === undefined) continue;
    if (target.kind === "tool") add(target.key, target.name);
    if (target.kind === "server") {
      if (imported === "*" || imported === "default") addMembers(local, target.key);
      else add(target.key, imported);
    }
    if (target.kind === "servers") {
      const key = names.serverByIdentifier(imported)?.key;
      if (key !== undefined) addMembers(local, key);
      else addEvery();
    }
  }
  const imported = new Set(outline.imports.map(({ local }) => local));
  for (const { object, member } of outline.members) {
    if (object === "servers" && !imported.has(object)) {
      const key = names.serverByIdentifier(member)?.key ?? names.server(member)?.key;
      if (key !== undefined) addAll(key);
    } else if (object.startsWith("servers.")) {
      const key = names.serverByIdentifier(object.slice("servers.".length))?.key;
      if (key !== undefined) add(key, member);
    } else if (!imported.has(object)) {
      const server = names.serverByIdentifier(object);
      if (server?.global === true) add(server.key, member);
    }
  }
  if (outline.bare.includes("servers") && !imported.has("servers")) addEvery();
  for (const name of outline.bare) {
    const server = imported.has(name) ? undefined : names.serverByIdentifier(name);
    if (server?.global === true) addAll(server.key);
  }
  // However it reaches `callTool`: as a constant, under another name.
  const texts = outline.literals.map(({ value }) => value).filter((value) => typeof value === "string");
  for (const name of [...outline.addresses, ...texts.filter((text) => /^[^\s./]+(?:\.|__)[^\s]+$/.test(text))]) {
    const found = catalogue.resolve(name);
    if (found.kind === "found") addresses.add(found.tool.address);
  }
  // What is taken of all that there is has no name here: whatever server is named somewhere counts.
  if (outline.bare.includes("globalThis") || outline.members.some(({ object }) => /^globalThis\b/.test(object))) {
    const words = new Set(outline.text.match(/[\w$-]+/g));
    for (const { key, identifier } of catalogue.servers()) if (words.has(key) || words.has(identifier)) addAll(key);
  }
  return [...addresses].sort();
}
