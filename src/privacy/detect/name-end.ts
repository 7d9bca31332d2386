import { isNameLike, particles } from "./name-like.ts";

const PART_MAX = 48;
const PARTS_MAX = 4;
const WORDS_MAX = 4;
/** `(Ops)`: a remark without a number or an address. */
const remark = /^[ \u00A0]?[(（][^()（）\n"\d@:=]{1,40}[)）]/u;
/** `, Ada` up to where something else begins. */
const part = /^[,，] ?(\p{L}[^,，;:=@\d\n"<>|{}()（）]{0,40})(?=[,，;\n\r"<>|(（)}]|$)/u;

/**
 * Where a name without quotes ends that was read up to the first comma or bracket, at `end`: after what belongs to it,
 * as in `Holm, Ada (Ops)`, `Dr. Ada Holm, PhD`. Looks a bounded way ahead.
 */
export function toNameEnd(text: string, start: number, end: number): number {
  let stop = end;
  for (let parts = 0; parts < PARTS_MAX; parts += 1) {
    const rest = text.slice(stop, stop + PART_MAX);
    const bracket = remark.exec(rest)?.[0];
    if (bracket !== undefined) {
      stop += bracket.length;
      continue;
    }
    const next = part.exec(rest);
    if (next === null || !isPart(text.slice(start, end), next[1] ?? "")) break;
    stop += next[0].length;
  }
  return stop;
}

/** Whether what follows a comma is of the name before it: capitals and small words of names; any word after `holm,`. */
function isPart(before: string, after: string): boolean {
  const words = after.trim().split(/\s+/u);
  if (words.length > WORDS_MAX || !isNameLike(after.trim())) return false;
  if (/^\p{Ll}\S*$/u.test(before.trim())) return true;
  return words.every((word) => /^(?:[dl]['’])?[\p{Lu}\p{Lt}\p{Lo}]/u.test(word) || particles.has(word.toLowerCase()));
}
