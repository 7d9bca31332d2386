// A guest that speaks the protocol and means harm: it says `ready`, waits for its start frame, and does what it is told
// by name. Each act is [frames or raw bytes, pause]; the program itself decides nothing.
import { readFileSync } from "node:fs";

/** @type {{ raw?: string, frame?: string, waitMs?: number, times?: number, trickleMs?: number, exit?: number, closes?: boolean }[]} */
const acts = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));

/** @param {string} text */
function toFrame(text) {
  const body = Buffer.from(text);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  return Buffer.concat([head, body]);
}

/** @param {Buffer} bytes */
const write = (bytes) => new Promise((resolve) => process.stdout.write(bytes, resolve));
/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

await write(toFrame('{"kind":"ready"}'));
await new Promise((resolve) => process.stdin.once("data", resolve));
process.stdin.resume();
for (const { raw, frame, waitMs, times = 1, trickleMs, exit, closes } of acts) {
  if (waitMs !== undefined) await pause(waitMs);
  const bytes = raw !== undefined ? Buffer.from(raw, "base64") : frame === undefined ? undefined : toFrame(frame);
  const sent = bytes === undefined ? [] : Array.from({ length: times }, () => bytes);
  for (const each of sent) {
    if (trickleMs === undefined) await write(each);
    else
      for (const byte of each) {
        await write(Buffer.from([byte]));
        await pause(trickleMs);
      }
  }
  if (closes === true) process.stdout.end();
  if (exit !== undefined) process.exit(exit);
}
setInterval(() => {}, 1000);
