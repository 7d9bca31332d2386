import { parseArgs } from "node:util";
import { SluiceError } from "../base/errors.ts";
import { toNearest } from "../base/nearest.ts";
import type { Command, CommandOption } from "./command.ts";
import { commonOptions } from "./command.ts";

/** A command line after its command, read and checked. */
export interface Arguments {
  positionals: string[];
  options: Map<string, string | true>;
}

/** Reads a command's arguments; throws a `usage` error that names what is wrong and the nearest option. */
export function parseArguments(name: string, command: Command, args: readonly string[]): Arguments {
  const known: Record<string, CommandOption> = { ...command.options, ...commonOptions };
  const config = Object.fromEntries(
    Object.entries(known).map(([key, { type, short }]) => [key, { type, ...(short !== undefined && { short }) }]),
  );
  // Not `strict`: its errors name no nearest option. The tokens say all that is needed.
  const { tokens } = parseArgs({
    args: [...args],
    options: config,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const options = new Map<string, string | true>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
    if (option === undefined) throw toUnknownOption(name, token.rawName, Object.keys(known));
    if (option.type === "boolean") {
      if (token.value !== undefined) throw toUsageError(name, `${token.rawName} takes no value`);
      options.set(token.name, true);
      continue;
    }
    const missing = token.value === undefined || (!token.inlineValue && isOptionOf(token.value, known));
    if (missing)
      throw toUsageError(name, `${token.rawName} needs a value: ${token.rawName} ${option.value ?? "VALUE"}`);
    options.set(token.name, token.value);
  }
  if (positionals.length > command.positionalsMax && !options.has("help")) {
    throw toUsageError(
      name,
      `Too many arguments: ${JSON.stringify(positionals[command.positionalsMax])} is not expected`,
    );
  }
  return { positionals, options };
}

/** An error of usage that points at the command's help. */
export function toUsageError(name: string, message: string): SluiceError {
  return new SluiceError("usage", message, { hint: `Run "sluice ${name} --help" for its arguments and examples` });
}

/** The one value that an act is about; `needs` says what it takes instead of none, or of more. */
export function takeOne(name: string, values: readonly string[], needs: string): string {
  const [value] = values;
  if (value === undefined || values.length > 1) throw toUsageError(name, needs);
  return value;
}

/** The values that an act is about: at least one. */
export function takeSome(name: string, values: readonly string[], needs: string): readonly string[] {
  if (values.length === 0) throw toUsageError(name, needs);
  return values;
}

/** Reads an option that is a whole number, at least `least`. */
export function parseWholeNumber(
  name: string,
  option: string,
  text: string | undefined,
  least: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least) return value;
  throw toUsageError(name, `--${option} must be a whole number of at least ${least}, got ${JSON.stringify(text)}`);
}

function toUnknownOption(name: string, rawName: string, known: readonly string[]): SluiceError {
  const nearest = toNearest(rawName.replace(/^-+/, ""), known);
  const guess = nearest === undefined ? "" : `. Did you mean --${nearest}?`;
  return toUsageError(name, `Unknown option ${rawName}${guess}`);
}

/** Whether a word is one of the options: then it is no value, and the option before it was left without one. */
function isOptionOf(word: string, known: Readonly<Record<string, CommandOption>>): boolean {
  return word.startsWith("--") && Object.hasOwn(known, word.slice(2).split("=")[0] ?? "");
}
