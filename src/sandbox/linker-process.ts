import { builtFile } from "../base/built-file.ts";
import { fileURLToPath } from "node:url";
import { type Child, spawnChild } from "../base/child-process.ts";
import { limits } from "../base/limits.ts";
import type { ProgramOutline } from "../base/program-outline.ts";
import { createLinker, type Linker, type ModuleFacts } from "./module-linker.ts";
import type { LinkedModule } from "./link.ts";
import { type LinkCode, LinkError, type SourcePlace, toUnreadable } from "./module-syntax.ts";

/** What the process answers to one request: a line of JSON. */
type Answer =
  | { kind: "read"; facts: ModuleFacts }
  | { kind: "outlined"; outline: ProgramOutline }
  | { kind: "linked"; module: LinkedModule }
  | { kind: "error"; code: LinkCode; message: string; place?: SourcePlace; hint?: string }
  | { kind: "unreadable" };

/** How deep brackets may nest, and how many `<` there may be, in text that is parsed here. */
const NESTING_MAX = 48;
const ANGLES_MAX = 64;

/**
 * The linker for a text. The parser is native code that recurses and goes back: a few kilobytes of brackets keep it busy
 * for seconds or overflow its stack, which ends the process that it is in; and whatever is long takes long. So only a
 * short text without much nesting is read on the event loop; any other in a process of its own, with a deadline.
 */
export function chooseLinker(text: string): Linker {
  return isHarmless(text) ? createLinker() : apart;
}

/** Counts only, so that it takes no longer than the text is long. */
function isHarmless(text: string): boolean {
  if (Buffer.byteLength(text) > limits.codeHereBytesMax) return false;
  let depth = 0;
  let angles = 0;
  for (const character of text) {
    if (character === "(" || character === "[" || character === "{") depth += 1;
    else if (character === ")" || character === "]" || character === "}") depth -= 1;
    else if (character === "<") angles += 1;
    if (depth > NESTING_MAX || angles > ANGLES_MAX) return false;
  }
  return true;
}

const apart: Linker = {
  async read(name, source) {
    const answer = await ask(name, { name, source });
    if (answer.kind === "read") return answer.facts;
    throw toError(name, answer);
  },
  async outline(name, source) {
    const answer = await ask(name, { name, source, wants: "outline" });
    if (answer.kind === "outlined") return answer.outline;
    throw toError(name, answer);
  },
  async link(name, source, targets, servers) {
    const answer = await ask(name, { name, source, targets: [...targets], servers: [...servers] });
    if (answer.kind === "linked") return answer.module;
    throw toError(name, answer);
  },
};

/** One at a time: programs wait for a place only after they were linked, so nothing else bounds these processes. */
let line: Promise<unknown> = Promise.resolve();

function ask(name: string, request: object): Promise<Answer> {
  const answered = line.then(() => answer(name, request));
  line = answered.catch(() => undefined);
  return answered;
}

async function answer(name: string, request: object): Promise<Answer> {
  const child: Child = await spawnChild(
    process.execPath,
    [fileURLToPath(builtFile("./link-process.js", import.meta.url))],
    {
      env: {},
      cwd: "/",
      label: `the linker of ${name}`,
    },
  );
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.resume();
  const late = setTimeout(() => child.kill(), limits.linkMs);
  const ended = new Promise((resolve) => child.stdout.once("close", resolve));
  child.stdin.end(JSON.stringify(request));
  const { code } = await child.exited;
  clearTimeout(late);
  await ended;
  if (code !== 0) return { kind: "unreadable" };
  return JSON.parse(Buffer.concat(chunks).toString("utf8")) as Answer;
}

function toError(name: string, answer: Answer): LinkError {
  if (answer.kind === "error") return new LinkError(answer.code, answer.message, answer.place, answer.hint);
  return toUnreadable(name);
}
