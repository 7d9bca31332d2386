import type { JsonSchema } from "../base/json.ts";
import { toKeyClass } from "./detect/key-class.ts";
import { formatClassAt } from "./schema-place.ts";

/** Names of arguments that take a person's address of any kind. */
const recipients = new Set(
  `to cc bcc from recipient recipients sender replyto reply_to replyTo invitee invitees attendee attendees guest guests
   participant participants member members assignee assignees contact contacts subscriber subscribers`.split(/\s+/),
);
const addressed = new Set(["EMAIL", "PHONE", "USERNAME"]);

/** Whether an argument is made for a class: its schema's format says so, or its name does. `path`: keys, outermost first. */
export function isFor(name: string, path: readonly string[], schema: JsonSchema): boolean {
  const key = path.at(-1);
  if (key === undefined) return false;
  const format = formatClassAt(schema, path);
  if (format !== undefined) return format === name;
  return toKeyClass(key)?.class === name || (addressed.has(name) && recipients.has(key));
}
