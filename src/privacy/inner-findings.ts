import type { Draft } from "./draft.ts";
import type { Finding } from "./finding.ts";
import { type DraftInText, findingsInJson } from "./json-findings.ts";
import type { Part } from "./labelled-texts.ts";
import { type Layer, toBefore } from "./layer.ts";
import { Slot } from "./slot.ts";

/** A text in a text, and what is found in it. */
export interface DraftOfPart {
  part: Part;
  draft: Draft;
}

/** A text without the JSON in it. */
export interface Around {
  layer: Layer;
  slot: Slot;
}

/** What is found in parts of a text, at their places in it. */
export function findingsInParts(text: string, parts: readonly DraftOfPart[]): Finding[] {
  return parts.flatMap(({ part: { start: offset, layer, isField }, draft }) => {
    const found = draft instanceof Slot ? draft.findings : [];
    return found.map(({ start, end, class: name, of, isMixed, isEncoded: wasEncoded }): Finding => {
      const at = { start: offset + toBefore(layer, start), end: offset + toBefore(layer, end), class: name };
      const read = layer.text.slice(start, end);
      const isEncoded = isField === true ? text.slice(at.start, at.end) === encodeURIComponent(read) : wasEncoded;
      return {
        ...at,
        ...(isEncoded === true ? { isEncoded } : {}),
        ...(isMixed === true ? { isMixed } : { of: of ?? read }),
      };
    });
  });
}

/** A quote of JSON: a part of a text in which one is goes over more than one string of it. */
const quote = /(?<!\\)(?:\\\\)*"/;

/** What is found in JSON in a text, in the words around it, and, of what was found in the text as it is, what goes over several. */
export function findingsAround(slot: Slot, json: readonly DraftInText[], around: Around | undefined): Finding[] {
  const beside = around?.slot.findings.map((one) => ({
    ...{ ...one, start: toBefore(around.layer, one.start), end: toBefore(around.layer, one.end) },
  }));
  const across = slot.findings.filter(({ start, end }) => quote.test(slot.text.slice(start, end)));
  return [...json.flatMap((one) => findingsInJson(slot.text, one)), ...(beside ?? []), ...across];
}
