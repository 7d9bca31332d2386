import { decodedParts } from "./decoded-parts.ts";
import type { Finding } from "./finding.ts";
import { foldText } from "./folded-text.ts";
import { LongestFirst } from "./longest-first.ts";

/** Known values that a text holds in another form: other case, spaced, reversed, encoded. */
export interface DisguisedValues {
  add(value: { class: string; surface: string }): void;
  /** Sorted, disjoint. `alsoIn`: what else to look for in decoded parts, such as a detector's findings. */
  find(text: string, alsoIn?: (decoded: string) => readonly Finding[]): Finding[];
  clear(): void;
}

const formCharsMin = 5;
const digitsMin = 7;
/** Shorter ones stand alone: "ana li" is not in "banal issue". */
const freeCharsMin = 10;
/** Base64 of a percent-encoded value, and the like. */
const depthMax = 2;

export function createDisguisedValues(): DisguisedValues {
  /** Form to class, by how the form begins. */
  const families = new Map<number, LongestFirst<string>>();
  const filter = new Uint8Array(65_536);

  function put(name: string, text: string): void {
    if (text.length < formCharsMin) return;
    const start = hashAt(text, 0);
    filter[(start ^ (start >>> 15)) & 0xffff] = 1;
    let family = families.get(start);
    if (family === undefined) families.set(start, (family = new LongestFirst()));
    family.add(text, name);
  }

  function findFolded(text: string): Finding[] {
    const found: Finding[] = [];
    const folded = foldText(text);
    const last = folded.text.length - formCharsMin;
    let from = 0;
    for (let index = 0; index <= last; index++) {
      const hash = hashAt(folded.text, index);
      if (filter[(hash ^ (hash >>> 15)) & 0xffff] === 0) continue;
      let [start, end, next] = [0, 0, index];
      const name = families.get(hash)?.find(
        (length) => folded.text.slice(index, index + length),
        (_, length) => {
          start = folded.offsets[index] ?? 0;
          end = (folded.offsets[index + length - 1] ?? 0) + 1;
          next = index + length - 1;
          const isFree = length >= freeCharsMin || (isBoundary(text, start - 1) && isBoundary(text, end));
          return isFree && start >= from;
        },
      );
      if (name === undefined) continue;
      found.push({ start, end, class: name });
      from = end;
      index = next;
    }
    return found;
  }

  function findAt(
    text: string,
    depth: number,
    alsoIn: ((decoded: string) => readonly Finding[]) | undefined,
  ): Finding[] {
    const found = families.size === 0 ? [] : findFolded(text);
    if (depth >= depthMax) return found;
    for (const part of decodedParts(text)) {
      const [inside] = [...(alsoIn?.(part.text) ?? []), ...findAt(part.text, depth + 1, alsoIn)];
      if (inside !== undefined) found.push({ start: part.start, end: part.end, class: inside.class });
    }
    return found;
  }

  return {
    add({ class: name, surface }) {
      const folded = foldText(surface).text;
      if (/^\d+$/.test(folded)) {
        if (folded.length < digitsMin) return;
        // The number without its country's code.
        if (name === "PHONE" && surface.trim().startsWith("+") && folded.length >= 10)
          for (const length of [1, 2, 3]) if (folded.length - length >= 8) put(name, folded.slice(length));
      }
      if (name === "NAME" && !/[\s,]/.test(surface.trim()) && folded.length < 8) return;
      put(name, folded);
      put(name, [...folded].reverse().join(""));
      if (/[a-z]/.test(folded)) put(name, foldText(rotate(surface.toLowerCase())).text);
    },
    find: (text, alsoIn) => disjoint(findAt(text, 0, alsoIn)),
    clear() {
      families.clear();
      filter.fill(0);
    },
  };
}

/** The first five characters as one number. */
function hashAt(text: string, index: number): number {
  let hash = 0;
  for (let offset = 0; offset < formCharsMin; offset++) hash = (hash * 37 + text.charCodeAt(index + offset)) | 0;
  return hash;
}

function isBoundary(text: string, index: number): boolean {
  return index < 0 || index >= text.length || !/[\p{L}\p{N}]/u.test(text[index] ?? "");
}

function rotate(text: string): string {
  return text.replaceAll(/[a-z]/g, (letter) => String.fromCharCode(((letter.charCodeAt(0) - 97 + 13) % 26) + 97));
}

function disjoint(found: Finding[]): Finding[] {
  const sorted = found.sort((a, b) => a.start - b.start || b.end - a.end);
  const kept: Finding[] = [];
  for (const one of sorted) if (one.start >= (kept.at(-1)?.end ?? 0)) kept.push(one);
  return kept;
}
