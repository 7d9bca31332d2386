import { mintSlots } from "./mint-slots.ts";
import { Place } from "./place.ts";
import { toDeepJson } from "../base/deep-json.ts";
import type { Json, JsonObject, JsonSchema } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { Detector } from "./detect/detector.ts";
import { type Draft, toValue, withoutSizes } from "./draft.ts";
import { inEncoded, toUnescaped } from "./encoded-findings.ts";
import { echoDigitsMin } from "./echoes.ts";
import { findJson } from "./embedded-json.ts";
import type { FieldRule } from "./field-rules.ts";
import type { Finding } from "./finding.ts";
import { type DraftOfPart, findingsAround, findingsInParts } from "./inner-findings.ts";
import { asRestored } from "./json-findings.ts";
import { findLabelled } from "./labelled-texts.ts";
import { toLayer } from "./layer.ts";
import { findLookAlikes } from "./look-alikes.ts";
import { digitsOnly, isDigitsOnly, saysOf } from "./number-keys.ts";
import { type ReplayParts, replay } from "./replay.ts";
import { Slot } from "./slot.ts";
import { joinFindings, mergeFindings, toMixedClass } from "./spans.ts";
import { toSpelled } from "./spelled-list.ts";
import { formatClassAt } from "./schema-place.ts";
import { isWrapped, toColumns, toHeaders, toPair } from "./shapes.ts";
import { textClass } from "./classes.ts";
import { type TokenGrammar } from "./token.ts";
import type { Vault } from "./vault.ts";

export type SealMode = "seal" | "strict" | "literals";

/** What is sealed, and what is known about it. */
export interface SealOptions {
  /** Key of the server that it comes from. */
  server: string;
  /** `strict`: every string is opaque. `literals`: only what looks like a token is sealed. */
  mode: SealMode;
  /** The tool's output schema. */
  schema?: JsonSchema;
  /** What the config says of this tool's members. */
  fields: readonly FieldRule[];
}

/** What sealing is made of: of one vault scope. */
export interface SealParts extends ReplayParts {
  detector: Detector;
  /** Classes that are sealed. */
  classes: ReadonlySet<string>;
  /** Some are the user's own. */
  hasOwn?: boolean;
  grammar: TokenGrammar;
  vault: Vault;
  now: () => number;
  /** Milliseconds of processor time: what others on the machine take makes nothing opaque. Dearer to ask. */
  busy: () => number;
}

export interface Sealed {
  value: Json;
  /** How many values of each class were replaced. */
  counts: Record<string, number>;
  /** Blocks that could not be read to their end in their budget; each is one `[TEXT_n]`. */
  withheld: number;
}

/**
 * Replaces personal data in a value by tokens. Everything is looked at before anything is replaced, so that a name in a
 * field hides the same name in a text above it; tokens are numbered in the order in which they stand.
 */
export function sealValue(value: Json, options: SealOptions, parts: SealParts): Sealed {
  const look = new Look(options, parts);
  const draft = look.visit(value, new Place([], [""]), [], 0);
  if (options.mode !== "literals") replay(look, parts);
  look.close();
  const slots = withoutSizes(draft);
  mintSlots(slots, options.server, parts.vault);
  const counts: Record<string, number> = {};
  for (const { findings } of slots) for (const found of findings) counts[found.class] = (counts[found.class] ?? 0) + 1;
  const isSame = Object.keys(counts).length === 0;
  return { value: isSame ? value : toValue(draft), counts, withheld: look.withheld };
}

/** Shorter numbers prove nothing by themselves. */
const bareDigitsMin = 12;

/** A key that is the name of a member, as far as its form says; others are looked into, as any long enough for a secret or an account. */
const plainKey = /^(?!(?:.*\d){4})[\p{L}_$][\p{L}\d_$.:-]{0,14}$/u;

