// Reads and shows what is too large for the host's event loop. Bytes come in pieces, while they arrive, and leave as
// bytes: no large value is ever made of objects on the other side.
import { createHash, randomUUID } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { toArgumentProblem } from "./argument-problem.js";
import { createLongStrings } from "./long-strings.js";
import { previewOf, toModelJson } from "./model-text.js";
import { parseText, readResult } from "./read-result.js";

/** @type {import("./argument-problem.d.ts").ArgumentBounds & { contentBlocksMax: number, errorReadCharsMax: number, resultDepthMax: number, largeBytesMin: number }} */
const bounds = workerData;
const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);
/** @type {Map<number, { pieces: Uint8Array[], strings?: ReturnType<typeof createLongStrings> }>} */
const jobs = new Map();
/** Not to be guessed by a server: its text must not stand for another one. */
const MARK = randomUUID();
/** Buffers of the answer that is being made: they are handed over, not copied. @type {ArrayBuffer[]} */
let handedOver = [];

port.on("message", (message) => {
  const { id, kind } = message;
  if (kind === "pieces") {
    let job = jobs.get(id);
    if (job === undefined) {
      job = message.isMessage
        ? { pieces: [], strings: createLongStrings((index) => `${MARK}${index}`) }
        : { pieces: [] };
      jobs.set(id, job);
    }
    for (const piece of message.pieces) {
      job.pieces.push(piece);
      job.strings?.push(piece);
    }
    return;
  }
  const { pieces, strings } = jobs.get(id) ?? { pieces: [] };
  jobs.delete(id);
  if (kind === "drop") return;
  handedOver = [];
  let answer;
  try {
    answer =
      (message.task === "message" ? readOneText(strings?.end(), message.options) : undefined) ??
      tasks[message.task](toText(pieces), message.options);
  } catch (error) {
    answer = { kind: "failed", message: error instanceof Error ? error.message : String(error) };
  }
  try {
    port.postMessage({ id, answer }, handedOver);
  } catch {
    // Nested too deep to be carried over, by which nothing is handed over either.
    port.postMessage({ id, answer: withoutDepth(answer) });
  }
});

/** @param {any} answer */
function withoutDepth({ kind, frame }) {
  if (kind !== "frame" || frame.kind !== "call") return { kind: "failed", message: "it is nested too deep" };
  return { kind, frame: withoutArguments(frame), problem: "are nested too deep" };
}

/** @param {any} frame */
function withoutArguments({ kind, id, op, args }) {
  return { kind, id, op, args: typeof args.tool === "string" ? { tool: args.tool.slice(0, 300) } : {} };
}

/** @type {Record<string, (text: string, options: any) => object>} */
const tasks = { message: readMessage, frame: readFrame, preview };

/** @param {Uint8Array[]} pieces */
function toText(pieces) {
  const [only] = pieces;
  const bytes =
    pieces.length === 1 && only !== undefined
      ? Buffer.from(only.buffer, only.byteOffset, only.length)
      : Buffer.concat(pieces);
  pieces.length = 0;
  return bytes.toString("utf8");
}

/** @param {string} text */
function toBytes(text) {
  const buffer = Buffer.from(text);
  // Not from the shared pool, whose memory cannot be handed over: these are large.
  const bytes = buffer.length === buffer.buffer.byteLength ? buffer : new Uint8Array(buffer);
  handedOver.push(/** @type {ArrayBuffer} */ (bytes.buffer));
  return new Uint8Array(bytes.buffer, 0, bytes.length);
}

/** @param {string} text @param {"json" | "auto"} form */
function toLarge(text, form) {
  const bytes = toBytes(text);
  return { form, pieces: [bytes], bytes: bytes.length };
}

/**
 * A line of a server. Answers of tools are read to the end; what else is large is handed over as it is.
 * @param {string} text
 * @param {Waiting} options
 */
