// `fetch`: a host call. The host checks where it goes; here is only what a program sees of it.

/** @typedef {[name: string, value: string][]} HeaderList */

/** @param {any} given @returns {HeaderList} */
function toHeaderList(given) {
  if (given === undefined || given === null) return [];
  if (typeof given !== "object") throw new TypeError(`Headers are an object, not a ${typeof given}`);
  const pairs =
    typeof given.entries === "function" && !Array.isArray(given)
      ? [...given.entries()]
      : Array.isArray(given)
        ? given
        : Object.entries(given);
  return pairs.map(([name, value]) => [String(name), String(value).trim()]);
}

/** @param {any} body @returns {{ text?: string, base64?: string, type?: string }} */
function toBody(body) {
  if (body === undefined || body === null) return {};
  if (typeof body === "string") return { text: body, type: "text/plain;charset=UTF-8" };
  if (body instanceof URLSearchParams)
    return { text: String(body), type: "application/x-www-form-urlencoded;charset=UTF-8" };
  if (ArrayBuffer.isView(body))
    return { base64: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("base64") };
  if (body instanceof ArrayBuffer) return { base64: Buffer.from(body).toString("base64") };
  throw new TypeError(
    `The body of a request is a string, URLSearchParams, a Buffer or a typed array, not ${typeof body}: use JSON.stringify(data)`,
  );
}

/** The headers of a response: read-only. @param {HeaderList} list */
function createHeaders(list) {
  /** @type {Map<string, string>} */
  const joined = new Map();
  for (const [name, value] of list) {
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const sorted = new Map([...joined].sort(([a], [b]) => (a < b ? -1 : 1)));
  return Object.freeze({
    get: (/** @type {any} */ name) => sorted.get(String(name).toLowerCase()) ?? null,
    has: (/** @type {any} */ name) => sorted.has(String(name).toLowerCase()),
    getSetCookie: () => list.filter(([name]) => name === "set-cookie").map(([, value]) => value),
    entries: () => sorted.entries(),
    keys: () => sorted.keys(),
    values: () => sorted.values(),
    forEach: (/** @type {Function} */ callback) => sorted.forEach((value, name) => callback(value, name)),
    [Symbol.iterator]: () => sorted.entries(),
  });
}

/** What `fetch` gives: as much of the web's Response as programs use. */
class Response {
  /** @type {Uint8Array} */
  #body;
  #used = false;
  /** @type {any} */
  #head;

  /** @param {any} head @param {Uint8Array} body */
  constructor(head, body) {
    this.#head = head;
    this.#body = body;
    this.ok = head.status >= 200 && head.status < 300;
    this.status = head.status;
    this.statusText = head.statusText;
    this.url = head.url;
    this.redirected = head.redirected;
    this.type = "basic";
    this.headers = createHeaders(head.headers);
  }
  get bodyUsed() {
    return this.#used;
  }
  #take() {
    if (this.#used) throw new TypeError("The body was read before: keep what the first reading gave");
    this.#used = true;
    return this.#body;
  }
  async bytes() {
    return new Uint8Array(this.#take());
  }
  async arrayBuffer() {
    return new Uint8Array(this.#take()).buffer;
  }
  async text() {
    return new TextDecoder().decode(this.#take());
  }
  async json() {
    return JSON.parse(await this.text());
  }
  clone() {
    if (this.#used) throw new TypeError("The body was read before: clone the response first");
    return new Response(this.#head, this.#body);
  }
  get body() {
    throw new TypeError("response.body is not available in the sandbox: use text(), json(), bytes() or arrayBuffer()");
  }
  async blob() {
    throw new TypeError("response.blob is not available in the sandbox: use bytes() or arrayBuffer()");
  }
  async formData() {
    throw new TypeError("response.formData is not available in the sandbox: use text()");
  }
}

/** @param {import("./host-calls.js").HostCalls} host */
export function createFetch(host) {
  /** A host call that a signal can end. @param {string} op @param {object} args @param {any} signal @param {Error} site */
  function callUntilAborted(op, args, signal, site) {
    return new Promise((resolve, reject) => {
      const id = host.start(
        op,
        args,
        (value, error) => {
          signal?.removeEventListener("abort", abort);
          if (error === undefined) resolve(value);
          else reject(error);
        },
        site,
      );
      function abort() {
        host.abandon(id);
        reject(signal.reason);
      }
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  /** @param {any} input @param {any} [init] */
  return async function fetch(input, init = {}) {
    const site = new Error();
    const { method = "GET", headers, body, redirect = "follow", signal } = init ?? {};
    signal?.throwIfAborted();
    const { type, ...content } = toBody(body);
    const list = toHeaderList(headers);
    if (type !== undefined && !list.some(([name]) => name.toLowerCase() === "content-type"))
      list.push(["content-type", type]);
    const url = String(typeof input === "object" && input !== null && "url" in input ? input.url : input);
    let part = await callUntilAborted(
      "fetch",
      { url, method: String(method), headers: list, redirect: String(redirect), ...content },
      signal,
      site,
    );
    const { base64: _, rest: __, ...head } = part;
    const pieces = [Buffer.from(part.base64, "base64")];
    while (part.rest !== undefined) {
      part = await callUntilAborted("fetchRest", { id: part.rest }, signal, site);
      pieces.push(Buffer.from(part.base64, "base64"));
    }
    return new Response(head, pieces.length === 1 ? pieces[0] : Buffer.concat(pieces));
  };
}
//# sourceURL=sluice:guest/fetch.js
