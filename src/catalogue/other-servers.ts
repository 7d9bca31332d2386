import type { OtherServers } from "./flags.ts";

/** A server by all its names, and what its tools are called. */
interface Named {
  key: string;
  identifier: string;
  toolNames: readonly string[];
}

/**
 * Who speaks of whose tools: a text of one server that has a tool of another one in it, by its address (`crm.send`,
 * `crm__send`, `mcp__crm__send`) or by a name that only that server has and that is no word of a language (`send_mail`).
 */
export function createOtherServers(servers: readonly Named[]): (own: string) => OtherServers {
  const owners = new Map<string, Set<string>>();
  for (const { key, toolNames } of servers) {
    for (const name of toolNames.filter(isNoWord)) {
      const known = owners.get(name);
      if (known === undefined) owners.set(name, new Set([key]));
      else known.add(key);
    }
  }
  const toolsOf = new Map<string, ReadonlySet<string>>();
  for (const { key, identifier, toolNames } of servers) {
    const names = new Set(toolNames);
    for (const name of [key, identifier]) if (!toolsOf.has(name)) toolsOf.set(name, names);
  }
  const byName = new Map<string, string>();
  for (const { key, identifier } of servers) for (const name of [identifier, key]) byName.set(name, key);

  return (own) => ({
    find(text) {
      for (const [word] of text.matchAll(/[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*/gu)) {
        if (isOthersTool(word, own)) return word;
      }
      return undefined;
    },
  });

  function isOthersTool(word: string, own: string): boolean {
    const bare = word.replace(/^mcp__/, "");
    const only = owners.get(bare);
    if (only !== undefined && !only.has(own) && only.size === 1) return true;
    for (const separator of [".", "__"]) {
      const at = bare.indexOf(separator);
      const server = at <= 0 ? undefined : byName.get(bare.slice(0, at));
      if (server === undefined || server === own) continue;
      if (toolsOf.get(server)?.has(bare.slice(at + separator.length)) === true) return true;
    }
    return false;
  }
}

/** Two words at least, joined as in code: `send_mail`, `send-mail`, `sendMail`. */
function isNoWord(name: string): boolean {
  return name.length >= 8 && /[a-z\d][_-][a-z\d]|[a-z][A-Z]/.test(name);
}
