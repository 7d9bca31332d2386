import { type Json, isJsonObject } from "./json.ts";
import { limits } from "./limits.ts";

/** The longest token is shorter: `[CLASS_n.m]`. */
const TOKEN_CHARS_MAX = 64;

/** The items of a list that are looked at: of a long one some, spread evenly. */
export function* spreadItems(list: readonly Json[]): Generator<Json> {
  const step = Math.max(1, list.length / limits.learnedItemsMax);
  for (let at = 0; at < list.length; at += step) yield list[Math.floor(at)] as Json;
}

/**
 * What a large value teaches about its tool, without what it says: its keys and kinds, as many of them as are looked at,
 * and texts that are one token.
 */
export function toSkeleton(value: Json): Json {
  let nodes = 0;

  function skeletonOf(at: Json, depth: number): Json {
    nodes += 1;
    if (typeof at === "string") return at.length <= TOKEN_CHARS_MAX && at.startsWith("[") && at.endsWith("]") ? at : "";
    if (typeof at === "number") return 0;
    if (typeof at === "boolean" || at === null) return at;
    const isDeep = depth >= limits.learnedDepthMax;
    if (!isJsonObject(at)) return isDeep ? [] : itemsOf(at, depth);
    // Own members, whatever their names.
    return isDeep ? {} : Object.fromEntries(membersOf(at, depth));
  }

  function itemsOf(list: readonly Json[], depth: number): Json[] {
    const items: Json[] = [];
    for (const item of spreadItems(list)) {
      if (nodes >= limits.learnedNodesMax) break;
      items.push(skeletonOf(item, depth + 1));
    }
    return items;
  }

  function* membersOf(object: { readonly [key: string]: Json }, depth: number): Iterable<[string, Json]> {
    for (const key of Object.keys(object).slice(0, limits.learnedItemsMax)) {
      if (nodes >= limits.learnedNodesMax) return;
      yield [key, skeletonOf(object[key] as Json, depth + 1)];
    }
  }

  return skeletonOf(value, 0);
}
