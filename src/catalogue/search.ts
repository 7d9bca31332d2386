import { setImmediate as nextTurn } from "node:timers/promises";
import { isJsonObject } from "../base/json.ts";
import type { JsonSchema } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { Catalogue } from "./catalogue.ts";
import type { CatalogueServer, Tool } from "./tool.ts";
import { createTermIndex } from "./term-index.ts";
import type { QueryTerm, TermIndex } from "./term-index.ts";
import { toTerm, toWords } from "./words.ts";

/** How much to find and where. */
export interface SearchOptions {
  /** Tools to answer with, from 1; default 10. `Infinity` for all. */
  limit?: number;
  /** Only this server, by key or identifier. */
  server?: string;
}

/** The tools found, best first; `hint` says what to try where there is less than was asked for. */
export interface SearchHits {
  tools: Tool[];
  /** How many were found in all. */
  total: number;
  /** Whether `tools` is fewer than `total`. */
  truncated: boolean;
  hint?: string;
}

/** Search over the catalogue as it is at each call; the index is built when first needed, in slices of a few milliseconds. */
export interface Search {
  search(query: string, options?: SearchOptions): Promise<SearchHits>;
  /** Builds the index ahead of need. */
  warm(): Promise<void>;
}

interface Index {
  terms: TermIndex;
  tools: readonly Tool[];
  /** Term → the word it was first seen as, to be shown. */
  spelling: ReadonlyMap<string, string>;
}

/** Longest stretch of index building before other work gets a turn, in milliseconds. */
const sliceMs = 8;
/** Name, server, description, parameters. */
const fields = [
  { boost: 3, lengthWeight: 0.5 },
  { boost: 2, lengthWeight: 0.3 },
  { boost: 1, lengthWeight: 0.6 },
  { boost: 0.5, lengthWeight: 0.6 },
];

/** Makes the search of a catalogue; it holds one index, replaced when the catalogue's version changes. */
export function createSearch(catalogue: Catalogue): Search {
  let building: { version: number; index: Promise<Index> } | undefined;

  function index(): Promise<Index> {
    if (building?.version !== catalogue.version)
      building = { version: catalogue.version, index: buildIndex(catalogue) };
    return building.index;
  }

  return {
    warm: async () => void (await index()),
    async search(query, options = {}) {
      const limit = Math.max(1, options.limit ?? 10);
      const scope = options.server === undefined ? undefined : catalogue.server(options.server);
      if (options.server !== undefined && scope === undefined) {
        return {
          tools: [],
          total: 0,
          truncated: false,
          hint: `No server ${JSON.stringify(options.server)}. ${toServerList(catalogue)}`,
        };
      }
      const text = query.slice(0, limits.searchQueryCharsMax);
      if (text.trim() === "") return listTools(catalogue, scope, limit);
      const built = await index();
      const { tools, total } = rank(built, text, limit, scope);
      const hint = total === 0 ? toEmptyHint(catalogue, built, text, scope) : undefined;
      return { tools, total, truncated: tools.length < total, ...(hint === undefined ? {} : { hint }) };
    },
  };
}

function listTools(catalogue: Catalogue, scope: CatalogueServer | undefined, limit: number): SearchHits {
  if (scope !== undefined) {
    const tools = scope.tools.slice(0, limit);
    const truncated = tools.length < scope.tools.length;
    const hint =
      scope.tools.length === 0
        ? scope.fetchedAt === undefined
          ? `The tools of ${scope.key} are not known yet: it has not been reached.`
          : `The server ${scope.key} has no tools.`
        : undefined;
    return { tools, total: scope.tools.length, truncated, ...(hint === undefined ? {} : { hint }) };
  }
  const tools: Tool[] = [];
  let total = 0;
  for (const server of catalogue.servers()) {
    total += catalogue.toolCount(server.key);
    if (tools.length < limit && catalogue.toolCount(server.key) > 0)
      tools.push(...server.tools.slice(0, limit - tools.length));
  }
  return {
    tools,
    total,
    truncated: tools.length < total,
    hint: `Give a query, or a server to list it completely. ${toServerList(catalogue)}`,
  };
}

async function buildIndex(catalogue: Catalogue): Promise<Index> {
  const terms = createTermIndex(fields);
  const tools: Tool[] = [];
  const spelling = new Map<string, string>();
  const known = new Map<string, string | undefined>();
  const toTerms = (text: string): string[] => {
    const found: string[] = [];
    for (const word of toWords(text.slice(0, limits.searchTextCharsMax))) {
      let term = known.get(word);
      if (term === undefined && !known.has(word)) {
        term = toTerm(word);
        known.set(word, term);
        if (term !== undefined && !spelling.has(term)) spelling.set(term, word);
      }
      if (term !== undefined) found.push(term);
    }
    return found;
  };
  let sliceEnd = performance.now() + sliceMs;
  for (const server of catalogue.servers()) {
    for (const tool of server.tools) {
      const description = `${tool.title ?? ""} ${tool.description ?? ""}`;
      terms.add([tool.name, tool.server, description, toParameterText(tool.inputSchema)].map(toTerms));
      tools.push(tool);
      if (performance.now() < sliceEnd) continue;
      await nextTurn();
      sliceEnd = performance.now() + sliceMs;
    }
  }
  return { terms, tools, spelling };
}

function toParameterText(schema: JsonSchema): string {
  const properties = isJsonObject(schema) ? schema["properties"] : undefined;
  if (!isJsonObject(properties)) return "";
  const parts: string[] = [];
  let length = 0;
  for (const [name, property] of Object.entries(properties)) {
    const description = isJsonObject(property) ? property["description"] : undefined;
    parts.push(name, typeof description === "string" ? description : "");
    length += (parts.at(-1) ?? "").length + name.length;
    if (length > limits.searchTextCharsMax) break;
  }
  return parts.join(" ");
}

function rank(
  index: Index,
  query: string,
  max: number,
  scope: CatalogueServer | undefined,
): { tools: Tool[]; total: number } {
  const toolOf = (document: number): Tool => index.tools[document] as Tool;
  let guesses = 0;
  // a word that no tool has may be misspelt or cut short; one that some have is meant as it is
  const groups = toQueryTerms(query).map((term): QueryTerm[] => {
    if (index.terms.has(term)) return [{ term, weight: 1 }];
    guesses += 1;
    return guesses > limits.searchGuessedMax
      ? []
      : index.terms.near(term, 8).map((near) => ({ term: near, weight: 0.5 }));
  });
  const { documents, total } = index.terms.search(
    groups,
    max,
    (document) => scope === undefined || toolOf(document).server === scope.key,
  );
  return { tools: documents.map(toolOf), total };
}

function toQueryTerms(query: string): string[] {
  const words = toWords(query).slice(0, limits.searchQueryTermsMax);
  const terms = words.map(toTerm).filter((term) => term !== undefined);
  // a query of stop words only ("what can you do") still asks for something that may be called so
  return [...new Set(terms.length > 0 ? terms : words)];
}

function toEmptyHint(catalogue: Catalogue, index: Index, query: string, scope: CatalogueServer | undefined): string {
  const suggested = new Set<string>();
  for (const term of toQueryTerms(query)) {
    for (const near of [...index.terms.near(term, 2), ...index.terms.near(term.slice(0, 4), 2)])
      suggested.add(index.spelling.get(near) ?? near);
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
