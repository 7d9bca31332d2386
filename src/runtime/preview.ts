import type { Json } from "../base/json.ts";
import { firstAndLast, partOf, previewOf } from "../base/model-text.js";
import type { LogEntry } from "./outcome.ts";

/** A short stand-in for a value that is too large for the model: what it is, how large, how it begins, and where all of it is. */
export function previewValue(value: Json, json: string, previewBytes: number, where: string): string {
  const { about, shown } = previewOf(value, json, previewBytes);
  return `[${about}; ${where}]\n${shown}`;
}

/** The first and last entries that fit, with a note between them. */
export function previewLogs(logs: readonly LogEntry[], previewBytes: number, where: string): LogEntry[] {
  const part = partOf(previewBytes) * 2;
  const head = takeWhileFits(logs, part);
  const tail = takeWhileFits(logs.slice(head.length).reverse(), part).reverse();
  const dropped = logs.length - head.length - tail.length;
  const note: LogEntry = { stream: "stderr", text: `… ${dropped} more entries; ${where}` };
  if (head.length === 0 && tail.length === 0 && logs[0] !== undefined) {
    return [
      { stream: logs[0].stream, text: firstAndLast(logs[0].text, partOf(previewBytes)) },
      { ...note, text: `… ${logs.length - 1} more entries; ${where}` },
    ];
  }
  return [...head, note, ...tail];
}

function takeWhileFits(logs: readonly LogEntry[], room: number): LogEntry[] {
  const taken: LogEntry[] = [];
  let left = room;
  for (const entry of logs) {
    left -= entry.text.length;
    if (left < 0) break;
    taken.push(entry);
  }
  return taken;
}
