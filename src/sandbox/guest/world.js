// The world a program lives in: one clock that the host turns, timers that the host rings, randomness that the host
// seeds. Nothing here reads the machine, so a program does the same over the same frames (DESIGN 2.3).

const READINGS_PER_MS = 1000;

/** The one clock: the stamp of the last frame, plus 1 ms per 1,000 readings so that a busy wait ends. */
export function createClock() {
  let stamp = 0;
  let origin = 0;
  let readings = 0;
  const peek = () => stamp + Math.floor(readings / READINGS_PER_MS);
  return {
    now() {
      readings += 1;
      return peek();
    },
    /** What `now` says, without counting as a reading. */
    peek,
    /** @param {number} t milliseconds since the epoch */
    set(t) {
      // Never backwards: readings of a busy wait may have run ahead of the host.
      stamp = Math.max(t, peek());
      readings = 0;
    },
    /** Begins a program's time, whatever went before. @param {number} t */
    start(t) {
      stamp = origin = t;
      readings = 0;
    },
    origin: () => origin,
  };
}

/** @typedef {ReturnType<typeof createClock>} Clock */

/**
 * `Date` on the given clock, with everything else of the real one.
 * @param {Clock} clock
 */
export function createDate(clock) {
  const NativeDate = Date;
  /** @this {any} @param {any[]} args */
  function GuestDate(...args) {
    if (new.target === undefined) return new NativeDate(clock.now()).toString();
    return Reflect.construct(NativeDate, args.length === 0 ? [clock.now()] : args, new.target);
  }
  Object.defineProperty(GuestDate, "name", { value: "Date", configurable: true });
  Object.defineProperty(GuestDate, "length", { value: 7, configurable: true });
  const { prototype } = NativeDate;
  Object.defineProperty(GuestDate, "prototype", { value: prototype, writable: false });
  Object.defineProperty(prototype, "constructor", { value: GuestDate, writable: true, configurable: true });
  delete (/** @type {any} */ (prototype).toTemporalInstant);
  for (const [name, value] of Object.entries({
    now: () => clock.now(),
    parse: NativeDate.parse,
    UTC: NativeDate.UTC,
  })) {
    Object.defineProperty(GuestDate, name, { value, writable: true, configurable: true });
  }
  return GuestDate;
}

/**
 * Makes `Intl.DateTimeFormat` read the clock where it is called without a date.
 * @param {Clock} clock
 */
function patchDateTimeFormat(clock) {
  const prototype = Intl.DateTimeFormat.prototype;
  const format = Object.getOwnPropertyDescriptor(prototype, "format")?.get;
  const { formatToParts } = prototype;
  /** @type {WeakMap<object, Function>} */
  const bound = new WeakMap();
  Object.defineProperty(prototype, "format", {
    configurable: true,
    get() {
      const native = format?.call(this);
      let own = bound.get(this);
      if (own === undefined)
        bound.set(this, (own = (/** @type {any} */ date) => native(date === undefined ? clock.now() : date)));
      return own;
    },
  });
  Object.defineProperty(prototype, "formatToParts", {
    configurable: true,
    writable: true,
    /** @this {Intl.DateTimeFormat} @param {any} date */
    value: function (date) {
      return formatToParts.call(this, date === undefined ? clock.now() : date);
    },
  });
}

/** A seeded generator (sfc32): not for secrets, the host knows the seed. */
export function createRandom() {
  const state = new Uint32Array(4);
  function next() {
    const t = (state[0] + state[1] + state[3]) >>> 0;
    state[3] += 1;
    state[0] = state[1] ^ (state[1] >>> 9);
    state[1] = state[2] + (state[2] << 3);
    state[2] = ((state[2] << 21) | (state[2] >>> 11)) + t;
    return t;
  }
  return {
    /** @param {number[]} seed four 32-bit numbers */
    seed(seed) {
      state.set(seed);
      for (let round = 0; round < 16; round += 1) next();
    },
    /** 32 random bits. */
    next,
    /** 53 random bits as a number in [0, 1). */
    float: () => ((next() >>> 5) * 0x4000000 + (next() >>> 6)) / 0x20000000000000,
  };
}

/** @typedef {ReturnType<typeof createRandom>} Random */

const RANDOM_BYTES_MAX = 65_536;

/**
 * The part of Web Crypto that needs no secret and no time: random values from the seeded generator, digests at once.
 * @param {Random} random
 * @param {(algorithm: string, bytes: Uint8Array) => Uint8Array} digest
 */
