// What a program calls: server objects with a function per tool, and the modules that imports name.

/** A tool call that failed: the upstream's own words, and a code of `docs/errors.md`. */
export class ToolError extends Error {
  /** @param {{ tool?: string, code: string, message: string, hint?: string }} error */
  constructor(error) {
    super(error.message);
    this.tool = error.tool;
    this.code = error.code;
    if (error.hint !== undefined) this.hint = error.hint;
  }
}
Object.defineProperty(ToolError.prototype, "name", { value: "ToolError", writable: true, configurable: true });

/**
 * An error as the host described it, as the program catches it.
 * @param {string} op
 * @param {any} error
 */
export function toGuestError(op, error) {
  if (op === "tool") return new ToolError(error);
  const own = op === "fetch" || op === "fetchRest" ? new TypeError(error.message) : new Error(error.message);
  for (const key of ["code", "path", "syscall", "hint"])
    if (error[key] !== undefined) Object.assign(own, { [key]: error[key] });
  return own;
}

/**
 * One server as the start frame describes it.
 * @typedef {{ key: string, identifier: string, global: boolean, tools: Record<string, string>, unavailable?: string }} GuestServer
 */

/** @param {import("./host-calls.js").HostCalls} host */
export function createTools(host) {
  /** @type {Map<string, Readonly<Record<string, Function>>>} */
  let servers = new Map();

  /** @param {string} tool @param {unknown} [input] */
  const callTool = (tool, input) => call(tool, input, new Error());

  /** @param {string} tool @param {unknown} input @param {Error} site where the program calls from */
  function call(tool, input, site) {
    // For a person who is asked about the call.
    const [, line] = /program\.ts:(\d+)/.exec(site.stack ?? "") ?? [];
    return host.call("tool", { tool, arguments: input ?? {}, line: line === undefined ? 0 : Number(line) }, site);
  }

  /** @param {string} name @param {string} address */
  function createStub(name, address) {
    const stub = (/** @type {unknown} */ input) => call(address, input, new Error());
    Object.defineProperty(stub, "name", { value: name, configurable: true });
    return stub;
  }

  /** @param {GuestServer} server */
  function createServer(server) {
    /** @type {Record<string, Function>} */
    const tools = {};
    for (const [name, address] of Object.entries(server.tools)) {
      Object.defineProperty(tools, name, { value: createStub(name, address), enumerable: true });
      // The tool's original name works too, where it is not the call name of another.
      const original = address.slice(server.key.length + 1);
      const isTaken = original === "then" || original === "default";
      if (!isTaken && !(original in server.tools) && !(original in tools))
        Object.defineProperty(tools, original, { value: tools[name] });
    }
    if (server.unavailable === undefined) return Object.freeze(tools);
    // Its tools are not known: any name may be one, and calling it says why nothing can be called.
    return new Proxy(Object.freeze(tools), {
      get(target, key) {
        if (typeof key !== "string" || key === "then" || key === "toJSON" || key in target)
          return Reflect.get(target, key);
        return createStub(key, `${server.key}.${key}`);
      },
    });
  }

  return {
    callTool,
    /** @param {GuestServer[]} described */
    define(described) {
      servers = new Map(described.map((server) => [server.key, createServer(server)]));
      /** @type {Record<string, any>} */
      const byIdentifier = {};
      for (const server of described)
        Object.defineProperty(byIdentifier, server.identifier, { value: servers.get(server.key), enumerable: true });
      for (const server of described)
        if (!(server.key in byIdentifier))
          Object.defineProperty(byIdentifier, server.key, { value: servers.get(server.key) });
      return Object.freeze(byIdentifier);
    },
    /** @param {string} key */
    server: (key) => servers.get(key),
    /** A server that the start frame did not hold: it was named at run time. @param {GuestServer} described */
    add(described) {
      const known = servers.get(described.key) ?? createServer(described);
      servers.set(described.key, known);
      return known;
    },
  };
}
//# sourceURL=sluice:guest/tools.js
