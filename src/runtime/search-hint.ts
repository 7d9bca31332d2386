import { toModel } from "../gateway/to-model.ts";
import type { SearchAnswer } from "./outcome.ts";
import type { OpenPrivacy } from "./privacy.ts";

/** An answer over part of the servers says which part is missing. */
export function withMissing(answer: SearchAnswer, missing: { key: string; reason: string }[]): SearchAnswer {
  if (missing.length === 0) return answer;
  const shown = missing.slice(0, 5).map(({ key, reason }) => `${key} (${reason.slice(0, 200)})`);
  const note = `Not searched, because their tools are not known: ${shown.join("; ")}${missing.length > 5 ? ` and ${missing.length - 5} more` : ""}`;
  return { ...answer, hint: toModel(answer.hint === undefined ? note : `${answer.hint}\n${note}`) };
}

/** A hint may have the last words of a server that did not start. */
export async function cleanHint(answer: SearchAnswer, privacy: OpenPrivacy): Promise<SearchAnswer> {
  if (answer.hint === undefined || !privacy.isOn) return answer;
  const { texts } = await privacy.need().clean(null, [answer.hint]);
  return { ...answer, hint: texts[0] ?? "" };
}
