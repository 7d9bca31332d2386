import type { Json } from "../base/json.ts";
import type { LogEntry } from "./outcome.ts";

/** How many characters of JSON a preview shows of one end. */
const partOf = (previewBytes: number): number => Math.max(64, Math.floor(previewBytes / 4));

/** A short stand-in for a value that is too large for the model: what it is, how large, how it begins, and where all of it is. */
export function previewValue(value: Json, json: string, previewBytes: number, where: string): string {
  const part = partOf(previewBytes);
  const bytes = Buffer.byteLength(json);
  if (typeof value === "string") return `[text of ${value.length} characters; ${where}]\n${firstAndLast(value, part)}`;
  if (Array.isArray(value)) {
    const shown: string[] = [];
    let room = part * 2;
    for (const item of value) {
      const text = JSON.stringify(item);
      room -= text.length;
      if (room < 0) break;
      shown.push(text);
    }
    const head =
      shown.length === 0
        ? `first item begins: ${JSON.stringify(value[0]).slice(0, part)}…`
        : `first ${shown.length}: [${shown.join(",")}]`;
    return `[array of ${value.length} items, ${bytes} bytes; ${where}]\n${head}`;
  }
  const keys = value !== null && typeof value === "object" ? Object.keys(value) : [];
  return `[object with ${keys.length} keys, ${bytes} bytes; ${where}]\nkeys: ${keys.join(", ").slice(0, part)}\n${json.slice(0, part)}…`;
}

/** The first and last lines that fit. */
function firstAndLast(text: string, part: number): string {
  if (text.length <= part * 2) return text;
  const head = text.slice(0, part);
  const tail = text.slice(-part);
  const headCut = head.lastIndexOf("\n");
  const tailCut = tail.indexOf("\n");
  const first = headCut > part / 2 ? head.slice(0, headCut) : head;
  const last = tailCut !== -1 && tailCut < part / 2 ? tail.slice(tailCut + 1) : tail;
  return `${first}\n… ${text.length - first.length - last.length} characters …\n${last}`;
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
