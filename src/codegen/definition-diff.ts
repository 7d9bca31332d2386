import { isJsonObject, type Json } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { ToolDefinition } from "../base/tool-definition.ts";
import { toLiteral } from "./text.ts";

/**
 * What changed between two definitions, one line each: the lines of the description (`- `, `+ `), and the paths of all
 * else with what was and what is. Characters that nobody sees are written as escapes.
 */
export function toDefinitionDiff(was: ToolDefinition, is: ToolDefinition): string[] {
  const lines = [
    ...diffText("description", was.description ?? "", is.description ?? ""),
    ...diffValue("title", was.title, is.title),
    ...diffValue("inputSchema", was.inputSchema, is.inputSchema),
    ...diffValue("outputSchema", was.outputSchema, is.outputSchema),
    ...diffValue("annotations", was.annotations, is.annotations),
    ...diffValue("_meta", was._meta, is._meta),
  ];
  if (lines.length <= limits.diffLinesMax) return lines;
  const more = lines.length - limits.diffLinesMax;
  return [...lines.slice(0, limits.diffLinesMax), `… and ${more} more lines (diffLinesMax)`];
}

/** The lines between the first and the last that are the same in both. */
function diffText(what: string, was: string, is: string): string[] {
  if (was === is) return [];
  const before = was.split("\n");
  const after = is.split("\n");
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  )
    end += 1;
  const removed = before.slice(start, before.length - end);
  const added = after.slice(start, after.length - end);
  // Of two long lines only where they part is shown: what was slipped in must not be in what is cut off.
  const from = removed.length === 1 && added.length === 1 ? toParting(removed[0] ?? "", added[0] ?? "") : 0;
  return [
    `${what}:`,
    ...removed.map((line) => `- ${toShown(line, from)}`),
    ...added.map((line) => `+ ${toShown(line, from)}`),
  ];
}

/** Where two lines begin to differ, with what stands just before; 0 where they are short. */
function toParting(a: string, b: string): number {
  if (Math.max(a.length, b.length) <= limits.diffValueCharsMax / 4) return 0;
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return Math.max(0, at - 60);
}

function diffValue(path: string, was: Json | undefined, is: Json | undefined): string[] {
  if (was === is || JSON.stringify(was) === JSON.stringify(is)) return [];
  if (was === undefined) return [`${path}: added ${toValue(is)}`];
  if (is === undefined) return [`${path}: removed ${toValue(was)}`];
  if (isJsonObject(was) && isJsonObject(is)) {
    return [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap((key) =>
      diffValue(`${path}${toStep(key)}`, own(was, key), own(is, key)),
    );
  }
  if (Array.isArray(was) && Array.isArray(is)) {
    const length = Math.max(was.length, is.length);
    return Array.from({ length }, (_, at) => diffValue(`${path}[${at}]`, was[at], is[at])).flat();
  }
  if (typeof was === "string" && typeof is === "string" && (was + is).length > 160) return diffText(path, was, is);
  return [`${path}: ${toValue(was)} → ${toValue(is)}`];
}

function own(value: Record<string, Json>, key: string): Json | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function toStep(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${toLiteral(key.slice(0, limits.diffValueCharsMax))}]`;
}

function toValue(value: Json | undefined): string {
  return toCut(toLiteral(value ?? null));
}

/** A line of text as it is, with escapes for what is not seen. */
function toShown(line: string, from: number): string {
  return (from > 0 ? "…" : "") + toCut(toLiteral(line.slice(from)).slice(1, -1).replaceAll('\\"', '"'));
}

function toCut(text: string): string {
  return text.length <= limits.diffValueCharsMax ? text : `${text.slice(0, limits.diffValueCharsMax - 1)}…`;
}
