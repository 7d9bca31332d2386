import { limits } from "../base/limits.ts";
import { toNearest } from "../base/nearest.ts";
import { buildIndex, skillGroup } from "./build-index.ts";
import type { SearchIndex } from "./build-index.ts";
import type { Catalogue, CatalogueView } from "./catalogue.ts";
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
  /** The catalogue that was searched: what servers have listed since is not in it. */
  searched: CatalogueView;
}

type Found = Omit<SearchHits, "searched">;

/** Search over the tools and skills as they are at each call. */
export interface Search {
  search(query: string, options?: SearchOptions): Promise<SearchHits>;
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
  let held: { view: CatalogueView; skills: readonly Skill[]; index: Promise<SearchIndex> } | undefined;

  async function toIndex(view: CatalogueView, skills: readonly Skill[]): Promise<SearchIndex> {
    if (held?.view !== view || held.skills !== skills)
      held = { view, skills, index: buildIndex(catalogue, skills, options.file) };
    return await held.index;
  }

  async function find(
    view: CatalogueView,
    skills: readonly Skill[],
    query: string,
    { limit: wanted = 10, server }: SearchOptions,
  ): Promise<Found> {
    const limit = Math.max(1, wanted);
    const scope = server === undefined ? undefined : view.server(server);
    if (server === "skills" && scope === undefined) return listSkills(skills, query, limit);
    if (server !== undefined && scope === undefined) {
      const near = toNearest(
        server,
        view.servers().map(({ key }) => key),
      );
      const guess = near === undefined ? "" : ` Did you mean ${JSON.stringify(near)}?`;
      const hint = `No server ${JSON.stringify(server)}.${guess} ${toServerList(view)}`;
      return { hits: [], total: 0, truncated: false, hint };
    }
    const text = query.slice(0, limits.searchQueryCharsMax);
    if (text.trim() === "") return scope === undefined ? listAll(view, skills, limit) : listServer(scope, limit);
    const index = await toIndex(view, skills);
    const servers = index.groupsNamedIn(toQueryTerms(text).map(({ term }) => term));
    const { documents, total } = index.rank(parseQuery(index.terms, text), {
      max: limit,
      ...(scope === undefined ? {} : { accepts: (document: number) => index.groupOf(document) === scope.key }),
      isNamed: (document) => servers.has(index.groupOf(document)),
      isPreferred: (document) => index.groupOf(document) === skillGroup,
    });
    const hits = documents.flatMap((document) => index.document(document) ?? []);
    const hint = total === 0 ? toEmptyHint(view, index, text, scope) : undefined;
    return { hits, total, truncated: hits.length < total, ...(hint === undefined ? {} : { hint }) };
  }

  return {
    async search(query, searchOptions = {}) {
      const skills = await readSkills();
      const searched = catalogue.snapshot();
      return { ...(await find(searched, skills, query, searchOptions)), searched };
    },
  };
}

const toHit = (tool: Tool): SearchHit => ({ kind: "tool", tool });

function listServer({ key, tools, fetchedAt }: CatalogueServer, limit: number): Found {
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

/** The skills alone: all of them, or those that have a word of the query. */
function listSkills(skills: readonly Skill[], query: string, limit: number): Found {
  const words = query.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const found = skills.filter(({ name, description }) => {
    const text = `${name} ${description}`.toLowerCase();
    return words.length === 0 || words.some((word) => text.includes(word));
  });
  const hits = found.slice(0, limit).map((skill): SearchHit => ({ kind: "skill", skill }));
  const hint =
    skills.length === 0
      ? "No skill has been saved"
      : found.length === 0
        ? "No skill has one of these words"
        : undefined;
  return { hits, total: found.length, truncated: hits.length < found.length, ...(hint === undefined ? {} : { hint }) };
}

function listAll(catalogue: CatalogueView, skills: readonly Skill[], limit: number): Found {
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
  catalogue: CatalogueView,
  { terms, spelling }: SearchIndex,
  query: string,
  scope: CatalogueServer | undefined,
): string {
  const suggested = new Set<string>();
  for (const { word, term } of toQueryTerms(query).slice(0, limits.searchGuessedMax)) {
    const start = term.slice(0, 4);
    for (const { id } of [...terms.near(word, term, 2), ...terms.near(start, start, 2)]) {
      const near = terms.terms[id] as string;
      suggested.add(spelling.get(near) ?? near);
    }
  }
  const near = suggested.size === 0 ? "" : ` Near it: ${[...suggested].slice(0, 6).join(", ")}.`;
  if (scope === undefined) return `Nothing found.${near} ${toServerList(catalogue)}`;
  return `Nothing found in ${scope.key}.${near} An empty query with this server lists all its tools; without server all are searched.`;
}

/** The servers' names, so that a search that finds nothing still tells where to look. */
function toServerList(catalogue: CatalogueView): string {
  const servers = catalogue.servers();
  if (servers.length === 0) return "No server is configured.";
  const shown = servers.slice(0, limits.searchServersNamedMax).map(({ key }) => `${key} (${catalogue.toolCount(key)})`);
  const more = servers.length > shown.length ? `, and ${servers.length - shown.length} more` : "";
  return `Servers (tools): ${shown.join(", ")}${more}.`;
}
