import { type Draft, isHidden, isSpelled, type Member } from "./draft.ts";
import { findJson, lexemeAt, toPlaces } from "./embedded-json.ts";
import type { Finding } from "./finding.ts";
import { Slot } from "./slot.ts";
import { toMixedClass, replaceSpans } from "./spans.ts";

/** JSON in a text, and what is found in its texts. */
export interface DraftInText {
  start: number;
  end: number;
  draft: Draft;
}

/** What is found in JSON in a text, at its places in the text, sorted and disjoint. */
export function findingsInJson(text: string, { start, draft }: DraftInText): Finding[] {
  const walk = new Walk(text, start);
  walk.visit(draft);
  return walk.found;
}

class Walk {
  readonly found: Finding[] = [];
  #text: string;
  #root: number;
  #at: number;

  constructor(text: string, start: number) {
    this.#text = text;
    this.#root = start;
    this.#at = start;
  }

  visit(draft: Draft): void {
    const { start, end, sign } = this.#next();
    if (draft instanceof Slot) {
      if (sign === undefined && this.#text[start] === '"') this.#string(start, end, draft);
      else this.#all(start, sign === undefined ? end : this.#skip(), draft);
    } else if (typeof draft !== "object" || draft === null) return;
    else if ("spelled" in draft) {
      if (isSpelled(draft)) this.#all(start, this.#skip(), draft.spelled);
      else this.#within(start, draft.plain);
    } else this.#within(start, draft);
  }

  /** `start`: where the sign is that has just been read. */
  #within(start: number, draft: Draft): void {
    if (draft instanceof Slot) this.#all(start, this.#skip(), draft);
    else if (typeof draft === "object" && draft !== null && "items" in draft) {
      for (const item of draft.items) {
        this.visit(item);
        this.#next();
      }
      if (draft.items.length === 0) this.#next();
    } else if (typeof draft === "object" && draft !== null && "members" in draft) this.#members(start, draft.members);
  }

  #members(start: number, list: readonly Member[]): void {
    const before = this.found.length;
    const members = new Map(list.map((member) => [typeof member[0] === "string" ? member[0] : member[0].text, member]));
    // The order of numbers as keys tells their sizes, and of two members of one name only one was looked at.
    let isOne = list.length > 1 && list.some(isHidden);
    for (let at = this.#next(); at.sign !== "}"; at = this.#next()) {
      if (at.sign === ",") continue;
      const key = JSON.parse(this.#text.slice(at.start, at.end)) as string;
      const member = members.get(key);
      members.delete(key);
      // The colon.
      this.#next();
      if (member === undefined) {
        isOne = true;
        if (this.#next().sign !== undefined) this.#skip();
        continue;
      }
      if (member[0] instanceof Slot) this.#string(at.start, at.end, member[0]);
      this.visit(member[1]);
    }
    if (isOne) this.#mix(start, this.#at, this.found.splice(before));
  }

  /** What is found in what a string says is found in how it is written. */
  #string(start: number, end: number, { text, findings }: Slot): void {
    if (findings.length === 0) return;
    const literal = this.#text.slice(start, end);
    const placeOf = toPlaces(literal);
    for (const one of findings) {
      const [from, to] = [placeOf(one.start), placeOf(one.end)];
      const written = literal.slice(from, to);
      const isOther = one.json === undefined ? written !== text.slice(one.start, one.end) : one.json.startsWith('"');
      this.found.push({
        ...one,
        ...(isOther ? { json: `"${written}"` } : {}),
        layers: (one.layers ?? 0) + 1,
        ...(one.quote === undefined ? {} : { quote: JSON.stringify(one.quote).slice(1, -1) }),
        start: start + from,
        end: start + to,
      });
    }
  }

  /** A number, a list or an object is sealed whole: its token is a string in the JSON around it. */
  #all(start: number, end: number, { findings, isWhole }: Slot): void {
    const [only] = findings;
    if (only === undefined) return;
    if (isWhole) this.found.push({ ...only, ...this.#place(start, end) });
    else this.#mix(start, end, findings);
  }

  #mix(start: number, end: number, inside: readonly Finding[]): void {
    this.found.push({ ...this.#place(start, end), class: toMixedClass(inside), isMixed: true });
  }

  #place(start: number, end: number): Pick<Finding, "start" | "end" | "json" | "quote"> {
    return start === this.#root ? { start, end } : { start, end, json: this.#text.slice(start, end), quote: '"' };
  }

  #next(): ReturnType<typeof lexemeAt> {
    const next = lexemeAt(this.#text, this.#at);
    this.#at = next.end;
    return next;
  }

  /** To the end of what has just begun. */
  #skip(): number {
    for (let depth = 1; depth > 0;) {
      const { sign } = this.#next();
      if (sign === "{" || sign === "[") depth += 1;
      else if (sign === "}" || sign === "]") depth -= 1;
    }
    return this.#at;
  }
}

/**
 * How each is written, told by the text with tokens in it, as restoring reads that: with one in place of what would not be
 * JSON it may be some, and where one goes over more than a string of JSON, it may be none any more.
 */
export function asRestored({ text, findings }: Slot): Finding[] {
  const isOther = ({ start, end, json }: Finding): boolean =>
    json === undefined && JSON.stringify(text.slice(start, end)) !== `"${text.slice(start, end)}"`;
  for (let found = findings; ;) {
    // Where all were found in JSON, it stays JSON.
    const mayBreak = found.some(({ layers, quote }) => layers === undefined && quote === undefined);
    if (!found.some((one) => isOther(one) || (mayBreak && one.json !== undefined))) return found;
    const inJson = toThoseInJson(text, found);
    if (found.every((one) => one.json === undefined || inJson.has(one)))
      return found.map((one) =>
        inJson.has(one) && isOther(one)
          ? { ...one, layers: one.layers ?? 1, json: `"${text.slice(one.start, one.end)}"` }
          : one,
      );
    found = found.map((one) =>
      inJson.has(one) ? one : { ...one, json: undefined, layers: undefined, quote: undefined },
    );
  }
}

/** A token like any. */
const standIn = "[TEXT_1]";

/** Those that are in JSON once tokens are in the text. */
function toThoseInJson(text: string, findings: readonly Finding[]): Set<Finding> {
  const starts: number[] = [];
  let shift = 0;
  for (const { start, end, quote = "" } of findings) {
    starts.push(start + shift);
    shift += standIn.length + 2 * quote.length - (end - start);
  }
  const quoteOf = (at: number): string => findings[at]?.quote ?? "";
  const made = findJson(replaceSpans(text, findings, (at) => quoteOf(at) + standIn + quoteOf(at)));
  let next = 0;
  return new Set(
    findings.filter((_, at) => {
      const start = starts[at] ?? 0;
      while ((made[next]?.end ?? Infinity) <= start) next += 1;
      return (made[next]?.start ?? Infinity) < start;
    }),
  );
}
