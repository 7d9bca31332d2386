import { posix } from "node:path";
import { SluiceError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { OutlineCall, ProgramOutline } from "../base/program-outline.ts";
import { toCleanLine } from "../codegen/text.ts";
import { checkSkillName, toFunctionName } from "./skill-name.ts";

/** What somebody wants to save. */
export interface SkillInput {
  name: string;
  description: string;
  /** A module that exports one function, named after the skill in camelCase. */
  code: string;
  /** A program, or one call of the function. */
  example?: string;
  /** A program that throws where the skill is wrong. */
  tests?: string;
  license?: string;
  compatibility?: string;
}

/** What looks at the parts of a skill. */
export interface SkillChecks {
  outline: (name: string, text: string) => Promise<ProgramOutline>;
  /** What of a text must not be kept: classes of personal data, tokens, secrets, or these alone; a word or two each. */
  findPrivate: (text: string, what?: "secrets") => Promise<string[]>;
}

const textParts = ["description", "code", "example", "tests", "license", "compatibility"] as const;
const known = new Set<string>(["name", ...textParts]);

/** A path of a machine: below one of these folders at its root, in a home, on a drive. `/workspace`, `/servers` and `/skills` are ours. */
const absolutePath =
  /(?<![\w.:/~*-])(?:\/(?:home|Users|root|mnt|srv|Volumes|etc|var|usr|tmp|opt|proc|sys|dev|run|boot|private|Library|Applications)(?:\/|(?=["'`\s]))|~\/(?=\w|\.)|[A-Za-z]:[\\/]{1,2}(?=\w)|\\\\\w+\\|file:\/\/)/;
/** A quoted path that goes up. */
const upward = /(["'`])([^"'`\n]*\.\.\/[^"'`\n]*)\1/g;
const ourFolders = /^(?:servers|skills|workspace|client)(?:[/.]|$)/;

/** A path that leads out of the three folders, or beside them; those of its own imports to the skills beside it do not. */
function findEscape(text: string, siblings: ReadonlySet<string>, folder = "."): string | undefined {
  for (const [, , path = ""] of text.matchAll(upward)) {
    const normal = posix.normalize(posix.join(folder, path));
    if (!normal.startsWith("../") || siblings.has(path)) continue;
    if (!ourFolders.test(normal.replace(/^(?:\.\.\/)+/, ""))) return path;
  }
  return undefined;
}

/** Takes what a program or a file gave; throws `skill_invalid` that says what is missing or too much. */
export function parseSkillInput(given: Readonly<Record<string, unknown>>): SkillInput {
  const unknown = Object.keys(given).find((key) => !known.has(key));
  if (unknown !== undefined)
    throw invalid(
      `Unknown: ${unknown.slice(0, 60)}; a skill has name, description, code, example, tests, license and compatibility`,
    );
  const name = checkSkillName(given["name"]);
  const read = (key: (typeof textParts)[number]): string | undefined => {
    const value = given[key] ?? undefined;
    if (value === undefined || value === "") return undefined;
    if (typeof value !== "string") throw invalid(`The ${key} of the skill "${name}" must be a text`);
    return value;
  };
  const need = (key: "description" | "code"): string => {
    const value = read(key);
    if (value === undefined || value.trim() === "") throw invalid(`The skill "${name}" has no ${key}`);
    return value;
  };
  const description = toCleanLine(need("description"), limits.skillCodeBytesMax);
  if (description === "") throw invalid(`The skill "${name}" has no description that can be seen`);
  if (description.length > limits.skillDescriptionCharsMax)
    throw invalid(
      `The description of the skill "${name}" has ${description.length} characters; skillDescriptionCharsMax is ${limits.skillDescriptionCharsMax}`,
    );
  const input: SkillInput = { name, description, code: need("code") };
  for (const key of ["example", "tests", "license", "compatibility"] as const) {
    const value = read(key);
    if (value !== undefined) input[key] = value;
  }
  for (const key of textParts) {
    const bytes = Buffer.byteLength(input[key] ?? "");
    if (bytes > limits.skillCodeBytesMax)
      throw invalid(
        `The ${key} of the skill "${name}" has ${bytes} bytes; skillCodeBytesMax is ${limits.skillCodeBytesMax}`,
      );
  }
  return input;
}

/** Checks a skill apart from what it calls; gives how its function is called. Throws `skill_invalid`. */
export async function checkSkill(
  input: SkillInput,
  checks: SkillChecks,
): Promise<{ functionName: string; call: OutlineCall }> {
  const { name } = input;
  const functionName = toFunctionName(name);
  const outline = await checks.outline(`skills/${name}/index.ts`, input.code);
  const call = findCall(outline, name, functionName);
  const siblings = new Set(
    outline.imports
      .map(({ specifier }) => specifier)
      .filter((specifier) => /^\.\.\/[a-z0-9-]+(?:\/|\.[jt]s$|$)/.test(specifier)),
  );
  for (const key of textParts) {
    const text = input[key];
    if (text === undefined) continue;
    refuseFound(name, key, await checks.findPrivate(text));
    refusePath(name, key, text);
    refuseEscape(name, key, findEscape(text, key === "code" ? siblings : new Set()));
  }
  return { functionName, call };
}

/** Refuses a name that elsewhere is a path which leads out, or that a terminal obeys; throws `skill_invalid`. */
export function refuseFileName(name: string, path: string): void {
  if (/[\\\p{Cc}]/u.test(path))
    throw invalid(
      `The skill "${name}" holds ${JSON.stringify(path.slice(0, 200))}, a name that a file of a skill cannot have`,
    );
}

/** Checks a module beside `index.ts` for what code may not hold; throws `skill_invalid`. What it imports was found. */
export async function checkModule(name: string, path: string, text: string, checks: SkillChecks): Promise<void> {
  const { imports, reexports } = await checks.outline(`skills/${name}/${path}`, text);
  refuseFound(name, `file ${path}`, await checks.findPrivate(text));
  refusePath(name, `file ${path}`, text);
  const found = new Set([...imports, ...reexports].map(({ specifier }) => specifier));
  refuseEscape(name, `file ${path}`, findEscape(text, found, posix.dirname(path)));
}

/**
 * Refuses a secret in what a person adds beside code: prose, a script for other programs. Whom to write to and where
 * other machines keep things is what such texts are about; what a program prints of them is sealed like all else.
 */
export async function refuseSecrets(
  name: string,
  part: string,
  text: string,
  { findPrivate }: Pick<SkillChecks, "findPrivate">,
): Promise<void> {
  refuseFound(name, part, await findPrivate(text, "secrets"));
}

function refuseEscape(name: string, part: string, path: string | undefined): void {
  if (path !== undefined)
    throw invalid(
      `The ${part} of the skill "${name}" leads out of its folder ("${path.slice(0, 60)}")`,
      "A skill sees ./servers, ./skills and ./workspace",
    );
}

function refusePath(name: string, part: string, text: string): void {
  const path = absolutePath.exec(text)?.[0];
  if (path !== undefined)
    throw invalid(
      `The ${part} of the skill "${name}" names a place of one machine ("${path}…")`,
      "Take the path as a parameter, or use one below ./workspace",
    );
}

/** Names what must not be kept, and where; never the value. */
function refuseFound(name: string, part: string, found: readonly string[]): void {
  if (found.length > 0)
    throw invalid(
      `The ${part} of the skill "${name}" holds ${found.join(", ")}`,
      "Take it as a parameter: a skill is kept, and is read by others",
    );
}

function findCall({ exports, defaultExport }: ProgramOutline, name: string, functionName: string): OutlineCall {
  const names = exports.map((one) => one.name);
  const only = exports[0];
  if (exports.length !== 1 || only?.name !== functionName || defaultExport !== undefined)
    throw invalid(
      `The skill "${name}" must export exactly one function, ${functionName}; it exports ${names.length === 0 ? "nothing" : names.slice(0, 10).join(", ")}`,
      `Write: export async function ${functionName}(…) { … }`,
    );
  if (only.call === undefined)
    throw invalid(
      `The skill "${name}" exports ${functionName}, which is not a function declared in its index.ts`,
      `Write: export async function ${functionName}(…) { … }`,
    );
  return only.call;
}

function invalid(message: string, hint?: string): SluiceError {
  return new SluiceError("skill_invalid", message, hint === undefined ? {} : { hint });
}
