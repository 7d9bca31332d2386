// Everything a guest can do is a host call: a frame out, one reply frame back.

/**
 * @typedef {object} HostCalls
 * @property {(op: string, args: object, site?: Error) => Promise<any>} call
 * @property {(op: string, args: object) => any} callSync Blocks the guest until the reply is there.
 * @property {(op: string, args: object, done: (value: any, error?: any) => void, site?: Error) => number} start A call whose end is handed to `done`.
 * @property {(id: number) => void} forget Tells the host that nobody waits for the call any more.
 * @property {(id: number) => void} abandon Asks the host to end a call; its reply still comes.
 * @property {(frame: any) => void} settle
 * @property {() => any} nextFrame
 * @property {() => number} pending How many calls are waiting for a reply.
 * @property {() => boolean} isActing Whether an act on a file is waiting for its reply.
 * @property {() => { id: number, tool: string, stack: string }[]} openTools
 * @property {(inFlightMax: number, pendingMax: number) => void} reset
 */

/**
 * The error with the stack of the place that made the call: a reply has none of the program's own.
 * @param {Error} error
 * @param {Error | undefined} site
 */
function withSite(error, site) {
  if (site === undefined) return error;
  const frames = (site.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  const stack = [`${error.name}: ${error.message}`, ...frames].join("\n");
  return Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true });
}

/**
 * @param {import("./channel.js").Channel} channel
 * @param {(op: string, error: any) => Error} toError
 * @param {(stamp: number) => void} onStamp called with the stamp of a frame when it is handed over
 * @returns {HostCalls}
 */
export function createHostCalls(channel, toError, onStamp) {
  /** @type {Map<number, { op: string, args: any, done: (value: any, error?: any) => void, site?: Error }>} */
  const waiting = new Map();
  /** Calls held back because `inFlightMax` are out. @type {number[]} */
  const held = [];
  /** Frames that arrived while a synchronous call waited for its own. @type {any[]} */
  const inbox = [];
  let lastId = 0;
  let inFlight = 0;
  let inFlightMax = Number.POSITIVE_INFINITY;
  let pendingMax = Number.POSITIVE_INFINITY;

  /** Timers and files do not count: only what the limit `callsInFlightMax` is about. @param {string} op */
  const counts = (op) => op !== "timer";

  /** @param {number} id */
  function dispatch(id) {
    const entry = waiting.get(id);
    if (entry === undefined) return;
    try {
      channel.send({ kind: "call", id, op: entry.op, args: entry.args });
    } catch (error) {
      // Arguments that JSON cannot say (a cycle, a BigInt): this call fails, nothing else.
      waiting.delete(id);
      entry.done(undefined, error);
      return;
    }
    if (counts(entry.op)) inFlight += 1;
  }

  /** @param {string} op @param {any} args @param {(value: any, error?: any) => void} done @param {Error} [site] */
  function start(op, args, done, site) {
    lastId += 1;
    if (counts(op) && waiting.size >= pendingMax) {
      const error = new RangeError(`${waiting.size} calls wait for an answer; callsPendingMax is ${pendingMax}`);
      done(undefined, withSite(Object.assign(error, { code: "callsPendingMax" }), site));
      return lastId;
    }
    waiting.set(lastId, { op, args, done, ...(site === undefined ? {} : { site }) });
    if (counts(op) && inFlight >= inFlightMax) held.push(lastId);
    else dispatch(lastId);
    return lastId;
  }

  /** The next frame that is more than the question whether this guest waits: it does now. */
  function receive() {
    for (;;) {
      const frame = channel.receive();
      if (frame?.kind !== "ping") return frame;
      channel.send({ kind: "pong", number: frame.number });
    }
  }

  /** @param {any} frame */
  function settle(frame) {
    const entry = waiting.get(frame.id);
    if (entry === undefined) return;
    waiting.delete(frame.id);
    if (counts(entry.op)) {
      inFlight -= 1;
      const next = held.shift();
      if (next !== undefined) dispatch(next);
    }
    if (frame.error === undefined) entry.done(frame.value);
    else entry.done(undefined, withSite(toError(entry.op, frame.error), entry.site));
  }

  return {
    start,
    settle,
    call(op, args, site) {
      return new Promise((resolve, reject) => {
        start(op, args, (value, error) => (error === undefined ? resolve(value) : reject(error)), site);
      });
    },
    callSync(op, args) {
      lastId += 1;
      const id = lastId;
      channel.send({ kind: "call", id, op, args });
      for (;;) {
        const frame = receive();
        if (frame === undefined) throw new Error("The host has gone");
        if (frame.kind !== "reply" || frame.id !== id) {
          inbox.push(frame);
          continue;
        }
        onStamp(frame.t);
        if (frame.error !== undefined) throw toError(op, frame.error);
        return frame.value;
      }
    },
    forget(id) {
      if (!waiting.delete(id)) return;
      channel.send({ kind: "forget", id });
    },
    abandon(id) {
      const entry = waiting.get(id);
      if (entry === undefined) return;
      const at = held.indexOf(id);
      entry.op = "abandoned";
      if (at === -1) channel.send({ kind: "forget", id });
      else {
        held.splice(at, 1);
        waiting.delete(id);
      }
    },
    nextFrame() {
      const frame = inbox.shift() ?? receive();
      if (frame !== undefined) onStamp(frame.t);
      return frame;
    },
    pending: () => waiting.size,
    isActing: () => [...waiting.values()].some(({ op }) => op === "file"),
    openTools() {
      const open = [];
      for (const [id, { op, args, site }] of waiting)
        if (op === "tool" || op === "fetch") open.push({ id, tool: args.tool ?? "fetch", stack: site?.stack ?? "" });
      return open;
    },
    reset(flightMax, callsMax) {
      waiting.clear();
      held.length = 0;
      inbox.length = 0;
      lastId = 0;
      inFlight = 0;
      inFlightMax = flightMax;
      pendingMax = callsMax;
    },
  };
}
//# sourceURL=sluice:guest/host-calls.js