class Look {
  withheld = 0;
  /** In the order in which they stand. */
  readonly slots: Slot[] = [];
  /** Texts of digits that may be a known value's. */
  readonly digits = new Set<Slot>();
  #options: SealOptions;
  #parts: SealParts;
  #startedAt: number;
  #busyAt: number;
  #chars = 0;
  #isOver = false;
  #texts = new Map<string, Slot>();
  /** By place: texts in which others were looked for. */
  #searched = new Map<string, Map<string, Slot>>();
  /** In how many texts, each in the next, it is looked. */
  #inside = 0;
  #charsInside = 0;
  /** Texts with texts in them, the inner ones first. */
  #outer: { slot: Slot; find: () => Finding[] }[] = [];
  #plainKeys = new Map<string, boolean>();
  #said = new Map<Place, string | undefined>();

  constructor(options: SealOptions, parts: SealParts) {
    this.#options = options;
    this.#parts = parts;
    this.#startedAt = parts.now();
    this.#busyAt = parts.busy();
  }

  /** Whether the time is used up that a result of this size has; once it is, it stays so. */
  readonly isOver = (): boolean => {
    const msPerMb = limits.sealMsPerMb + (this.#parts.echoes === undefined ? 0 : limits.echoMsPerMb);
    const budgetMs = limits.sealMs + (this.#chars / 1_000_000) * msPerMb;
    const { now, busy } = this.#parts;
    return (this.#isOver ||= now() - this.#startedAt > budgetMs && busy() - this.#busyAt > budgetMs);
  };

  visit(value: Json, at: Place, siblings: readonly string[], depth: number): Draft {
    if (typeof value === "string" || typeof value === "number") return this.#leaf(value, at, siblings, depth);
    if (value === null || typeof value === "boolean") return value;
    const { echoes, disguised } = this.#parts;
    const spelled = echoes === undefined && disguised === undefined ? undefined : toSpelled(value);
    if (spelled === undefined || this.#options.mode === "literals") return this.#members(value, at, siblings, depth);
    // What it spells goes before its members: if a value is in it, it is that text.
    const whole = this.#add(new Slot(spelled, []));
    return { spelled: whole, plain: this.#members(value, at, siblings, depth) };
  }

  #members(value: Json[] | JsonObject, at: Place, siblings: readonly string[], depth: number): Draft {
    if (depth > limits.sealDepthMax) return this.#withhold(toDeepJson(value));
    if (Array.isArray(value)) {
      const items = at.items();
      const headers = toHeaders(value);
      if (headers !== undefined)
        return { items: value.map((row, index) => this.#row(row, index === 0 ? [] : headers, items, depth + 1)) };
      // What pairs are about is said by all of them: a "name" beside an "email" is somebody's.
      const labels = value.flatMap((item) => toPair(item)?.label ?? []);
      const beside = labels.length > 0 ? labels : siblings;
      return { items: value.map((item) => this.visit(item, items, beside, depth + 1)) };
    }
    const keys = Object.keys(value);
    const table = toColumns(value);
    const pair = toPair(value);
    return {
      members: keys.map((key) => [
        this.#isPlain(key) ? this.#key(key) : this.#search(key, at, depth),
        key === table?.rows
          ? {
              items: (value[key] as Json[]).map((row) =>
                this.#row(row, table.headers, at.member(key).items(), depth + 2),
              ),
            }
          : this.#member(
              key,
              value[key] as Json,
              at,
              key === pair?.key ? pair.label : undefined,
              { keys, siblings },
              depth,
            ),
      ]),
    };
  }

  #member(
    key: string,
    value: Json,
    at: Place,
    label: string | undefined,
    { keys, siblings }: { keys: readonly string[]; siblings: readonly string[] },
    depth: number,
  ): Draft {
    if (label !== undefined) return this.visit(value, at.member(key, label), siblings, depth + 1);
    if (at.path.length > 0 && isWrapped(key, value)) return this.visit(value, at.member(key, ""), siblings, depth + 1);
    return this.visit(value, at.member(key), keys, depth + 1);
  }

  /** One row of a table: each cell is a member under its column's name. */
  #row(row: Json, headers: readonly string[], at: Place, depth: number): Draft {
    if (!Array.isArray(row)) return this.visit(row, at, [], depth);
    const cellAt = (index: number): Place => {
      const header = headers[index];
      return header === undefined ? at.items() : at.member("[*]", header);
    };
    return { items: row.map((cell, index) => this.visit(cell, cellAt(index), headers, depth + 1)) };
  }

  #leaf(value: string | number, at: Place, siblings: readonly string[], depth: number): Draft {
    if (this.#options.mode === "literals") return typeof value === "number" ? value : this.#search(value, at, depth);
    const whole = this.#classOf(value, at, siblings);
    if (typeof value === "number") return this.#number(value, whole, at);
    if (value.trim() === "") return value;
    if (whole !== undefined) return this.#whole(value, whole);
    // What is dangerous anywhere stays so where everything is opaque.
    if (this.#options.mode === "strict") return this.#whole(value, toMixedClass(this.#parts.detector.inText(value)));
    return digitsOnly.test(value) ? this.#digits(value, at) : this.#search(value, at, depth);
  }

  /** A text and the texts in it. One that is met again, by another way of reading what it is in, is looked at once. */
  #search(text: string, at: Place, depth: number, decoded = 0): Slot {
    const searched = this.#searched.get(at.id) ?? new Map<string, Slot>();
    const known = searched.get(text);
    if (known !== undefined) return known;
    this.#inside += 1;
    const slot = depth > limits.sealDepthMax ? this.#text(text) : this.#withJson(text, at, depth, decoded);
    this.#inside -= 1;
    this.#searched.set(at.id, searched.set(text, slot));
    return slot;
  }

  /** JSON in a text is read as any other: what is said there of a value is said by its key. */
  #withJson(text: string, at: Place, depth: number, decoded: number): Slot {
    const json = findJson(text);
    if (json.length === 0) return this.#withLabels(text, at, depth, decoded);
    // Known values and what the call was given may have JSON in them.
    const slot = this.#add(new Slot(text, []));
    const drafts = json.map(({ start, end, value }) => ({
      ...{ start, end },
      draft: value === undefined ? this.#withhold(text.slice(start, end)) : this.visit(value, at, [], depth + 1),
    }));
    const layer = toLayer(text, json, () => "{}");
    const around = /^[\s,{}]*$/.test(layer.text)
      ? undefined
      : { layer, slot: this.#withLabels(layer.text, at, depth, decoded) };
    this.#outer.push({ slot, find: () => findingsAround(slot, drafts, around) });
    return slot;
  }

  /** What is said in a text of its parts is said by their labels, as in JSON. */
  #withLabels(text: string, at: Place, depth: number, decoded: number): Slot {
    const slot = this.#text(text);
    if (this.#options.mode === "literals") return slot;
    const parts: DraftOfPart[] = [];
    const layer = decoded < limits.sealDecodedMax ? toUnescaped(text) : undefined;
    if (layer !== undefined)
      parts.push({
        part: { start: 0, end: text.length, layer },
        draft: this.#search(layer.text, at, depth + 1, decoded + 1),
      });
    for (const one of findLabelled(text)) {
      if ("labels" in one) {
        for (const [index, part] of one.parts.entries())
          parts.push({
            part,
            draft: this.visit(part.layer.text, at.member(one.labels[index] ?? ""), one.labels, depth + 1),
          });
      } else {
        const cells = one.rows.map((row) => row.map(({ layer }) => layer.text));
        const draft = this.visit(cells, at, [], depth + 1);
        const drafts = toItems(draft).flatMap(toItems);
        if (drafts.length === one.rows.flat().length)
          parts.push(...one.rows.flat().map((part, index) => ({ part, draft: drafts[index] ?? null })));
      }
    }
    if (parts.length > 0) this.#outer.push({ slot, find: () => [...findingsInParts(text, parts), ...slot.findings] });
    return slot;
  }

  /** What is found in JSON in a text, and in the words around it, is found in the text. */
  close(): void {
    for (const slot of this.slots) slot.findings = asRestored(slot);
    for (const { slot, find } of this.#outer) {
      slot.findings = joinFindings(find());
      slot.findings = asRestored(slot);
    }
  }

  /** A number is looked at by its digits; so is a text of nothing else, which is found like any other besides. */
  #number(value: number, whole: string | undefined, at: Place): Draft {
    const says = isDigitsOnly(value) ? saysOf(at.path.at(-1)) : "measure";
    const isMeasure = whole === undefined && says === "measure";
    if (isMeasure && this.#parts.echoes === undefined) return value;
    const text = String(value);
    if (whole !== undefined) return this.#add(new Slot(text, [{ start: 0, end: text.length, class: whole }], "number"));
    if (isMeasure && text.length < echoDigitsMin) return value;
    const slot = new Slot(text, [], says === "measure" ? "measure" : "number");
    const digits = text.replace("-", "");
    if (says === undefined && (digits.length >= bareDigitsMin || this.#parts.hasOwn === true)) {
      const [found] = this.#parts.detector.inText(digits);
      if (found?.start === 0 && found.end === digits.length) slot.cover(found.class);
    }
    return this.#add(slot);
  }

  #digits(value: string, at: Place): Slot {
    const slot = this.#text(value);
    if (!slot.isWhole && saysOf(at.path.at(-1)) !== "measure") this.digits.add(slot);
    return slot;
  }

  #isPlain(key: string): boolean {
    let isPlain = this.#plainKeys.get(key);
    if (isPlain === undefined) this.#plainKeys.set(key, (isPlain = plainKey.test(key)));
    return isPlain;
  }

  /** The name of a member is looked at only where a call may have been given it. */
  #key(key: string): string | Slot {
    if (this.#parts.echoes === undefined || this.#options.mode === "literals") return key;
    return this.#add(new Slot(key, [], "key"));
  }

  #classOf(value: string | number, at: Place, siblings: readonly string[]): string | undefined {
    const said = this.#saidOf(at);
    if (said !== undefined) return said;
    const { path } = at;
    return path.length === 0 ? undefined : this.#parts.detector.ofMember({ path, value, siblings });
  }

  /** What the config or the schema says of a place: the same for every item of a list, so it is asked once. */
  #saidOf(at: Place): string | undefined {
    if (this.#said.has(at)) return this.#said.get(at);
    const { fields, schema } = this.#options;
    const format = schema === undefined ? undefined : formatClassAt(schema, at.path);
    const ofSchema = format !== undefined && this.#parts.classes.has(format) ? format : undefined;
    const said = fields.find((rule) => at.places.some((place) => rule.matches(place)))?.class ?? ofSchema;
    this.#said.set(at, said);
    return said;
  }

  #whole(text: string, name: string): Slot {
    // What looks like a token, all of it, is not taken for a value of its class, whatever its key says.
    const [first] = findLookAlikes(text, this.#parts.grammar);
    return first?.start === 0 && first.end === text.length
      ? this.#text(text)
      : this.#add(new Slot(text, [{ start: 0, end: text.length, class: name }]));
  }

  /** The same text is looked at once: it says the same wherever it stands. */
  #text(text: string): Slot {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const slot = this.#look(text);
    this.#texts.set(text, slot);
    return slot;
  }

