import { SluiceError, type ErrorCode } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { toNearest } from "../base/nearest.ts";

/** Where something stands in the config: keys and indices from the root. */
export type ConfigPath = readonly (string | number)[];

/** Gives the line (from 1) of a place in the file, where there is a file. */
export type LineOf = (path: ConfigPath) => number | undefined;

/** What is wrong with one config, collected so that all of it is reported at once. */
export class Problems {
  #found: { code: ErrorCode; text: string }[] = [];
  #name: string;
  #lineOf: LineOf;

  constructor(name: string, lineOf: LineOf = () => undefined) {
    this.#name = name;
    this.#lineOf = lineOf;
  }

  /** Notes a problem at a place; `text` says what was found, what is expected and what to do. */
  add(path: ConfigPath, text: string, code: "config_invalid" | "config_not_enforced" = "config_invalid"): void {
    const line = this.#lineOf(path);
    const place = path.length === 0 ? "" : `${toPathText(path)}${line === undefined ? "" : ` (line ${line})`}: `;
    this.#found.push({ code, text: place + text });
  }

  /** Notes a name that is none of the known ones, with the nearest of them. */
  addUnknown(path: ConfigPath, known: readonly string[], what = "unknown key"): void {
    const nearest = toNearest(String(path.at(-1)), known);
    this.add(
      path,
      `${what}; ${nearest === undefined ? `known are ${known.join(", ")}` : `did you mean "${nearest}"?`}`,
    );
  }

  /** Throws one error with every problem, if there is any. */
  throwIfAny(): void {
    const [first] = this.#found;
    if (first === undefined) return;
    // A wrong config is wrong first; only one that would be right later is "not enforced".
    const code = this.#found.every((problem) => problem.code === "config_not_enforced")
      ? "config_not_enforced"
      : "config_invalid";
    const shown = this.#found.slice(0, limits.configProblemsMax).map((problem) => problem.text);
    const rest = this.#found.length - shown.length;
    if (rest > 0) shown.push(`and ${rest} more`);
    const text = this.#found.length === 1 ? first.text : `${this.#found.length} problems\n  ${shown.join("\n  ")}`;
    throw new SluiceError(code, `Cannot use ${this.#name}: ${text}`);
  }
}

/** A place as a program would write it: `mcpServers.gdrive.args[1]`, `policy.tools["crm.*"]`. */
export function toPathText(path: ConfigPath): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[\w$-]+$/.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${JSON.stringify(part.length > 80 ? `${part.slice(0, 80)}…` : part)}]`;
  }
  return text;
}

/** What a value is, for an error: its type, and for short harmless ones the value. Strings may be secrets: never shown. */
export function toGot(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (value === undefined) return "nothing";
  if (typeof value === "number" || typeof value === "boolean") return `${typeof value} ${value}`;
  if (value === "") return "an empty string";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** A pattern that can match no address at all is a rule that silently does nothing: an error. */
export function checkPattern(pattern: string, path: ConfigPath, problems: Problems): boolean {
  if (pattern.length > limits.patternCharsMax)
    problems.add(path, `a pattern has at most ${limits.patternCharsMax} characters`);
  else if (!pattern.includes("*") && !/^(?:.+\.|skill:)./s.test(pattern)) {
    problems.add(
      path,
      `no tool has this address (they are server.tool); write ${JSON.stringify(`${pattern || "server"}.*`)} for a whole server`,
    );
  } else return true;
  return false;
}
