import { createHash } from "node:crypto";
import { nextTurn } from "../base/next-turn.ts";
import { isJsonObject } from "../base/json.ts";
import type { JsonSchema } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { readVersion } from "../base/version.ts";
import { type Catalogue, type CatalogueView, toHashes } from "./catalogue.ts";
import { loadIndex, saveIndex } from "./index-file.ts";
import type { StoredIndex } from "./index-file.ts";
import { createRank } from "./rank.ts";
import type { Rank } from "./rank.ts";
import type { SearchHit } from "./search.ts";
import type { Skill } from "./skill.ts";
import { createTermIndex, createTermIndexBuilder } from "./term-index.ts";
import type { TermIndex } from "./term-index.ts";
import type { Tool } from "./tool.ts";
import { toTerm, toWords } from "./words.ts";

/** The index of everything that search finds. */
export interface SearchIndex {
  terms: TermIndex;
  rank: Rank;
  /** The document with this number; `undefined` if it has gone from the catalogue meanwhile. */
  document(number: number): SearchHit | undefined;
  /** The server of a document; `skillGroup` of a skill. */
  groupOf(document: number): string;
  /** The servers whose names have one of these terms, of those terms that few servers have. */
  groupsNamedIn(terms: readonly string[]): ReadonlySet<string>;
  /** Term → the word it was first seen as, to be shown. */
  spelling: ReadonlyMap<string, string>;
}

/** Longest stretch of index building before other work gets a turn, in milliseconds. */
const sliceMs = 8;
/** Name, first sentence of the description, server, parameters, output, the rest of the description. */
const fields = [2, 1, 1.5, 0.5, 0.3, 0.7].map((boost) => ({ boost, lengthWeight: 0.75 }));
/** The group of the skills; no server's key has an empty name. */
export const skillGroup = "";
/** Part of the key of an index on disk: raised when this file or the words change within one version. */
const revision = 2;

/** The index of the tools that the catalogue has now, and of these skills: from the file if it has the same, else built, and kept there. */
export async function buildIndex(
  catalogue: Catalogue,
  skills: readonly Skill[],
  file: string | undefined,
): Promise<SearchIndex> {
  // Servers may list tools meanwhile: those are for the next index.
  const view = catalogue.snapshot();
  if (file !== undefined) {
    const known = await loadIndex(file, toKey(catalogue.definitionHashes(), skills));
    if (known !== undefined) return toSearchIndex(known, catalogue, skills);
  }
  const built = await build(view, skills);
  if (file !== undefined) await saveIndex(file, built);
  return toSearchIndex(built, catalogue, skills);
}

function toKey(servers: readonly { server: string; hashes: string }[], skills: readonly Skill[]): string {
  const hash = createHash("sha256").update(`${readVersion()} ${revision}\n`);
  for (const { server, hashes } of servers) hash.update(`${server}\n${hashes}\n`);
  return hash.update(JSON.stringify(skills)).digest("hex");
}

async function build(catalogue: CatalogueView, skills: readonly Skill[]): Promise<StoredIndex> {
  const builder = createTermIndexBuilder(fields);
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
  const groups: { key: string; names: string[] }[] = [];
  const indexed: { server: string; hashes: string }[] = [];
  let sliceEnd = performance.now() + sliceMs;
  for (const { key, tools } of catalogue.servers()) {
    groups.push({ key, names: tools.map(({ name }) => name) });
    indexed.push({ server: key, hashes: toHashes(tools) });
    for (const tool of tools) {
      builder.add(toTexts(tool).map(toTerms));
      if (performance.now() < sliceEnd) continue;
      await nextTurn();
      sliceEnd = performance.now() + sliceMs;
    }
  }
  groups.push({ key: skillGroup, names: skills.map(({ folder }) => folder) });
  for (const { name, folder, description } of skills) {
    const [first, rest] = splitSentence(description);
    builder.add([name === folder ? name : `${name} ${folder}`, first, "", "", "", rest].map(toTerms));
  }
  // of the tools that were read, not of those that the store has by now
  const key = toKey(indexed, skills);
  return { data: await builder.finish(sliceMs), contents: { key, groups, spelling: [...spelling] } };
}

function toTexts(tool: Tool): string[] {
  const [first, rest] = splitSentence(tool.description ?? "");
  return [
    tool.name,
    `${tool.title ?? ""} ${first}`,
    tool.server,
    toPropertyText(tool.inputSchema),
    toPropertyText(tool.outputSchema),
    rest,
  ];
}

/** What a tool does is in the first sentence; what follows is how, when and for whom. */
function splitSentence(text: string): [first: string, rest: string] {
  const trimmed = text.slice(0, limits.searchTextCharsMax).trim();
  const end = /[.!?]\s|\n\s*\n/.exec(trimmed)?.index ?? trimmed.length;
  return [trimmed.slice(0, end), trimmed.slice(end)];
}

function toPropertyText(schema: JsonSchema | undefined): string {
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

function toSearchIndex({ data, contents }: StoredIndex, catalogue: Catalogue, skills: readonly Skill[]): SearchIndex {
  const groups: number[] = [];
  const places: number[] = [];
  for (const [group, { names }] of contents.groups.entries()) {
    for (const place of names.keys()) {
      groups.push(group);
      places.push(place);
    }
  }
  const byTerm = new Map<string, string[]>();
  for (const { key } of contents.groups) {
    for (const term of new Set(toWords(key).map((word) => toTerm(word) ?? word))) {
      const named = byTerm.get(term);
      if (named === undefined) byTerm.set(term, [key]);
      else named.push(key);
    }
  }
  const fewMax = Math.max(3, contents.groups.length / 50);
  const groupAt = (document: number): StoredIndex["contents"]["groups"][number] | undefined =>
    contents.groups[groups[document] ?? -1];

  const spelling = new Map(contents.spelling);
  const terms = createTermIndex(data, spelling);

  return {
    terms,
    rank: createRank(terms),
    spelling,
    groupOf: (document) => groupAt(document)?.key ?? skillGroup,
    groupsNamedIn: (terms) =>
      new Set(
        terms.flatMap((term) => {
          const named = byTerm.get(term) ?? [];
          return named.length > fewMax ? [] : named;
        }),
      ),
    document(number) {
      const group = groupAt(number);
      const place = places[number] ?? -1;
      const name = group?.names[place];
      if (group === undefined || name === undefined) return undefined;
      if (group.key === skillGroup) {
        const skill = skills[place];
        return skill === undefined ? undefined : { kind: "skill", skill };
      }
      const tool = catalogue.tool(group.key, name);
      return tool === undefined ? undefined : { kind: "tool", tool };
    },
  };
}
