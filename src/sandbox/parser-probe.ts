import { fileURLToPath } from "node:url";
import { spawnChild } from "../base/child-process.ts";
import { limits } from "../base/limits.ts";

/** One probe at a time: programs wait for a place after they were linked, so nothing else bounds them. */
let line: Promise<unknown> = Promise.resolve();

/**
 * Whether the parser lives through a text, and in time: a text that is too large to be harmless is first parsed in a
 * process of its own. A few kilobytes of brackets overflow its stack and would end the host; some texts keep it busy
 * for minutes.
 */
export async function survivesParser(text: string): Promise<boolean> {
  if (Buffer.byteLength(text) <= limits.codeUnprobedBytesMax) return true;
  const probed = line.then(() => probe(text));
  line = probed.catch(() => undefined);
  return probed;
}

async function probe(text: string): Promise<boolean> {
  const entry = fileURLToPath(new URL("./parser-probe-process.js", import.meta.url));
  const child = spawnChild(process.execPath, [entry], { env: {}, label: "the parser's probe" });
  child.stdout.resume();
  child.stderr.resume();
  const late = setTimeout(() => child.kill(), limits.parserProbeMs);
  child.stdin.end(text);
  const { code } = await child.exited;
  clearTimeout(late);
  return code === 0;
}
