import { isJsonObject } from "../base/json.ts";
import type { JsonSchema } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { LearnedOutput } from "../catalogue/learned.ts";
import type { Tool } from "../catalogue/tool.ts";
import { toFirstSentence } from "./jsdoc.ts";
import { toMergedDoc } from "./part.ts";
import type { Doc } from "./part.ts";
import { isInputOptional } from "./schema.ts";
import { toSchemaType, toTypeText } from "./schema-type.ts";
import { isReserved, toCleanLine, toCleanText, toComment, toLiteral, toTypeName } from "./text.ts";

/** What results have taught about a tool's output: its type where the server declares none, and what contradicted it. */
export type LearnedType = Pick<LearnedOutput, "schema" | "isDeclared" | "calls" | "lastAt" | "changes">;

/** How many of the latest contradictions a module tells. */
const contradictionsMax = 3;

/**
 * What a module is for. `"reading"`: the function is declared, as a program's own is made by the sandbox, and nobody
 * pays for a body that always says the same. `"running"`: it has a body, so that the file works where it is written,
 * and names for its input and output, for people to import.
 */
export type ModulePurpose = "reading" | "running";

/** The TypeScript module of one tool: the function that calls it, and the types that are named in it. */
export function toToolModule(
  tool: Tool,
  options: { learned?: LearnedType | undefined; purpose?: ModulePurpose } = {},
): string {
  const { learned, purpose = "reading" } = options;
  const typeNames = toExportedTypes(tool);
  const taken = new Set(["Promise", "Record", "NonNullable", "Parameters", "Awaited", "ReturnType", ...typeNames]);
  const input = toSchemaType(toUntitled(tool.inputSchema), { name: "Input", open: "unknown", taken });
  const output = toSchemaType(toUntitled(toOutputSchema(tool, learned)), { name: "Output", open: "any", taken });
  // a reserved word is no function's name, but a name that a module exports may be one
  const isHidden = isReserved(tool.callName) || tool.callName === "callTool";
  const local = isHidden ? `${tool.callName}_` : tool.callName;
  const parameter = `input${isInputOptional(tool.inputSchema) ? "?" : ""}: ${input.text}`;
  const head = `function ${local}(${parameter}): Promise<${output.text}>`;
  const comment = toComment(toFunctionDoc(tool, input.doc, toOutputDoc(tool, output.doc, learned)));
  const isRunning = purpose === "running";
  return [
    ...(isRunning ? [`import { callTool } from "../client.js";\n\n`] : []),
    ...(comment === "" ? [] : [`${comment}\n`]),
    `${isHidden ? "" : "export "}${isRunning ? `${head} {\n  return callTool(${toLiteral(tool.address)}, input);\n}` : `declare ${head};`}\n`,
    ...(isHidden ? [`export { ${local} as ${tool.callName} };\n`] : []),
    ...(isRunning
      ? [
          `\nexport type ${typeNames[0]} = NonNullable<Parameters<typeof ${local}>[0]>;\n`,
          `export type ${typeNames[1]} = Awaited<ReturnType<typeof ${local}>>;\n`,
        ]
      : []),
    ...[...input.declarations, ...output.declarations].map((text) => `\n${text}`),
  ].join("");
}

/** The names of the types that a running module exports beside its function. */
export function toExportedTypes(tool: Tool): [input: string, output: string] {
  // Unique among a server's, as call names are: what is no plain name stays as it is.
  const prefix = /^[a-z][A-Za-z\d]*$/.test(tool.callName) ? toTypeName(tool.callName) : tool.callName;
  return [`${prefix}Input`, `${prefix}Output`];
}

/** One line: how the tool is called and what it gives, at most `limits.signatureCharsMax` long. */
export function toSignature(tool: Tool, learned?: LearnedType): string {
  const optional = isInputOptional(tool.inputSchema);
  const type = toTypeText(tool.inputSchema);
  const input = type === "{}" ? "" : optional ? `input?: ${type}` : `input: ${type}`;
  const output = toTypeText(toOutputSchema(tool, learned), "any");
  const budget = limits.signatureCharsMax - tool.callName.length - "(): Promise<>".length;
  // the input matters more: the output gets what it leaves, and at least a quarter
  const shownInput = toShortened(input, Math.max(budget - output.length, Math.floor((budget * 3) / 4)));
  return `${tool.callName}(${shownInput}): Promise<${toShortened(output, budget - shownInput.length)}>`;
}

/** One sentence about the tool, at most `limits.summaryCharsMax` long; empty if its server says nothing about it. */
export function toSummary(tool: Tool): string {
  const annotated = tool.annotations?.["title"];
  return (
    toFirstSentence(tool.description ?? "") ||
    toFirstSentence(tool.title ?? (typeof annotated === "string" ? annotated : ""))
  );
}

/** What a tool gives: what its server declares goes before what was learned, but for the numbers that were seen sealed. */
function toOutputSchema(tool: Tool, learned: LearnedType | undefined): JsonSchema {
  const isOf = learned !== undefined && learned.isDeclared === (tool.outputSchema !== undefined);
  return (isOf ? learned.schema : tool.outputSchema) ?? true;
}

function toOutputDoc(tool: Tool, said: Doc, learned: LearnedType | undefined): Doc {
  if (learned === undefined) return said;
  if (tool.outputSchema !== undefined) {
    const found = learned.changes.slice(-contradictionsMax).map(({ what }) => what);
    if (found.length === 0) return said;
    const more = learned.changes.length - found.length;
    if (more > 0) found.push(`and ${more} more, see \`sluice tools --learned\``);
    return toMergedDoc(
      { text: `real results differ: ${toCleanLine(found.join("; "), limits.tagCharsMax)}`, tags: [] },
      said,
    );
  }
  const calls = `${learned.calls} ${learned.calls === 1 ? "call" : "calls"}`;
  const day = new Date(learned.lastAt).toISOString().slice(0, 10);
  return toMergedDoc({ text: `learned from ${calls}, last ${day}; not declared by the server`, tags: [] }, said);
}

/** The tool's description; what is said of its whole input and output are tags. */
function toFunctionDoc(tool: Tool, input: Doc, output: Doc): Doc {
  const tags = [
    { name: "@param input", doc: input },
    { name: "@returns", doc: output },
  ].flatMap(({ name, doc }) => {
    const words = [doc.text.replaceAll("\n", " "), ...doc.tags].filter((part) => part !== "").join(" ");
    return words === "" ? [] : [`${name} ${words}`];
  });
  return { text: toCleanText(tool.description ?? tool.title ?? "", limits.toolDocCharsMax), tags };
}

/** Without the title of the whole, which only says the tool's name again. */
function toUntitled(schema: JsonSchema): JsonSchema {
  if (!isJsonObject(schema)) return schema;
  const { title: _, ...rest } = schema;
  return rest;
}

function toShortened(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, Math.max(0, charsMax - 1)).replace(/\p{Surrogate}$/u, "")}…`;
}