  #look(text: string): Slot {
    const { grammar, detector } = this.#parts;
    if (this.isOver()) return this.#withhold(text);
    const lookAlikes = findLookAlikes(text, grammar);
    if (this.#options.mode === "literals") return this.#add(new Slot(text, lookAlikes));
    let isCut = false;
    const found = detector.inText(text, () => {
      isCut = true;
    });
    if (isCut) return this.#withhold(text);
    return this.#add(new Slot(text, joinFindings([...lookAlikes, ...mergeFindings(inEncoded(text, detector), found)])));
  }

  #withhold(text: string): Slot {
    const slot = this.#add(new Slot(text, []));
    this.withhold(slot);
    return slot;
  }

  withhold(slot: Slot): void {
    this.withheld += 1;
    slot.cover(textClass);
  }

  #add(slot: Slot): Slot {
    this.slots.push(slot);
    this.#chars += slot.text.length;
    if (this.#inside > 1) this.#charsInside += slot.text.length;
    // However it is read, a text has not much more in it than it has characters.
    const came = this.#chars - this.#charsInside;
    this.#isOver ||= this.#charsInside > limits.sealInsideCharsMax + limits.sealInsideTimesMax * came;
    return slot;
  }
}

function toItems(draft: Draft): readonly Draft[] {
  return typeof draft === "object" && draft !== null && "items" in draft ? draft.items : [];
}
