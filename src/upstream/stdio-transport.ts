import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/client";
import { type Child, spawnChild } from "../base/child-process.ts";
import { SluiceError } from "../base/errors.ts";
import { inTime } from "../base/in-time.ts";
import { type LargeMessage, openLargeInput } from "../base/large-json.ts";
import { limits } from "../base/limits.ts";
import type { ChildExit } from "../base/reaper-channel.ts";
import type { StdioConfig } from "../config/config.ts";
import { toServerEnvironment } from "./environment.ts";
import { toPlaceholder } from "./large-result.ts";
import { type LargeLine, MessageReader } from "./message-reader.ts";

/** JSON-RPC error `data` by which this transport tells the connection that an answer was over the bound. */
export const tooLargeMark = "sluice/too-large";

/** How many of a server's last words on stderr an error repeats. */
const lastWordsMax = 4;
/** Of one line of them. */
const lastWordsCharsMax = 2_000;
/** How long what a dead server wrote may still be read. */
const drainMs = 250;

/**
 * One server process as a transport of the MCP client. Unlike the client's own it has a process group, takes large
 * messages in linear time, survives junk on stdout, and remembers how the process ended and what it said last.
 */
export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport["onmessage"];
  readonly #config: StdioConfig;
  readonly #server: string;
  readonly #log: (line: string) => void;
  readonly #lastWords: string[] = [];
  #child: Child | undefined;
  #exit: ChildExit | undefined;
  #closed = false;
  /** Settles when the process has ended and what it wrote has been read. */
  #ended: Promise<void> | undefined;
  #junkLines = 0;
  /** Requests without an answer: id and method. */
  readonly #requests = new Map<string | number, string>();
  readonly #reading = new Set<Promise<void>>();

  constructor(server: string, config: StdioConfig, log: (line: string) => void) {
    this.#server = server;
    this.#config = config;
    this.#log = log;
  }

  /** With `stderr`, how the client recognises that silence means an older server, not a broken network. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get stderr(): undefined {
    return undefined;
  }

  /** How the process ended by itself: `exited with code 1`. */
  get ending(): string | undefined {
    if (this.#exit === undefined) return undefined;
    const { code, signal } = this.#exit;
    return signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
  }

  /** What it last wrote to stderr, to end a message with: empty when it wrote nothing. */
  get lastWords(): string {
    return this.#lastWords.length === 0 ? "" : `; its last words: ${this.#lastWords.join(" | ")}`;
  }

  async start(): Promise<void> {
    this.#refuseClosed();
    const { command, args, env, cwd } = this.#config;
    const child = await spawnChild(command, args, {
      env: toServerEnvironment(env),
      cwd,
      label: `server "${this.#server}"`,
      marked: true,
    });
    if (this.#closed) child.kill();
    this.#refuseClosed();
    this.#child = child;
    const reader = new MessageReader(limits.upstreamMessageBytesMax, {
      onMessage: (message) => this.#deliver(message),
      onJunk: (line) => this.#noteJunk(line),
      openLarge: () => this.#openLarge(),
      onTooLarge: (id) => this.#answerTooLarge(id),
    });
    child.stdout.on("data", (chunk: Buffer) => reader.push(chunk));
    readLines(child.stderr, (line) => {
      // Whole or not at all: a part of a value is not known again where they are sealed.
      this.#lastWords.push(line.length > lastWordsCharsMax ? "(a long line)" : line);
      if (this.#lastWords.length > lastWordsMax) this.#lastWords.shift();
      this.#log(line);
    });
    const drained = Promise.all([untilClosed(child.stdout), untilClosed(child.stderr)]);
    this.#ended = child.exited.then(async (exit) => {
      await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, drainMs))]);
      // What is being read in the thread was sent before the end.
      await Promise.all(this.#reading);
      // What was asked to end has not ended by itself.
      if (!this.#closed) this.#exit = exit;
      if (this.#junkLines > 1) this.#log(`stdout held ${this.#junkLines} lines that are no JSON-RPC message`);
      this.#closed = true;
      this.onclose?.();
    });
  }

  #refuseClosed(): void {
    if (this.#closed)
      throw new SluiceError("upstream_disconnected", `The start of server "${this.#server}" was given up`);
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#child === undefined || this.#closed || this.#child.stdin.destroyed) {
      // How it ended, and its last words, come a moment after the end of its input.
      if (this.#ended !== undefined) await inTime(this.#ended, 2 * drainMs);
      const how = this.ending === undefined ? "is not running" : `${this.ending}${this.lastWords}`;
      throw new SluiceError("upstream_disconnected", `Server "${this.#server}" ${how}`, {
        transient: { mayHaveRun: false },
      });
    }
    this.#noteRequest(message);
    // As bytes: of texts that wait, all are encoded in one go.
    this.#child.stdin.write(Buffer.from(`${JSON.stringify(message)}\n`));
  }

  /** Which requests wait for an answer: a large one is read by what it answers. */
  #noteRequest(message: JSONRPCMessage): void {
    if (!("method" in message)) return;
    if ("id" in message) this.#requests.set(message.id, message.method);
    const { requestId } = (message.params ?? {}) as { requestId?: string | number };
    if (message.method === "notifications/cancelled" && requestId !== undefined) this.#requests.delete(requestId);
  }

  #deliver(message: Record<string, unknown>): void {
    if (!("method" in message)) this.#requests.delete(message["id"] as string | number);
    // The client checks it; what it cannot use goes to its onerror.
    this.onmessage?.(message as unknown as JSONRPCMessage);
  }

  #openLarge(): LargeLine {
    const input = openLargeInput({ isMessage: true });
    return {
      push: (piece) => input.push(piece),
      drop: () => input.drop(),
      end: (id) => {
        const ids = [...this.#requests];
        const toolCalls = ids.flatMap(([key, method]) => (method === "tools/call" ? [key] : []));
        const others = ids.flatMap(([key, method]) => (method === "tools/call" ? [] : [key]));
        const read = input
          .toMessage({ toolCalls, others })
          .then((message) => this.#noteLarge(message, id))
          .finally(() => this.#reading.delete(read));
        this.#reading.add(read);
      },
    };
  }

  #noteLarge(message: LargeMessage, id: number | undefined): void {
    switch (message.kind) {
      case "result":
        return this.#deliver({ jsonrpc: "2.0", id: message.id, result: toPlaceholder(message) });
      case "messages":
        for (const one of message.messages) this.#deliver(one);
        return;
      case "junk":
        return this.#noteJunk(message.text);
      case "failed":
        this.#log(`a large message could not be read: ${message.message}`);
        return this.#answerTooLarge(id);
    }
  }

  /** Ends the process, politely within `disconnectMs`, then with its whole group. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#child?.terminate(limits.disconnectMs);
  }

  #noteJunk(line: string): void {
    this.#junkLines++;
    // One note a process: a server that logs to stdout does so for every call.
    if (this.#junkLines === 1)
      this.#log(
        `stdout holds a line that is no JSON-RPC message; it is skipped, and so are further ones: ${line.slice(0, 200)}`,
      );
  }

  #answerTooLarge(id: number | undefined): void {
    if (id === undefined) {
      this.#log(
        `a message over ${limits.upstreamMessageBytesMax} bytes (upstreamMessageBytesMax) was dropped; nothing tells which request it answers, so the server is ended`,
      );
      this.#child?.kill();
      return;
    }
    this.onmessage?.({
      jsonrpc: "2.0",
      id,
      error: { code: -32000, message: "The answer is too large", data: tooLargeMark },
    });
  }
}

function untilClosed(stream: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve) => stream.once("close", resolve));
}

function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = (lines.pop() ?? "").slice(0, limits.stderrLineBytesMax);
    for (const line of lines) emit(line);
  });
  stream.on("end", () => emit(rest));
  const emit = (line: string): void => {
    const text = line.trimEnd().slice(0, limits.stderrLineBytesMax);
    if (text !== "") onLine(text);
  };
}
