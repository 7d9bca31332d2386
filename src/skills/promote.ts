import { SluiceError } from "../base/errors.ts";
import type { OutlineLiteral, OutlineValue, ProgramOutline } from "../base/program-outline.ts";
import { isReserved, toPropertyKey } from "../codegen/text.ts";
import { toFunctionName } from "./skill-name.ts";

/** A program as a skill: what it was written with has become what it is called with. */
export interface PromotedProgram {
  code: string;
  /** Each with its TypeScript. */
  parameters: { name: string; type: string }[];
  /** A call that does what the program did; a placeholder stands for what must not be kept. */
  example: string;
}

/** A change to the text. */
interface Edit {
  start: number;
  end: number;
  text: string;
}

interface Parameter {
  name: string;
  value: OutlineValue;
}

/**
 * Turns a program into a module of one function. Texts and numbers that its calls were given, and constants of its top, are
 * inputs and become parameters; what `isPrivate` says of a text (tokens, personal data) never stays, wherever it is.
 * Throws `skill_invalid` where the program cannot be one function.
 */
export function promoteProgram(
  name: string,
  outline: ProgramOutline,
  isPrivate: (text: string) => boolean,
): PromotedProgram {
  const { text, exports, defaultExport, singleFunction, importRanges, comments, literals } = outline;
  const named = exports.filter((one) => one.name !== "default");
  if (named.length > 0)
    throw new SluiceError(
      "skill_invalid",
      `The program exports ${named.map((one) => one.name).join(", ")}: only a program that runs by itself can become a skill`,
    );
  const parameters = new Map<string, Parameter>();
  const taken = new Set([...outline.bare, ...outline.imports.map(({ local }) => local), toFunctionName(name), "input"]);
  const edits: Edit[] = [];
  for (const literal of literals) {
    const isSecret = textsOf(literal.value).some(isPrivate);
    if (literal.role === "specifier" || literal.role === "type" || literal.role === "key") {
      if (isSecret)
        throw new SluiceError(
          "skill_invalid",
          "The program has a token or personal data as the name of something: write it as a value first",
        );
      continue;
    }
    if (literal.value === "" || !(isSecret || literal.role === "argument" || literal.role === "constant")) continue;
    if (literal.statement !== undefined && literal.name !== undefined) {
      // The parameter takes the place of the constant.
      parameters.set(`const ${literal.name}`, { name: literal.name, value: literal.value });
      edits.push({ ...literal.statement, text: "" });
      continue;
    }
    const { name: parameter } = toParameter(literal, parameters, taken);
    edits.push({ start: literal.start, end: literal.end, text: toReference(literal, parameter, text) });
  }
  for (const { start, end } of comments) if (isPrivate(text.slice(start, end))) edits.push({ start, end, text: "" });

  const imports = importRanges.map(({ start, end }) => text.slice(start, end));
  const body = toBody(text, [...edits, ...importRanges.map(({ start, end }) => ({ start, end, text: "" }))], {
    defaultExport,
    singleFunction,
  });
  const list = [...parameters.values()];
  const typed = list.map((one) => ({ name: one.name, type: toType(one.value) }));
  const head =
    list.length === 0
      ? "()"
      : `({ ${typed.map((one) => one.name).join(", ")} }: { ${typed.map((one) => `${one.name}: ${one.type}`).join("; ")} })`;
  const code = `${imports.length === 0 ? "" : `${imports.join("\n")}\n\n`}export async function ${toFunctionName(name)}${head} {\n${body}\n}\n`;
  const values = list.map((one) => {
    const shown = (_: string, value: unknown): unknown =>
      typeof value === "string" && isPrivate(value) ? `<${one.name}>` : value;
    return `${one.name}: ${JSON.stringify(one.value, shown)}`;
  });
  const example = `await ${toFunctionName(name)}(${list.length === 0 ? "" : `{ ${values.join(", ")} }`})`;
  return { code, parameters: typed, example };
}

/** The parameter of a literal: one for each value under one name. */
function toParameter(
  { value, name: wanted = "" }: OutlineLiteral,
  parameters: Map<string, Parameter>,
  taken: Set<string>,
): Parameter {
  const key = JSON.stringify(value);
  const known = parameters.get(key);
  if (known !== undefined) return known;
  const plain = /^[A-Za-z_$][\w$]*$/.test(wanted) && !isReserved(wanted) ? wanted : toWords(wanted);
  let name = plain;
  for (let number = 2; taken.has(name); number += 1) name = `${plain}${number}`;
  taken.add(name);
  const parameter = { name, value };
  parameters.set(key, parameter);
  return parameter;
}

/** The texts of a value. */
export function textsOf(value: OutlineValue): string[] {
  const values: unknown[] = typeof value === "object" ? Object.values(value) : [value];
  return values.filter((one) => typeof one === "string");
}

function toType(value: OutlineValue): string {
  if (Array.isArray(value)) return `${typeof value[0]}[]`;
  if (typeof value !== "object") return typeof value;
  const members = Object.entries(value).map(([key, member]) => `${toPropertyKey(key)}: ${typeof member}`);
  return `{ ${members.join("; ")} }`;
}

/** A name out of a key that is none: `Full name` → `fullName`. */
function toWords(key: string): string {
  const words = key.match(/[A-Za-z0-9]+/g) ?? [];
  const joined = words
    .map((word, at) => (at === 0 ? word.toLowerCase() : word[0]?.toUpperCase() + word.slice(1)))
    .join("");
  return /^[A-Za-z]/.test(joined) && !isReserved(joined) ? joined : "value";
}

/** Where the literal is a shorthand's or stands at the end of a word, it must not run into what is beside it. */
function toReference({ start, end }: OutlineLiteral, name: string, text: string): string {
  const before = /[\w$]/.test(text[start - 1] ?? "") ? " " : "";
  const after = /[\w$]/.test(text[end] ?? "") ? " " : "";
  return `${before}${name}${after}`;
}

function toBody(
  text: string,
  edits: readonly Edit[],
  { defaultExport, singleFunction }: Pick<ProgramOutline, "defaultExport" | "singleFunction">,
): string {
  const all = [...edits];
  let after = "";
  if (defaultExport !== undefined) {
    const { start, valueStart } = defaultExport;
    all.push({ start, end: valueStart, text: "return " });
  } else if (singleFunction !== undefined) {
    all.push({ start: singleFunction.start, end: singleFunction.start, text: "return await (" });
    after = ")()";
  }
  let result = "";
  let at = 0;
  const end = singleFunction !== undefined && defaultExport === undefined ? singleFunction.end : text.length;
  for (const edit of all.sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (edit.start < at || edit.end > end) continue;
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  result += text.slice(at, end) + after;
  return result
    .trim()
    .split("\n")
    .map((line) => (line.trim() === "" ? "" : `  ${line}`))
    .join("\n");
}
