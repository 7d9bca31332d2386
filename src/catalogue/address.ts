import { createNearest } from "./nearest.ts";
import type { Tool } from "./tool.ts";

/** What a name that a program or a person wrote means. */
export type Resolution =
  | { kind: "found"; tool: Tool }
  /** The addresses of all it could mean. */
  | { kind: "ambiguous"; candidates: string[] }
  /** The addresses that look most like it, at most `limits.nearestMax`. */
  | { kind: "not-found"; nearest: string[] };

/** A server and its tools' names, which are read when they are needed. */
export interface ServerNames {
  key: string;
  identifier: string;
  /** Original name → call name. */
  callNames(): ReadonlyMap<string, string>;
}

/** Finds tools by every accepted form of their name, knowing names only. */
export interface AddressBook {
  resolve(name: string): Located | Exclude<Resolution, { kind: "found" }>;
}

/** A tool by its server's key and its own original name. */
export interface Located {
  kind: "found";
  server: string;
  tool: string;
}

interface Shelf {
  key: string;
  callNames: ReadonlyMap<string, string>;
  originals: ReadonlyMap<string, string>;
}

/** Makes the address book of these servers; it is for one version of the catalogue. */
export function createAddressBook(servers: readonly ServerNames[]): AddressBook {
  const byKey = new Map(servers.map((server) => [server.key, server]));
  const byIdentifier = new Map(servers.map((server) => [server.identifier, server]));
  const shelves = new Map<string, Shelf>();
  let everything: { bare: ReadonlyMap<string, readonly Located[]>; nearest: (name: string) => string[] } | undefined;

  function shelfOf(server: ServerNames): Shelf {
    let shelf = shelves.get(server.key);
    if (shelf === undefined) {
      const callNames = server.callNames();
      shelf = {
        key: server.key,
        callNames,
        originals: new Map([...callNames].map(([original, callName]) => [callName, original])),
      };
      shelves.set(server.key, shelf);
    }
    return shelf;
  }

  /** Names without a server need those of all servers: made when the first such name comes. */
  function all(): NonNullable<typeof everything> {
    if (everything !== undefined) return everything;
    const bare = new Map<string, Located[]>();
    const addresses: string[] = [];
    for (const server of servers) {
      for (const [original, callName] of shelfOf(server).callNames) {
        const located: Located = { kind: "found", server: server.key, tool: original };
        addresses.push(toAddress(located));
        for (const form of original === callName ? [original] : [original, callName]) {
          const known = bare.get(form);
          if (known === undefined) bare.set(form, [located]);
          // one tool's original name may be the call name of another of the same server: the original has it
          else if (known.at(-1)?.server !== server.key) known.push(located);
          else if (form === original) known[known.length - 1] = located;
        }
      }
    }
    let find: ((name: string) => string[]) | undefined;
    everything = { bare, nearest: (name) => (find ??= createNearest(addresses))(name) };
    return everything;
  }

  /** Every way to read `name` as server and tool around a separator; of canonical addresses only the one that has it. */
  function find(name: string, separator: "." | "__"): Located[] {
    const canonical: Located[] = [];
    const other: Located[] = [];
    for (let at = name.indexOf(separator, 1); at > 0; at = name.indexOf(separator, at + 1)) {
      const serverPart = name.slice(0, at);
      const toolPart = name.slice(at + separator.length);
      for (const server of new Set([byKey.get(serverPart), byIdentifier.get(serverPart)])) {
        if (server === undefined) continue;
        const shelf = shelfOf(server);
        const isOriginal = shelf.callNames.has(toolPart);
        const tool = isOriginal ? toolPart : shelf.originals.get(toolPart);
        if (tool === undefined) continue;
        const isCanonical = separator === "." && isOriginal && shelf.key === serverPart;
        (isCanonical ? canonical : other).push({ kind: "found", server: shelf.key, tool });
      }
    }
    // `a.b.c` may be tool `c` of server `a.b` and tool `b.c` of `a`: the longer key has it, always
    const longest = canonical.at(-1);
    return longest === undefined ? other : [longest];
  }

  function resolve(name: string): Located | Exclude<Resolution, { kind: "found" }> {
    // an identifier of one server may be the key of another, and a name holds several separators: all readings count
    // once; a bare name does not count beside them: no server can make another's address ambiguous by a tool's name
    let found: readonly Located[] = find(name, ".");
    if (found.length === 0) found = find(name, "__");
    if (found.length === 0) found = all().bare.get(name) ?? [];
    const candidates = new Set(found.map(toAddress));
    const [only] = found;
    if (only === undefined) return { kind: "not-found", nearest: all().nearest(name) };
    return candidates.size === 1 ? only : { kind: "ambiguous", candidates: [...candidates] };
  }
  return { resolve };
}

function toAddress({ server, tool }: Located): string {
  return `${server}.${tool}`;
}