export function createCrypto(random, digest) {
  /** @param {any} view */
  function getRandomValues(view) {
    if (
      !ArrayBuffer.isView(view) ||
      view instanceof DataView ||
      view instanceof Float32Array ||
      view instanceof Float64Array
    )
      throw new TypeError("crypto.getRandomValues expects an integer typed array");
    if (view.byteLength > RANDOM_BYTES_MAX)
      throw new RangeError(
        `crypto.getRandomValues fills at most ${RANDOM_BYTES_MAX} bytes at once, not ${view.byteLength}`,
      );
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = random.next();
    return view;
  }
  return {
    getRandomValues,
    randomUUID() {
      const bytes = new Uint8Array(16);
      getRandomValues(bytes);
      bytes[6] = (bytes[6] & 0x0f) | 0x40;
      bytes[8] = (bytes[8] & 0x3f) | 0x80;
      const hex = Array.from(bytes, (/** @type {number} */ byte) => byte.toString(16).padStart(2, "0")).join("");
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    },
    subtle: {
      /** @param {any} algorithm @param {any} data */
      async digest(algorithm, data) {
        const name = String(
          typeof algorithm === "object" && algorithm !== null ? algorithm.name : algorithm,
        ).toUpperCase();
        if (!["SHA-1", "SHA-256", "SHA-384", "SHA-512"].includes(name))
          throw new TypeError(`crypto.subtle.digest knows SHA-1, SHA-256, SHA-384 and SHA-512, not "${name}"`);
        const bytes = ArrayBuffer.isView(data)
          ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
          : new Uint8Array(data);
        const digested = digest(name, bytes);
        return digested.buffer.slice(digested.byteOffset, digested.byteOffset + digested.byteLength);
      },
    },
  };
}

/**
 * What the engine would tell or measure by the machine's clock goes by the host's.
 * @param {ReturnType<typeof createClock>} clock
 * @param {ReturnType<typeof createTimers>} timers
 */
export function patchTime(clock, timers) {
  patchDateTimeFormat(clock);
  const { DOMException } = globalThis;
  AbortSignal.timeout = (/** @type {number} */ ms) => {
    const controller = new AbortController();
    timers.setTimeout(() => controller.abort(new DOMException("The operation timed out", "TimeoutError")), ms);
    return controller.signal;
  };
}

/** What a callback throws is a rejection that nobody handled; the engines' own lose it, or end by it. @param {any} callback */
function queueMicrotask(callback) {
  if (typeof callback !== "function") throw new TypeError("queueMicrotask expects a function");
  void afterNow(callback);
}

/** @param {() => unknown} callback */
async function afterNow(callback) {
  await undefined;
  callback();
}

const DELAY_MAX_MS = 2_147_483_647;

/** @typedef {{ id: number, due: number, call: number, ms: number, repeat: boolean, ring: () => void }} Timer */

/**
 * Timers that the host rings. A ring says only that time has passed, and runs the timer that is due first: so they run
 * in the order of their times, however late the host read one of them.
 * @param {import("./host-calls.js").HostCalls} host
 * @param {Clock} clock
 */
export function createTimers(host, clock) {
  /** @type {Map<number, Timer>} */
  const timers = new Map();
  /** Whose ring an answer of the host is. @type {Map<number, Timer>} */
  const byCall = new Map();
  /** All of them, the one due first at the end. @type {Timer[]} */
  const queue = [];
  let lastId = 0;

  /** Where those due no later than `due` begin. @param {number} due */
  function placeOf(due) {
    let low = 0;
    let high = queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (/** @type {Timer} */ (queue[middle]).due > due) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** @param {Timer} timer */
  function arm(timer) {
    timer.due = clock.peek() + timer.ms;
    queue.splice(placeOf(timer.due), 0, timer);
    const call = host.start("timer", { ms: timer.ms }, (_, error) => {
      if (error === undefined) ring(call);
    });
    timer.call = call;
    byCall.set(call, timer);
  }

  /** @param {number} call */
  function ring(call) {
    const own = /** @type {Timer} */ (byCall.get(call));
    byCall.delete(call);
    const first = /** @type {Timer} */ (queue.pop());
    if (first !== own) {
      // The ring of the one that runs is still to come: it is the other's now.
      own.call = first.call;
      byCall.set(own.call, own);
    }
    if (first.repeat) arm(first);
    else timers.delete(first.id);
    first.ring();
  }

  /** @param {any} callback @param {any} delay @param {any[]} args @param {boolean} repeat */
  function add(callback, delay, args, repeat) {
    if (typeof callback !== "function") throw new TypeError("A timer expects a function");
    lastId += 1;
    const ms = Math.min(Math.max(Math.trunc(Number(delay)) || 0, repeat ? 1 : 0), DELAY_MAX_MS);
    const timer = { id: lastId, due: 0, call: 0, ms, repeat, ring: () => callback(...args) };
    timers.set(timer.id, timer);
    arm(timer);
    return timer.id;
  }

  /** @param {any} id */
  function clear(id) {
    const timer = timers.get(Number(id));
    if (timer === undefined) return;
    timers.delete(timer.id);
    byCall.delete(timer.call);
    queue.splice(queue.indexOf(timer, placeOf(timer.due)), 1);
    host.forget(timer.call);
  }

  return {
    /** @param {any} callback @param {any} [delay] @param {any[]} args */
    setTimeout: (callback, delay, ...args) => add(callback, delay, args, false),
    /** @param {any} callback @param {any} [delay] @param {any[]} args */
    setInterval: (callback, delay, ...args) => add(callback, delay, args, true),
    clearTimeout: clear,
    clearInterval: clear,
    queueMicrotask,
    /** Timers still running. */
    open: () => timers.size,
    reset() {
      timers.clear();
      byCall.clear();
      queue.length = 0;
      lastId = 0;
    },
  };
}
//# sourceURL=sluice:guest/world.js
