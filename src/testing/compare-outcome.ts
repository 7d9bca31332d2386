import { errorCodes } from "../base/errors.ts";
import type { Outcome } from "../runtime/outcome.ts";
import type { ExpectedOutcome } from "./conformance-case.ts";

/** What in the outcome is not as expected, each in one sentence; empty where all is. */
export function compareOutcome(expected: ExpectedOutcome, outcome: Outcome): string[] {
  const { status, result, logs, error, calls } = outcome;
  // Programs that are wrong on purpose have wrong types, and some are like others: what says so is no part of the sandbox.
  const warnings = (outcome.warnings ?? []).filter(
    ({ code }) => code !== "type_problem" && code !== "promote_suggested",
  );
  const texts = logs.map(({ text }) => text);
  const problems: string[] = [];
  function check(what: string, wanted: unknown, actual: unknown): void {
    if (!isMatch(wanted, actual)) problems.push(`${what} is ${show(actual)}, not ${show(wanted)}`);
  }
  check("status", expected.status ?? (expected.error === undefined ? "completed" : "failed"), status);
  if (expected.error === undefined && error !== undefined)
    problems.push(`error is ${show(error)}, and none is expected`);
  if (error !== undefined && isOurs(error.code))
    problems.push(`error.code is ${error.code}: nothing that a program does is that`);
  for (const [key, wanted] of Object.entries(expected.error ?? {}))
    check(`error.${key}`, wanted, error?.[key as keyof typeof error]);
  check("result", expected.result, result);
  if (expected.logs !== undefined) check("logs", expected.logs, texts);
  if (expected.printed !== undefined) check("output", expected.printed, texts.join("\n"));
  check(
    "warnings",
    expected.warnings ?? [],
    warnings.map(({ code }) => code),
  );
  for (const [key, wanted] of Object.entries(expected.calls ?? {}))
    check(`calls.${key}`, wanted, calls[key as keyof typeof calls]);
  return problems;
}

/** Whether the code says that Sluice itself has failed. */
function isOurs(code: string): boolean {
  return Object.hasOwn(errorCodes, code) && errorCodes[code as keyof typeof errorCodes] === "internal";
}

/** Whether the value is the wanted one: the same all through, where a RegExp stands for what it matches. */
function isMatch(wanted: unknown, actual: unknown): boolean {
  if (wanted instanceof RegExp)
    return wanted.test(typeof actual === "string" ? actual : (JSON.stringify(actual) ?? ""));
  if (typeof wanted !== "object" || wanted === null || typeof actual !== "object" || actual === null)
    return Object.is(wanted, actual);
  if (Array.isArray(wanted) !== Array.isArray(actual)) return false;
  const keys = Object.keys(wanted);
  return (
    keys.length === Object.keys(actual).length &&
    keys.every(
      (key) =>
        Object.hasOwn(actual, key) &&
        isMatch((wanted as Record<string, unknown>)[key], (actual as Record<string, unknown>)[key]),
    )
  );
}

const SHOWN_CHARS_MAX = 600;

/** A value as a person reads it, RegExps included. */
export function show(value: unknown): string {
  const text =
    JSON.stringify(value, (_, part: unknown) => (part instanceof RegExp ? String(part) : part)) ?? String(value);
  return text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}…` : text;
}
