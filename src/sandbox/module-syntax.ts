import { parseSync } from "oxc-parser";
import type { EcmaScriptModule, ParseResult, StaticImport } from "oxc-parser";
import { SluiceError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

/** A place in the agent's own code, from 1. */
export interface SourcePlace {
  line: number;
  column: number;
  source: string;
}

export type LinkCode = "syntax_error" | "import_not_found" | "codeBytesMax";

/** A program that cannot run, with the place in the agent's own code. */
export class LinkError extends SluiceError {
  readonly place: SourcePlace | undefined;
  constructor(code: LinkCode, message: string, place: SourcePlace | undefined, hint?: string) {
    super(code, message, hint === undefined ? {} : { hint });
    this.place = place;
  }
}

/** The error for a text that ended the parser, or would have. */
export function toUnreadable(name: string): LinkError {
  return new LinkError(
    "syntax_error",
    `Cannot parse ${name}: it is nested too deep, or takes longer than ${limits.linkMs} ms (linkMs)`,
    undefined,
    "Put large data into a file in ./workspace and read it",
  );
}

export const PROGRAM_NAME = "program.ts";
const RETURN_OUTSIDE_FUNCTION = "A 'return' statement can only be used within a function body";

/** A module of the agent, parsed. */
export interface ParsedModule {
  /** The text with fences and a hashbang blanked: every position is that of the agent's text. */
  text: string;
  program: ParseResult["program"];
  module: EcmaScriptModule;
  comments: ParseResult["comments"];
}

/** Parses a module (fences and a hashbang aside), or throws a LinkError with the place. */
export function parseModule(name: string, source: string): ParsedModule {
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
  return { text, program: result.program, module: result.module, comments: result.comments };
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

/** The same length without its characters; line ends stay. */
export function blank(text: string): string {
  return text.replace(/[^\n\r\u2028\u2029]/g, " ");
}

/** Line, column and text of an offset. */
export function toPlace(text: string, offset: number): SourcePlace {
  const before = text.slice(0, offset).split("\n");
  return {
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
    source: text.split("\n")[before.length - 1]?.trimEnd() ?? "",
  };
}

/** What it imports and re-exports, types aside. */
export function specifiersOf({ module }: ParsedModule): { specifier: string; start: number }[] {
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

/** What `import()` names in it, as far as that is a plain text; what there is of it is found only when it runs. */
export function dynamicSpecifiersOf({ module, text }: ParsedModule): string[] {
  const specifiers = module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => {
    const plain = /^(["'`])([^"'`\\$]*)\1$/.exec(text.slice(start, end));
    return plain?.[2] ?? [];
  });
  return [...new Set(specifiers)];
}

/** Whether an import names types only. */
export function isTypeOnly(statement: StaticImport): boolean {
  return statement.entries.length > 0 && statement.entries.every((entry) => entry.isType);
}

/** A range of the text and what is put there. */
export interface Edit {
  start: number;
  end: number;
  text: string;
}

/** Declared modules are types only and go; a namespace of values would have to stand outside the function around the program. */
export function toNamespaceEdits(program: ParseResult["program"], text: string): Edit[] {
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

/**
 * A program that ends by calling an asynchronous function of its own, `main()` or `(async () => { … })()`: where that
 * call stands, and where the statement before it ends. Its author means to wait for it, so the program does.
 */
export function tailCall(program: ParseResult["program"]): { start: number; end: number; after: number } | undefined {
  const statements = program.body.filter(({ type }) => type !== "EmptyStatement");
  const last = statements.at(-1);
  if (last?.type !== "ExpressionStatement") return undefined;
  let callee: { type: string } = last.expression;
  // Down the chain `main().catch(…)` to the first call.
  for (;;) {
    const node = callee as unknown as {
      type: string;
      expression?: typeof callee;
      callee?: typeof callee;
      object?: typeof callee;
    };
    if (node.type === "ParenthesizedExpression" && node.expression !== undefined) callee = node.expression;
    else if (node.type === "CallExpression" && node.callee !== undefined) callee = node.callee;
    else if (node.type === "MemberExpression" && node.object?.type === "CallExpression") callee = node.object;
    else break;
  }
  if (callee === last.expression) return undefined;
  const isOwn =
    callee.type === "Identifier"
      ? statements.some((statement) => isAsyncFunction(statement, (callee as unknown as { name: string }).name))
      : (callee.type === "ArrowFunctionExpression" || callee.type === "FunctionExpression") &&
        (callee as unknown as { async: boolean }).async;
  if (!isOwn) return undefined;
  const { start, end } = last.expression;
  return { start, end, after: statements.at(-2)?.end ?? 0 };
}

/** Whether the statement declares an asynchronous function of this name. */
function isAsyncFunction(statement: ParseResult["program"]["body"][number], name: string): boolean {
  if (statement.type === "FunctionDeclaration") return statement.async && statement.id?.name === name;
  if (statement.type !== "VariableDeclaration") return false;
  return statement.declarations.some(
    ({ id, init }) =>
      id.type === "Identifier" &&
      id.name === name &&
      (init?.type === "ArrowFunctionExpression" || init?.type === "FunctionExpression") &&
      init.async,
  );
}

/** A program that is one function (an expression, or a lone declaration) is called: where it stands. */
export function singleFunction(program: ParseResult["program"]): { start: number; end: number } | undefined {
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
