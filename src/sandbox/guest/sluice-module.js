// The module `sluice` of programs.

/** What a program may ask about a token: the host answers, and the value stays there. */
const questions = ["domain", "country", "last4", "ageBand", "same", "sortKey", "matches"];

/** @param {import("./host-calls.js").HostCalls} host */
function createQuestions(host) {
  const ask = questions.map((name) => [
    name,
    (/** @type {any[]} */ ...args) => host.call("pii", { name, arguments: args }, new Error()),
  ]);
  return Object.freeze(Object.fromEntries(ask));
}

/**
 * The module `sluice`.
 * @param {import("./host-calls.js").HostCalls} host
 * @param {{ callTool: Function }} tools
 */
export function createSluiceModule(host, tools) {
  const module = {
    callTool: tools.callTool,
    /** @param {string} query @param {any} [options] */
    searchTools: (query, options) => host.call("search", { query, options }, new Error()),
    /** @param {string} tool */
    describeTool: (tool) => host.call("describe", { tool }, new Error()),
    /** Saves a module as a skill, for later programs to import. @param {any} skill */
    saveSkill: (skill) => host.call("saveSkill", { ...skill }, new Error()),
    /** Says how far the program is. @param {number} done @param {number} [total] @param {string} [note] */
    progress: (done, total, note) => void host.call("progress", { done, total, note }).catch(() => undefined),
    pii: createQuestions(host),
  };
  return new Proxy(Object.freeze(module), {
    get(target, key) {
      if (typeof key !== "string" || key in target || key === "then" || key === "toJSON" || key === "default")
        return Reflect.get(target, key);
      throw new TypeError(`sluice.${key} is not available; there are: ${Object.keys(target).join(", ")}`);
    },
  });
}
//# sourceURL=sluice:guest/sluice-module.js
