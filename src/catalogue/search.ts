import { limits } from "../base/limits.ts";
import { buildIndex } from "./build-index.ts";
import type { SearchIndex } from "./build-index.ts";
import type { Catalogue } from "./catalogue.ts";
import { parseQuery, toQueryTerms } from "./query.ts";
import type { Skill } from "./skill.ts";
import type { CatalogueServer, Tool } from "./tool.ts";

/** How much to find and where. */
export interface SearchOptions {
  /** Documents to answer with, from 1; default 10. `Infinity` for all. */
  limit?: number;
  /** Only the tools of this server, by key or identifier. */
  server?: string;
}

/** One document that was found. */
export type SearchHit = { kind: "tool"; tool: Tool } | { kind: "skill"; skill: Skill };

/** What was found, best first; `hint` says what to try where there is less than was asked for. */
export interface SearchHits {
  hits: SearchHit[];
  /** How many were found in all. */
  total: number;
  /** Whether `hits` is fewer than `total`. */
  truncated: boolean;
  hint?: string;
}

/** Search over the tools and skills as they are at each call. */
export interface Search {
  search(query: string, options?: SearchOptions): Promise<SearchHits>;
  /** Loads or builds the index ahead of need. */
  warm(): Promise<void>;
}

/** Makes the search of a catalogue and, if given, of skills; it holds one index, replaced when either has changed. */
export function createSearch(
  catalogue: Catalogue,
  options: {
    /** Where the index is kept for the next process; nowhere without it. */
    file?: string;
    /** The skills as they are; the same array until they change. */
    skills?: () => Promise<readonly Skill[]>;
  } = {},
): Search {
  const noSkills: readonly Skill[] = [];
  const readSkills = options.skills ?? (async () => Promise.resolve(noSkills));
  let held: { version: number; skills: readonly Skill[]; index: Promise<SearchIndex> } | undefined;

  async function toIndex(): Promise<SearchIndex> {
    const skills = await readSkills();
    if (held?.version !== catalogue.version || held.skills !== skills) {
      held = { version: catalogue.version, skills, index: buildIndex(catalogue, skills, options.file) };
    }
    return await held.index;
  }

  return {
    warm: async () => void (await toIndex()),
    async search(query, { limit: wanted = 10, server } = {}) {
      const limit = Math.max(1, wanted);
      const scope = server === undefined ? undefined : catalogue.server(server);
      if (server !== undefined && scope === undefined) {
        const hint = `No server ${JSON.stringify(server)}. ${toServerList(catalogue)}`;
        return { hits: [], total: 0, truncated: false, hint };
      }
      const text = query.slice(0, limits.searchQueryCharsMax);
      if (text.trim() === "") {
        return scope === undefined ? listAll(catalogue, await readSkills(), limit) : listServer(scope, limit);
      }
      const index = await toIndex();
      const servers = index.groupsNamedIn(toQueryTerms(text).map(({ term }) => term));
      const { documents, total } = index.rank(parseQuery(index.terms, text), {
        max: limit,
        ...(scope === undefined ? {} : { accepts: (document: number) => index.groupOf(document) === scope.key }),
        isNamed: (document) => servers.has(index.groupOf(document)),
      });
      const hits = documents.flatMap((document) => index.document(document) ?? []);
      const hint = total === 0 ? toEmptyHint(catalogue, index, text, scope) : undefined;
      return { hits, total, truncated: hits.length < total, ...(hint === undefined ? {} : { hint }) };
    },
  };
}

const toHit = (tool: Tool): SearchHit => ({ kind: "tool", tool });

function listServer({ key, tools, fetchedAt }: CatalogueServer, limit: number): SearchHits {
  const hits = tools.slice(0, limit).map(toHit);
  const empty =
    fetchedAt === undefined
      ? `The tools of ${key} are not known yet: it has not been reached.`
      : `The server ${key} has no tools.`;
  return {
    hits,
    total: tools.length,
    truncated: hits.length < tools.length,
    ...(tools.length === 0 ? { hint: empty } : {}),
  };
}

function listAll(catalogue: Catalogue, skills: readonly Skill[], limit: number): SearchHits {
  const hits: SearchHit[] = [];
  let total = skills.length;
  for (const server of catalogue.servers()) {
    const count = catalogue.toolCount(server.key);
    total += count;
    if (hits.length < limit && count > 0) hits.push(...server.tools.slice(0, limit - hits.length).map(toHit));
  }
  hits.push(...skills.slice(0, limit - hits.length).map((skill): SearchHit => ({ kind: "skill", skill })));
  return {
    hits,
    total,
    truncated: hits.length < total,
    hint: `Give a query, or a server to list it completely. ${toServerList(catalogue)}`,
  };
}

function toEmptyHint(
  catalogue: Catalogue,
  { terms, spelling }: SearchIndex,
  query: string,
  scope: CatalogueServer | undefined,
): string {
  const suggested = new Set<string>();
  for (const { term } of toQueryTerms(query).slice(0, limits.searchGuessedMax)) {
    for (const id of [...terms.near(term, 2), ...terms.near(term.slice(0, 4), 2)]) {
      const near = terms.terms[id] as string;
      suggested.add(spelling.get(near) ?? near);
    }
  }
  const near = suggested.size === 0 ? "" : ` Near it: ${[...suggested].slice(0, 6).join(", ")}.`;
  if (scope === undefined) return `Nothing found.${near} ${toServerList(catalogue)}`;
  return `Nothing found in ${scope.key}.${near} An empty query with this server lists all its tools; without server all are searched.`;
}

/** The servers' names, so that a search that finds nothing still tells where to look. */
function toServerList(catalogue: Catalogue): string {
  const servers = catalogue.servers();
  if (servers.length === 0) return "No server is configured.";
  const shown = servers.slice(0, limits.searchServersNamedMax).map(({ key }) => `${key} (${catalogue.toolCount(key)})`);
  const more = servers.length > shown.length ? `, and ${servers.length - shown.length} more` : "";
  return `Servers (tools): ${shown.join(", ")}${more}.`;
}
