import { hash } from "node:crypto";
import { limits } from "../base/limits.ts";
import { nextTurn } from "../base/next-turn.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Tool } from "../catalogue/tool.ts";
import { toExportedTypes } from "../codegen/module.ts";
import type { ModuleTree } from "../codegen/module-tree.ts";
import { clientModule } from "../codegen/pages.ts";
import { toLiteral, toPropertyKey } from "../codegen/text.ts";
import type { GuestServer, LinkedProgram } from "../sandbox/link.ts";
import type { CheckInput, TypeCheck, TypeProblem } from "./type-check.ts";

/** What the modules are made of. */
export interface CheckSource {
  catalogue: Catalogue;
  tree: ModuleTree;
}

/** The modules of the skill that is checked, by path: what they import from each other has its types. */
export type OwnModules = ReadonlyMap<string, string>;

/**
 * What the type check needs of one program: the modules of the tools that it mentions, and of all others of their servers
 * the name, so that a misspelt one is told apart.
 */
export function toCheckInput(
  { text, specifiers, servers, modules }: LinkedProgram,
  source: CheckSource,
  own: OwnModules = new Map(),
): CheckInput {
  const words = new Set(text.match(/[\w$]+/g));
  const called = toCalled(text, source.catalogue);
  const calledTools = new Set(called.values());
  const files: CheckInput["files"] = [["/servers/client.ts", clientModule]];
  const signatures: CheckInput["signatures"] = [];
  const paths = new Map<string, string>();
  const globals: string[] = [];
  const members: string[] = [];

  for (const [index, server] of servers.entries()) {
    const known = source.catalogue.server(server.key);
    const type =
      known === undefined || server.unavailable !== undefined ? "any" : addServer(index, server, known.tools);
    if (server.global) globals.push(`var ${server.identifier}: ${type};`);
    for (const name of new Set([server.identifier, server.key])) members.push(`${toPropertyKey(name)}: ${type};`);
  }

  for (const [path, module] of own) files.push([`/${path}`, module]);

  // What `import()` names is told to the guest only when it gets there.
  const told = new Set(servers.map(({ key }) => key));
  const imported = specifiers.flatMap(([, target]) =>
    target.kind === "server" || target.kind === "tool" ? [target.key] : [],
  );
  for (const key of [...imported, ...[...calledTools].map(({ server }) => server)]) {
    if (told.has(key)) continue;
    told.add(key);
    const known = source.catalogue.server(key);
    if (known !== undefined) addServer(-1, known, known.tools);
  }

  function addServer(index: number, server: Pick<GuestServer, "key" | "identifier">, tools: readonly Tool[]): string {
    // The same for every program: what was parsed for an earlier one is not parsed again.
    const folder = toFolder(server.key);
    const lines: string[] = [];
    const originals: string[] = [];
    for (const [at, tool] of tools.entries()) {
      const isMentioned =
        words.has(tool.callName) ||
        calledTools.has(tool) ||
        toExportedTypes(tool).some((name) => words.has(name)) ||
        (!/^[\w$]+$/.test(tool.name) && text.includes(tool.name)) ||
        words.has(tool.name);
      if (!isMentioned) {
        lines.push(`declare function _${at}(input?: any): Promise<any>;\nexport { _${at} as ${tool.callName} };`);
        continue;
      }
      const path = `${folder}/${at}.ts`;
      files.push([path, source.tree.module(tool, "running")]);
      signatures.push([path, `${server.identifier}.${source.tree.signature(tool)}`]);
      lines.push(`export * from "./${at}";`);
      paths.set(toToolKey(server.key, tool.callName), `${folder}/${at}-alone.ts`);
      files.push([
        `${folder}/${at}-alone.ts`,
        `export * from "./${at}";\nexport { ${tool.callName} as default } from "./${at}";\n`,
      ]);
      if (tool.name !== tool.callName)
        originals.push(`${toLiteral(tool.name)}: typeof s${index}[${toLiteral(tool.callName)}];`);
    }
    files.push([`${folder}/index.ts`, `${lines.join("\n")}\n`]);
    files.push([
      `${folder}/alone.ts`,
      `import * as all from "./index";\nexport * from "./index";\nexport default all;\n`,
    ]);
    paths.set(server.key, `${folder}/alone.ts`);
    return originals.length === 0 ? `typeof s${index}` : `typeof s${index} & { ${originals.join(" ")} }`;
  }

  const imports = servers.map((server, index) => `import type * as s${index} from "${toFolder(server.key)}/index";`);
  const addresses: CheckInput["addresses"] = [];
  const byText: string[] = [];
  for (const [address, { server, callName }] of called) {
    const path = paths.get(toToolKey(server, callName));
    if (path === undefined) continue;
    const name = `c${byText.length}`;
    imports.push(`import type ${name} from "${path.replace(/\.ts$/, "")}";`);
    byText.push(
      `${toLiteral(address)}: { input: Parameters<typeof ${name}>[0]; output: Awaited<ReturnType<typeof ${name}>> };`,
    );
    addresses.push([address, path.replace("-alone", "")]);
  }
  const all = `{ ${members.join(" ")} }`;
  const declared = [...globals, `var servers: ${all};`, `interface CalledTools { ${byText.join(" ")} }`];
  files.push(["/servers.d.ts", `${imports.join("\n")}\ndeclare global {\n${declared.join("\n")}\n}\n`]);
  const toOwnPath = (index: number): string | undefined => {
    const name = modules[index]?.name;
    return name !== undefined && own.has(name) ? `/${name}` : undefined;
  };
  return { code: text, files, specifiers: toPaths(specifiers, paths, toOwnPath), signatures, addresses };
}

