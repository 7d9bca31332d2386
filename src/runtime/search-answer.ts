import type { Catalogue } from "../catalogue/catalogue.ts";
import { toCallText } from "../codegen/pages.ts";
import { toSignature, toSummary } from "../codegen/module.ts";
import type { ModuleTree } from "../codegen/module-tree.ts";
import type { Tool } from "../catalogue/tool.ts";
import type { Search } from "../catalogue/search.ts";
import { toModel } from "../gateway/to-model.ts";
import type { SearchAnswer, SearchDetail, SearchResult } from "./outcome.ts";
import type { SearchOptions } from "./sluice.ts";

const LIMIT_DEFAULT = 10;
const LIMIT_DEFAULT_FULL = 3;

/** Searches and renders the answer at the level of detail that was asked for. */
export async function searchTools(
  parts: { search: Search; catalogue: Catalogue; tree: ModuleTree },
  query: string,
  options: SearchOptions,
): Promise<SearchAnswer> {
  const { detail = "summary", server } = options;
  // A server's own list is complete unless less was asked for.
  const isListing = query.trim() === "" && server !== undefined;
  const limit =
    options.limit ??
    (isListing && detail !== "full"
      ? Number.POSITIVE_INFINITY
      : detail === "full"
        ? LIMIT_DEFAULT_FULL
        : LIMIT_DEFAULT);
  const hits = await parts.search.search(query, { limit, ...(server === undefined ? {} : { server }) });
  return {
    results: hits.tools.map((tool) => toResult(parts, tool, detail)),
    total: hits.total,
    truncated: hits.truncated,
    ...(hits.hint === undefined ? {} : { hint: toModel(hits.hint) }),
  };
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
  result.signature = toModel(toSignature(tool));
  if (detail === "full") result.module = toModel(tree.module(tool));
  return result;
}
