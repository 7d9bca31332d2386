// AbortController and AbortSignal, with the part of EventTarget and Event that they show.

const KEY = Symbol("AbortController");

/** What is told to a listener. */
class AbortEvent {
  type = "abort";
  isTrusted = true;
  defaultPrevented = false;
  /** @param {AbortSignal} target */
  constructor(target) {
    this.target = target;
    this.currentTarget = target;
  }
  preventDefault() {}
  stopPropagation() {}
  stopImmediatePropagation() {}
}

export class AbortSignal {
  /** @type {unknown} */
  #reason;
  #aborted = false;
  /** @type {Map<any, { once: boolean }>} */
  #listeners = new Map();
  /** @type {((event: AbortEvent) => void) | null} */
  onabort = null;

  /** @param {unknown} key */
  constructor(key) {
    if (key !== KEY) throw new TypeError("An AbortSignal comes from an AbortController");
    Object.defineProperty(this, "onabort", { enumerable: false });
  }

  get aborted() {
    return this.#aborted;
  }
  get reason() {
    return this.#reason;
  }
  throwIfAborted() {
    if (this.#aborted) throw this.#reason;
  }
  /** @param {string} type @param {any} listener @param {any} [options] */
  addEventListener(type, listener, options) {
    if (type !== "abort" || listener === null || listener === undefined || this.#listeners.has(listener)) return;
    this.#listeners.set(listener, { once: options?.once === true });
    options?.signal?.addEventListener("abort", () => this.#listeners.delete(listener), { once: true });
  }
  /** @param {string} type @param {any} listener */
  removeEventListener(type, listener) {
    if (type === "abort") this.#listeners.delete(listener);
  }
  dispatchEvent() {
    throw new TypeError("AbortSignal.dispatchEvent is not available: use AbortController.abort");
  }
  get [Symbol.toStringTag]() {
    return "AbortSignal";
  }

  /** @param {AbortSignal} signal @param {unknown} reason */
  static #abort(signal, reason) {
    if (signal.#aborted) return;
    signal.#aborted = true;
    signal.#reason = reason === undefined ? new DOMException("This operation was aborted", "AbortError") : reason;
    const event = new AbortEvent(signal);
    /** @param {() => void} call */
    const tell = (call) => {
      try {
        call();
      } catch (error) {
        // As in every engine, a listener that throws stops no other; nobody can catch it.
        void Promise.reject(error);
      }
    };
    const listeners = [...signal.#listeners];
    if (typeof signal.onabort === "function") {
      const { onabort } = signal;
      tell(() => onabort.call(signal, event));
    }
    for (const [listener, { once }] of listeners) {
      if (!signal.#listeners.has(listener)) continue;
      if (once) signal.#listeners.delete(listener);
      tell(() => (typeof listener === "function" ? listener.call(signal, event) : listener.handleEvent(event)));
    }
  }
  /** @param {AbortSignal} signal @param {unknown} reason */
  static [KEY](signal, reason) {
    AbortSignal.#abort(signal, reason);
  }
  /** @param {unknown} [reason] */
  static abort(reason) {
    const signal = new AbortSignal(KEY);
    AbortSignal.#abort(signal, reason);
    return signal;
  }
  /** @param {Iterable<AbortSignal>} signals */
  static any(signals) {
    const all = [...signals];
    const signal = new AbortSignal(KEY);
    const first = all.find(({ aborted }) => aborted);
    if (first !== undefined) AbortSignal.#abort(signal, first.reason);
    else
      for (const source of all)
        source.addEventListener("abort", () => AbortSignal.#abort(signal, source.reason), { once: true });
    return signal;
  }
  // The runner puts its own in place: time comes from the host.
  static timeout() {
    throw new TypeError("AbortSignal.timeout is not ready");
  }
}

const abort = /** @type {any} */ (AbortSignal)[KEY];
Reflect.deleteProperty(AbortSignal, KEY);

export class AbortController {
  #signal = new AbortSignal(KEY);
  get signal() {
    return this.#signal;
  }
  /** @param {unknown} [reason] */
  abort(reason) {
    abort(this.#signal, reason);
  }
  get [Symbol.toStringTag]() {
    return "AbortController";
  }
}
