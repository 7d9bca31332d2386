import { toKeyClass } from "./key-class.ts";
import { isNameLike, isSurelyNameLike } from "./name-like.ts";

const BEFORE_MAX = 64;
const AFTER_MAX = 64;
const nameAtEnd =
  /(?:^|[^\p{L}\p{M}'’.-])((?:\p{Lu}[\p{L}\p{M}'’.-]*|\p{Lo}{2,4})(?: (?:(?:de|da|do|dos|del|della|di|du|la|le|van|von|der|den|ter|te|zu|al|el|bin|af|y|e) ){0,3}(?:[dl]['’])?\p{Lu}[\p{L}\p{M}'’.-]*){0,4})$/u;
/** Words with a capital that lead in a name and are none. */
const leadIns =
  /^(?:(?:From|To|Cc|Bcc|By|Contact|Email|Mail|E-mail|Reporter|Author|Customer|Client|Lead|New|Signed-off-by|Co-authored-by|Reviewed-by|User|Name|Owner|Assignee|Sender|Hi|Hello|Dear|And|Or|With|For|At|Please|Ask|Ping|Call|Text|Dial|Phone|Mobile|Reach|Via|Von|An|De|Para|Per|The|Patient|Employee|Member|Attendee|Organizer|Attendees|Mr|Mrs|Ms|Dr|Prof|Herr|Frau|Mme|M|Sr|Sra|Reply-To|Your|Our|My|Is|Fwd|Re|Tel|Fax|Office|Home|Support|Sales|Number|On|In|Also)\.? )+/u;

/** The name that stands right before an address or a number: `Jamie Floder (…`, `"Doe, Jane" <…`, `Jane Doe, …`. */
export function toNameBefore(text: string, at: number, isMail: boolean): { start: number; end: number } | undefined {
  let end = at;
  if (isMail && text.slice(Math.max(0, end - 7), end).toLowerCase() === "mailto:") end -= 7;
  const bracket = text[end - 1] ?? "";
  const isBracketed = bracket === "<" || bracket === "(" || bracket === "[";
  if (isBracketed) end -= 1;
  else if (!isMail || (bracket !== " " && bracket !== ",")) return undefined;
  const from = Math.max(0, end - BEFORE_MAX);
  while (end > from && /[ ,:"'*_–—-]/u.test(text[end - 1] ?? "")) {
    // A colon or two dashes part a key from its value; what is before a key's colon is no name.
    if (text[end - 1] === ":" && !isBracketed) return undefined;
    end -= 1;
  }
  const before = text.slice(Math.max(0, end - BEFORE_MAX), end);
  const found = nameAtEnd.exec(before.slice(before.lastIndexOf("\n") + 1));
  let name = found?.[1] ?? "";
  name = name.replace(leadIns, "");
  // A label: `邮箱 wei@corp.cn`.
  if (toKeyClass(name) !== undefined) return undefined;
  if (name === "" || !isSurelyNameLike(name, isBracketed ? 1 : 2)) {
    if (!isBracketed || toLabelled(before) === "") return undefined;
    name = toLabelled(before);
  }
  return { start: end - name.length, end };
}

/** All that is between a label and the bracket, in names with small words at their end: `**Reporter:** Anna Le roux (`. */
function toLabelled(before: string): string {
  const found = /[:*>"] *(\p{Lu}[^:*<>"\n]{2,48})$/u.exec(before)?.[1] ?? "";
  const count = found.split(" ").length;
  return count >= 2 && count <= 4 && isNameLike(found) ? found : "";
}

/** `jane@acme.io (Jane Doe)`. */
export function toNameAfter(text: string, at: number): { start: number; end: number } | undefined {
  const found = /^>?,? ?\((\p{Lu}[^()\n]{1,48})\)/u.exec(text.slice(at, at + AFTER_MAX));
  const name = found?.[1] ?? "";
  if (found === null || !isSurelyNameLike(name, 2)) return undefined;
  const start = at + found[0].length - 1 - name.length;
  return { start, end: start + name.length };
}