function readMessage(text, { toolCalls, others }) {
  let value;
  try {
    value = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch {
    return { kind: "junk", text: text.slice(0, 500) };
  }
  const messages = Array.isArray(value) ? value : [value];
  if (messages.length === 0 || !messages.every(isMessage)) return { kind: "junk", text: text.slice(0, 500) };
  const [message] = messages;
  if (messages.length === 1 && "result" in message && isToolCall(message.id, toolCalls)) {
    const { content: _, structuredContent: __, ...shell } = isObject(message.result) ? message.result : {};
    const content = toContent(readResult(message.result, bounds));
    return { kind: "result", id: message.id, shell, content, bytes: text.length };
  }
  // An answer that nobody waits for any more is not worth carrying over.
  const isWanted = (/** @type {any} */ { id }) => isToolCall(id, toolCalls) || others.includes(id);
  return { kind: "messages", messages: messages.filter((one) => "method" in one || isWanted(one)) };
}

/**
 * The most common large answer, without making a text of it: one text, or structured content that is small.
 * @param {{ rest: string, strings: Uint8Array[][] } | undefined} taken
 * @param {Waiting} options
 */
function readOneText(taken, { toolCalls }) {
  if (taken === undefined || taken.rest.length > bounds.largeBytesMin) return undefined;
  let message;
  try {
    message = JSON.parse(taken.rest);
  } catch {
    return undefined;
  }
  if (!isMessage(message) || !isToolCall(message.id, toolCalls) || !isObject(message.result)) return undefined;
  const { content, structuredContent, ...shell } = message.result;
  if (!Array.isArray(content) || shell.isError === true || structuredContent === null) return undefined;
  const marked = content.filter(
    (block) =>
      isObject(block) && block.type === "text" && /^[\da-f-]{36}\d+$/.test(block.text) && block.text.startsWith(MARK),
  );
  if (marked.length !== taken.strings.length) return undefined;
  const bytes = taken.strings.flat().reduce((sum, piece) => sum + piece.length, taken.rest.length);
  const answer = { kind: "result", id: message.id, shell, bytes };
  if (structuredContent !== undefined)
    return { ...answer, content: { kind: "large", value: toLarge(JSON.stringify(structuredContent), "json") } };
  const [pieces] = taken.strings;
  if (content.length !== 1 || pieces === undefined) return undefined;
  for (const piece of pieces) handedOver.push(/** @type {ArrayBuffer} */ (piece.buffer));
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return { ...answer, content: { kind: "large", value: { form: "auto", pieces, bytes: length } } };
}

/** @typedef {import("./large-json.ts").WaitingRequests} Waiting */

/** @param {number | string} id @param {Waiting["toolCalls"]} toolCalls */
function isToolCall(id, toolCalls) {
  return toolCalls === "all" || toolCalls.includes(id);
}

/** @param {any} value */
function isMessage(value) {
  return isObject(value) && value.jsonrpc === "2.0" && ("method" in value || "id" in value);
}

/** @param {any} value */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @param {import("./read-result.d.ts").ReadResult} read */
function toContent(read) {
  switch (read.kind) {
    case "error":
      return read;
    case "text":
      // Whether it is JSON is found by who parses it. Half a surrogate pair has no bytes: JSON can say it.
      return /** @type {any} */ (read.text).isWellFormed()
        ? { kind: "large", value: toLarge(read.text, "auto") }
        : { kind: "large", value: toLarge(JSON.stringify(parseText(read.text, bounds.resultDepthMax)), "json") };
    case "value":
      return { kind: "large", value: toLarge(JSON.stringify(read.value), "json") };
    case "mixed":
      return { kind: "mixed", textJson: [toBytes(JSON.stringify(read.text))], items: read.items.map(toItem) };
  }
}

/** @param {import("./read-result.d.ts").ReadItem} item */
function toItem(item) {
  if (item.kind === "value") return item;
  const decoded = Buffer.from(item.base64, "base64");
  // A small one lies in a pool that others use.
  const bytes = decoded.length === decoded.buffer.byteLength ? decoded : new Uint8Array(decoded);
  handedOver.push(/** @type {ArrayBuffer} */ (bytes.buffer));
  const { type, mimeType } = item;
  return { kind: "media", type, mimeType, bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** A frame of a guest: what is large in it leaves as bytes. @param {string} text */
function readFrame(text) {
  let frame;
  try {
    frame = JSON.parse(text);
  } catch {
    return { kind: "junk" };
  }
  if (!isObject(frame) || typeof frame.kind !== "string") return { kind: "junk" };
  if (frame.kind === "result" && frame.value !== undefined) {
    const { value, ...rest } = frame;
    return { kind: "frame", frame: rest, large: toLarge(JSON.stringify(value), "json") };
  }
  if (frame.kind !== "call" || !isObject(frame.args)) return { kind: "frame", frame };
  const { op, args } = frame;
  if ((op === "file" || op === "fetch") && (typeof args.text === "string" || typeof args.base64 === "string")) {
    const bytes =
      typeof args.text === "string" ? toBytes(args.text) : new Uint8Array(Buffer.from(args.base64, "base64"));
    if (typeof args.text !== "string") handedOver.push(bytes.buffer);
    delete args.text;
    delete args.base64;
    return { kind: "frame", frame, large: { form: "bytes", pieces: [bytes], bytes: bytes.length } };
  }
  const given = op === "tool" ? args.arguments : args;
  const problem = toArgumentProblem(given, Buffer.byteLength(text), bounds);
  if (problem !== undefined) return { kind: "frame", frame: withoutArguments(frame), problem };
  if (op !== "tool" || !isObject(given)) return { kind: "frame", frame };
  // As a text, which the host looks at several times: carried over as an object it would take twice as long.
  delete args.arguments;
  return { kind: "frame", frame, argumentText: JSON.stringify(given) };
}

/**
 * A value as the model may see it: cleaned, its beginning, and all of it as bytes for a file.
 * @param {string} text
 * @param {{ form: "json" | "auto", previewBytes: number }} options
 */
function preview(text, { form, previewBytes }) {
  const value = toModelJson(form === "json" ? JSON.parse(text) : parseText(text, bounds.resultDepthMax));
  const isText = typeof value === "string";
  const json = isText ? "" : JSON.stringify(value);
  const all = isText ? value : json;
  return { kind: "preview", ...previewOf(value, json, previewBytes), isText, bytes: toBytes(all) };
}
