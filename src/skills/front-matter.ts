import { createRequire } from "node:module";
import type { Document, Scalar } from "yaml";
import { SluiceError, toMessage } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

/** What a SKILL.md begins with: YAML between two lines `---`; and the text below. */
export interface FrontMatter {
  /** What it says, by key: texts, numbers, maps, lists. */
  values: ReadonlyMap<unknown, unknown>;
  document: Document;
  body: string;
}

/** Reads the head of a SKILL.md; `undefined`: it has none. Throws `skill_invalid` where it is not valid YAML, or too much. */
export function parseFrontMatter(text: string): FrontMatter | undefined {
  const [whole, head = ""] = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?\r?\n|)---[ \t]*(?:\r?\n|$)/.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const bytes = Buffer.byteLength(head);
  if (bytes > limits.skillHeadBytesMax)
    throw toInvalid(`it has ${bytes} bytes; skillHeadBytesMax is ${limits.skillHeadBytesMax}`);
  let document = parse(head);
  const [problem] = document.errors;
  if (problem !== undefined) document = parse(toQuoted(head));
  if (problem !== undefined && document.errors.length > 0)
    throw toInvalid(`line ${lineOf(head, problem.pos[0])}: ${problem.message}`);
  const twice = findTwice(document.contents);
  if (twice !== undefined) throw toInvalid(`${twice.slice(0, 100)} is there twice`);
  const values = toValues(document);
  if (values === null) return undefined;
  if (!(values instanceof Map)) throw toInvalid("it must have keys and values, such as name: …");
  return { values, document, body: text.slice(whole.length) };
}

/**
 * A SKILL.md with this name, these texts as its metadata of Sluice and, if given, another body; all else of it stays,
 * comments too. Throws `skill_invalid` where it has no head that can be read.
 */
export function changeFrontMatter(
  text: string,
  { name, metadata, body }: { name: string; metadata: ReadonlyMap<string, string>; body?: string | undefined },
): string {
  const { document, values, body: own = "" } = parseFrontMatter(text) ?? {};
  if (document === undefined) throw toInvalid("there is none");
  const given = values?.get("metadata") ?? undefined;
  if (given !== undefined && !(given instanceof Map)) throw toInvalid("its metadata must be keys and values");
  try {
    document.set("name", name);
    if (given === undefined) document.delete("metadata");
    for (const key of given?.keys() ?? [])
      if (String(key).startsWith("sluice-") && !metadata.has(String(key))) document.deleteIn(["metadata", key]);
    for (const [key, value] of metadata) {
      if (document.hasIn(["metadata", key])) document.deleteIn(["metadata", key]);
      const scalar = document.createNode(value) as Scalar;
      scalar.type = "QUOTE_DOUBLE";
      document.setIn(["metadata", key], scalar);
    }
    return `---\n${document.toString({ lineWidth: 0 })}---\n${body ?? own}`;
  } catch (error) {
    throw toInvalid(toMessage(error));
  }
}

/** Public skills have texts with ": " in them that stand in no quotes, and mean what is written. */
function toQuoted(head: string): string {
  return head.replace(
    /^([\w-]+):[ \t]+(?!["'|>&*!{[#%@`])(\S.*?)[ \t]*(\r?)$/gm,
    (line: string, key: string, value: string, end: string) =>
      value.includes(": ") || value.endsWith(":") ? `${key}: ${JSON.stringify(value)}${end}` : line,
  );
}

function parse(head: string): Document {
  // Loaded only where there is a skill. What looks for equal keys, and shows where an error is, takes long for many.
  const { parseDocument } = createRequire(import.meta.url)("yaml") as typeof import("yaml");
  const options = {
    schema: "core",
    version: "1.2",
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
  } as const;
  try {
    return parseDocument(head, options);
  } catch (error) {
    throw toInvalid(toMessage(error));
  }
}

/** A key that is there twice at the top, or in a map below it. */
function findTwice(node: unknown, depth = 0): string | undefined {
  const seen = new Set<string>();
  for (const { key, value } of itemsOf(node)) {
    const name = String((key as { value?: unknown } | null)?.value);
    if (seen.has(name)) return name;
    seen.add(name);
    const below = depth > 0 ? undefined : findTwice(value, depth + 1);
    if (below !== undefined) return below;
  }
  return undefined;
}

/** The pairs of a map; none of anything else. */
function itemsOf(node: unknown): { key?: unknown; value?: unknown }[] {
  const items = (node as { items?: unknown } | null | undefined)?.items;
  return Array.isArray(items) ? items.filter((item) => typeof item === "object" && item !== null && "key" in item) : [];
}

function toValues(document: Document): unknown {
  try {
    return document.toJS({ mapAsMap: true, maxAliasCount: limits.skillHeadAliasesMax });
  } catch (error) {
    throw toInvalid(toMessage(error));
  }
}

/** In the file: the line of `---` is the first. */
function lineOf(head: string, at: number): number {
  return head.slice(0, at).split("\n").length + 1;
}

function toInvalid(problem: string): SluiceError {
  return new SluiceError("skill_invalid", `The head of its SKILL.md cannot be read: ${problem.slice(0, 300)}`, {
    hint: 'It is YAML between two lines ---; a longer text with ": " in it stands in quotes',
  });
}
