import { limits } from "../base/limits.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Search, SearchHit } from "../catalogue/search.ts";
import type { Skill } from "../catalogue/skill.ts";
import type { Tool } from "../catalogue/tool.ts";
import { toFirstSentence } from "../codegen/jsdoc.ts";
import { toCallText } from "../codegen/pages.ts";
import { toSummary } from "../codegen/module.ts";
import type { ModuleTree } from "../codegen/module-tree.ts";
import { toModel } from "../gateway/to-model.ts";
import type { Discovery } from "./discovery.ts";
import type { SearchAnswer, SearchDetail, SearchResult } from "./outcome.ts";
import type { OpenPrivacy } from "./privacy.ts";
import { rerankCandidates } from "./rerank.ts";
import type { Rerank, RerankCandidate } from "./rerank.ts";
import { cleanAnswer, withMissing } from "./search-hint.ts";
import { readSearch } from "./search-options.ts";
import type { SkillFolder } from "./skill-folder.ts";

const LIMIT_DEFAULT = 10;
const LIMIT_DEFAULT_FULL = 3;

/** What answers of search are made of. */
export interface SearchParts {
  search: Search;
  catalogue: Catalogue;
  tree: ModuleTree;
  skills: SkillFolder;
  rerank?: Rerank | undefined;
  discovery: Discovery;
  privacy: OpenPrivacy;
}

/** Searches and renders the answer at the level of detail that was asked for; it says which servers were not searched. */
export async function searchTools(parts: SearchParts, asked: unknown, given: unknown): Promise<SearchAnswer> {
  const { query, options } = readSearch(asked, given);
  const { detail = "summary", server } = options;
  const isEmpty = query.trim() === "";
  // A server's own list is complete unless less was asked for.
  const isListing = isEmpty && server !== undefined;
  const limit =
    options.limit ??
    (isListing && detail !== "full"
      ? Number.POSITIVE_INFINITY
      : detail === "full"
        ? LIMIT_DEFAULT_FULL
        : LIMIT_DEFAULT);
  const { rerank } = isEmpty ? { rerank: undefined } : parts;
  const found = await parts.search.search(query, {
    limit: rerank === undefined ? limit : Math.max(limit, limits.rerankCandidatesMax),
    ...(server === undefined ? {} : { server }),
  });
  const { hits, problem } = await toOrder(rerank, query, found.hits);
  const shown = hits.slice(0, Math.max(1, limit));
  const rest =
    isListing && shown.length < found.total
      ? `${shown.length} of the ${found.total} tools of ${server} are shown; ask with limit ${found.total} for all, or with detail "summary"`
      : undefined;
  const hint = [found.hint, problem, rest].filter((text) => text !== undefined).join("\n");
  const answer = {
    results: await Promise.all(shown.map(async (hit) => await toHitResult(parts, hit, detail))),
    total: found.total,
    truncated: shown.length < found.total,
    ...(hint === "" ? {} : { hint: toModel(hint) }),
  };
  // Of the catalogue that was searched: a server that has answered meanwhile is not in it.
  const missing = parts.discovery.missing(found.searched);
  return cleanAnswer(withMissing(answer, missing), missing.length > 0, parts.privacy);
}

/** The hits as the caller's re-ranker orders the best of them. */
async function toOrder(
  rerank: Rerank | undefined,
  query: string,
  hits: readonly SearchHit[],
): Promise<{ hits: readonly SearchHit[]; problem?: string }> {
  const best = hits.slice(0, limits.rerankCandidatesMax);
  if (rerank === undefined || best.length < 2) return { hits };
  const { items, problem } = await rerankCandidates(rerank, query, best, toCandidate);
  return {
    hits: [...items, ...hits.slice(best.length)],
    ...(problem === undefined ? {} : { problem: `Ordered by words alone, because the re-ranker failed: ${problem}` }),
  };
}

function toCandidate(hit: SearchHit): RerankCandidate {
  const { id, name, server, description } =
    hit.kind === "tool"
      ? { ...hit.tool, id: hit.tool.address }
      : { ...hit.skill, id: toSkillId(hit.skill), server: "skills" };
  return { id, text: `${name} (${server}): ${description ?? ""}`.slice(0, limits.searchTextCharsMax) };
}

async function toHitResult(parts: SearchParts, hit: SearchHit, detail: SearchDetail): Promise<SearchResult> {
  return hit.kind === "tool" ? toResult(parts, hit.tool, detail) : await toSkillResult(parts, hit.skill, detail);
}

/** One tool as an answer of search. */
export function toResult(
  { catalogue, tree }: { catalogue: Catalogue; tree: ModuleTree },
  tool: Tool,
  detail: SearchDetail,
): SearchResult {
  const server = catalogue.server(tool.server);
  const result: SearchResult = {
    kind: "tool",
    id: tool.address,
    server: tool.server,
    call: server === undefined ? tool.address : toCallText(server, tool),
  };
  if (detail === "name") return result;
  result.summary = toModel(toSummary(tool));
  result.signature = toModel(tree.signature(tool));
  if (detail === "full") result.module = toModel(tree.module(tool));
  return result;
}

function toSkillId({ folder }: Skill): string {
  return `skills/${folder}`;
}

/** One skill as an answer of search: the line that calls it; of one without code, the line that reads it. */
async function toSkillResult({ skills }: SearchParts, skill: Skill, detail: SearchDetail): Promise<SearchResult> {
  const id = toModel(toSkillId(skill));
  const call =
    skill.call === undefined
      ? `await fs.readFile(${JSON.stringify(`./${id}/SKILL.md`)}, "utf8")`
      : toModel(skill.call.line);
  const result: SearchResult = { kind: "skill", id, server: "skills", call };
  if (detail === "name") return result;
  result.summary = toModel(toFirstSentence(skill.description));
  if (skill.call !== undefined) result.signature = toModel(skill.call.signature);
  if (detail === "full") result.module = toModel(await skills.read(skill).catch(() => ""));
  return result;
}
