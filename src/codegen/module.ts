import { isJsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { Tool } from "../catalogue/tool.ts";
import { toDocLines, toFirstSentence } from "./jsdoc.ts";
import { isInputOptional } from "./schema.ts";
import { isReserved, toCleanLine, toCleanText, toComment, toLiteral, toPropertyKey, toTypeName } from "./text.ts";
import { toDeclarations, toTypeText } from "./declarations.ts";

/** The TypeScript module of one tool: its input and output types and the function that calls it. */
export function toToolModule(tool: Tool): string {
  const prefix = toTypeName(tool.callName);
  const input = `${prefix}Input`;
  const output = `${prefix}Output`;
  const taken = new Set([input, output, "Promise"]);
  // a reserved word is no function's name, but a name that a module exports may be one
  const isHidden = isReserved(tool.callName) || tool.callName === "callTool";
  const local = isHidden ? `${tool.callName}_` : tool.callName;
  const parameter = isInputOptional(tool.inputSchema) ? `input: ${input} = {}` : `input: ${input}`;
  const outputDoc =
    tool.outputSchema === undefined
      ? ["No output schema declared: look at one result before relying on its shape."]
      : toTypeDoc(tool.outputSchema, `What {@link ${local}} gives back.`);
  return [
    `import { callTool } from "../client.js";\n`,
    toDeclarations(tool.inputSchema, {
      name: input,
      prefix,
      open: "unknown",
      taken,
      doc: toTypeDoc(tool.inputSchema, `Input of {@link ${local}}.`),
    }),
    toDeclarations(tool.outputSchema ?? true, { name: output, prefix, open: "any", taken, doc: outputDoc }),
    `${toComment(toFunctionDoc(tool))}${isHidden ? "" : "export "}async function ${local}(${parameter}): Promise<${output}> {\n` +
      `  return callTool<${output}>(${toLiteral(tool.address)}, input);\n}\n`,
    ...(isHidden ? [`export { ${local} as ${tool.callName} };\n`] : []),
  ].join("\n");
}

/** The names of the types that a tool's module exports beside its function. */
export function toExportedTypes(tool: Tool): string[] {
  const prefix = toTypeName(tool.callName);
  return [`${prefix}Input`, `${prefix}Output`];
}

/** One line: how the tool is called and what it gives, at most `limits.signatureCharsMax` long. */
export function toSignature(tool: Tool): string {
  const optional = isInputOptional(tool.inputSchema);
  const type = toTypeText(tool.inputSchema);
  const input = type === "{}" ? "" : optional ? `input?: ${type}` : `input: ${type}`;
  const output = tool.outputSchema === undefined ? "any" : toTypeText(tool.outputSchema, "any");
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

function toTypeDoc(schema: Tool["inputSchema"], otherwise: string): string[] {
  const lines = toDocLines(schema, limits.propertyDocCharsMax);
  return lines.length > 0 ? lines : [otherwise];
}

function toFunctionDoc(tool: Tool): string[] {
  const lines = [
    toCleanText(tool.description ?? tool.title ?? "", limits.toolDocCharsMax) ||
      `Calls ${toCleanLine(tool.address, limits.tagCharsMax)}.`,
  ];
  const properties = isJsonObject(tool.inputSchema) ? tool.inputSchema["properties"] : undefined;
  const parameters: string[] = [];
  for (const [name, property] of Object.entries(isJsonObject(properties) ? properties : {})) {
    const description = isJsonObject(property) ? property["description"] : undefined;
    const sentence = typeof description === "string" ? toFirstSentence(description) : "";
    const path = /^[A-Za-z_$][\w$]*$/.test(name) ? `input.${name}` : `input[${toPropertyKey(name)}]`;
    if (sentence !== "") parameters.push(`@param ${path} - ${sentence}`);
  }
  return parameters.length === 0 ? lines : [...lines, "", ...parameters];
}

function toShortened(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, Math.max(0, charsMax - 1)).replace(/\p{Surrogate}$/u, "")}…`;
}
