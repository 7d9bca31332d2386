// A server in raw JSON lines whose calls fail by chance, in every way that servers fail. Speaks 2025-06-18.
// Arguments: a file to which each call that took effect is appended, the share of faults in percent, a seed.
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [journal = "", percent = "20", seed = "1"] = process.argv.slice(2);
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const text = (value) => ({ content: [{ type: "text", text: value }] });
const failure = (value) => ({ ...text(value), isError: true });

let state = Number(seed) + process.pid;
/** A number from 0 to 1 (mulberry32). */
function chance() {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
}

const annotations = {
  read: { readOnlyHint: true },
  put: { readOnlyHint: false, idempotentHint: true },
  add: undefined,
  faults: undefined,
};
let faults = Number(percent) / 100;

/** One way to fail; `before`: nothing has happened yet. */
const ways = [
  (id) => send({ id, result: failure("Request failed with status code 503") }),
  (id) => send({ id, result: failure("Rate limit exceeded, retry after 20 ms") }),
  (id) => send({ id, error: { code: -32603, message: "upstream connect error: ECONNRESET" } }),
  // Answers too late, or never.
  () => undefined,
  () => process.exit(3),
];
/** Crashes and silence are rarer: each costs everybody who waits. */
const weights = [40, 30, 28, 1, 1];

function pickWay() {
  let at = chance() * weights.reduce((sum, weight) => sum + weight, 0);
  return ways[weights.findIndex((weight) => (at -= weight) < 0)];
}

function call(id, name, args) {
  if (name === "faults") {
    faults = args.percent / 100;
    return send({ id, result: text("set") });
  }
  const fails = chance() < faults;
  // Half of what fails has had its effect before.
  if (!fails || chance() < 0.5) appendFileSync(journal, `${name} ${args.key}\n`);
  if (fails) return pickWay()(id);
  setTimeout(() => send({ id, result: text(String(args.key)) }), chance() * 4);
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize")
    send({
      id,
      result: {
        protocolVersion: "2025-06-18",
        capabilities: { tools: {} },
        serverInfo: { name: "flaky", version: "1" },
      },
    });
  else if (method === "tools/list")
    send({
      id,
      result: {
        tools: Object.entries(annotations).map(([name, hints]) => ({
          name,
          inputSchema: { type: "object" },
          ...(hints === undefined ? {} : { annotations: hints }),
        })),
      },
    });
  else if (method === "tools/call") call(id, params.name, params.arguments);
  else if (id !== undefined) send({ id, error: { code: -32601, message: "no such method" } });
});