const CALLED_MAX = 100;

/** The tools that a program calls by a text: `callTool("crm.getLead", …)`. */
function toCalled(text: string, catalogue: Catalogue): Map<string, Tool> {
  const called = new Map<string, Tool>();
  for (const [, , name = ""] of text.matchAll(/\bcall(?:MCP)?Tool\s*\(\s*(["'`])([^"'`\\\n$]{1,300})\1/g)) {
    if (called.size >= CALLED_MAX) break;
    const found = called.has(name) ? undefined : catalogue.resolve(name);
    if (found?.kind === "found") called.set(name, found.tool);
  }
  return called;
}

/** A problem in words of the program: no path of the check, and the signature of a tool whose name is meant. */
function toShown({ line, message }: TypeProblem, { catalogue, tree }: CheckSource): TypeProblem {
  const [, near] = /Did you mean '([^']+)'\?$/.exec(message) ?? [];
  let meant: string | undefined;
  const shown = message.replace(/(\/servers\/[\da-f]{16})\/[\w-]+/g, (path, folder: string) => {
    const server = catalogue.servers().find(({ key }) => toFolder(key) === folder);
    if (server === undefined) return path;
    const tool = server.tools.find(({ callName }) => callName === near);
    if (tool !== undefined) meant = `${server.identifier}.${tree.signature(tool)}`;
    return `./servers/${server.key}`;
  });
  return { line, message: meant === undefined ? shown : `${shown}; the tool is ${meant}` };
}

/** What the program's imports stand for, as paths of the check; what is not known (another skill) has none. */
function toPaths(
  specifiers: LinkedProgram["specifiers"],
  paths: ReadonlyMap<string, string>,
  toOwnPath: (index: number) => string | undefined,
): CheckInput["specifiers"] {
  return specifiers.flatMap(([specifier, target]): CheckInput["specifiers"] => {
    switch (target.kind) {
      case "builtin":
        return [[specifier, `/guest/${target.name.replace("/", "-")}.d.ts`]];
      case "server":
      case "tool": {
        const path = paths.get(target.kind === "tool" ? toToolKey(target.key, target.name) : target.key);
        return path === undefined ? [] : [[specifier, path]];
      }
      case "module": {
        const path = toOwnPath(target.index);
        return path === undefined ? [] : [[specifier, path]];
      }
      case "servers":
      case "skill":
        return [];
    }
  });
}

function toFolder(key: string): string {
  return `/servers/${hash("sha256", key).slice(0, 16)}`;
}

function toToolKey(server: string, callName: string): string {
  return `${server}\n${callName}`;
}

/** The type check of one running Sluice; a program like one that had no problem is not checked again. */
export interface ProgramCheck {
  /** Starts what the check needs, ahead of it. */
  warm(): void;
  /** What is wrong with a program, or with one module of a skill. Never rejects. */
  check(program: LinkedProgram, own?: OwnModules): Promise<TypeProblem[]>;
}

export function createProgramCheck(
  source: CheckSource & { version: () => string },
  typeCheck: TypeCheck,
): ProgramCheck {
  const clean = new Set<string>();
  return {
    warm: () => typeCheck.warm(),
    async check(program, own = new Map()) {
      // Numbers have one type: of programs that differ in them alone, one is checked.
      const text = [program.text, ...[...own].flat()].join("\n").replace(/\d+/g, "0");
      const like = hash("sha256", `${source.version()}\n${text}`);
      if (clean.has(like)) return [];
      // The program starts first, and others have a turn: the text may be long.
      await nextTurn();
      const problems = await typeCheck.check(toCheckInput(program, source, own));
      if (problems === undefined) return [];
      if (problems.length === 0) {
        const [oldest] = clean;
        if (clean.size >= limits.typesCleanMax && oldest !== undefined) clean.delete(oldest);
        clean.add(like);
      }
      return problems.map((problem) => toShown(problem, source));
    },
  };
}
