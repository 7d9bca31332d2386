import { hash } from "node:crypto";
import type { Json } from "../base/json.ts";
import { isIndexKey } from "./index-key.ts";
import { Slot } from "./slot.ts";
import { replaceSpans } from "./spans.ts";

/** A value whose texts can still be replaced. */
export type Draft =
  | null
  | boolean
  | number
  | string
  | Slot
  | { items: Draft[] }
  | { members: Member[] }
  /** A list that spells a text: the text if a value is in it, else the list. */
  | { spelled: Slot; plain: Draft };

export type Member = [string | Slot, Draft];

/** The value, with the tokens that its texts have. */
export function toValue(draft: Draft): Json {
  if (draft === null || typeof draft !== "object") return draft;
  if (draft instanceof Slot) return draft.isNumber && draft.findings.length === 0 ? Number(draft.text) : toText(draft);
  if ("items" in draft) return draft.items.map(toValue);
  if ("spelled" in draft) return isSpelled(draft) ? toText(draft.spelled) : toValue(draft.plain);
  const members = draft.members.map(([key, member]): [string, Json] => [
    typeof key === "string" ? key : toText(key),
    toValue(member),
  ]);
  if (!draft.members.some(isHidden)) return Object.fromEntries(members);
  // Those that are sealed go last, in the order of their tokens.
  const hidden = members.filter((_, at) => isHidden(draft.members[at]));
  const others = members.filter((_, at) => !isHidden(draft.members[at]));
  return Object.fromEntries([...others, ...hidden.sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/**
 * The texts in the order in which they are numbered. Keys that are numbers stand in the order of their size, and numbering
 * them as they stand would tell it: those that are sealed come last, in the order of what they have, without its values.
 */
export function withoutSizes(draft: Draft): readonly Slot[] {
  const ordered = new Set<Slot>();
  function visit(one: Draft): void {
    if (one === null || typeof one !== "object") return;
    if (one instanceof Slot) ordered.add(one);
    else if ("items" in one) one.items.forEach(visit);
    else if ("spelled" in one) visit(isSpelled(one) ? one.spelled : one.plain);
    else {
      const hidden = one.members.filter(isHidden);
      const others = hidden.length > 1 ? one.members.filter((member) => !isHidden(member)) : one.members;
      for (const [key, member] of others) {
        visit(key);
        visit(member);
      }
      if (hidden.length > 1) for (const [key, member] of toSorted(hidden)) [key, member].forEach(visit);
    }
  }
  visit(draft);
  return [...ordered];
}

/** Equal ones in an order that says nothing. */
function toSorted(hidden: readonly Member[]): Member[] {
  const keyed = hidden.map((member): [string, Member] => {
    const [key, value] = member;
    const text = typeof key === "string" ? key : key.text;
    return [`${JSON.stringify(toValue(value))}\0${hash("sha256", text)}`, member];
  });
  return keyed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, member]) => member);
}

/** Whether a key was a number that JavaScript puts in its order, and is sealed. */
export function isHidden(member: Member | undefined): boolean {
  const key = member?.[0];
  return key instanceof Slot && isIndexKey(key.text) && key.findings.length > 0;
}

export function isSpelled({ spelled }: { spelled: Slot }): boolean {
  return spelled.findings.length > 0;
}

function toText({ text, findings, tokens }: Slot): string {
  return replaceSpans(text, findings, (index) => tokens[index] ?? "");
}
