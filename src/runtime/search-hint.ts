import { toModel } from "../gateway/to-model.ts";
import type { SearchAnswer, SearchResult } from "./outcome.ts";
import type { OpenPrivacy } from "./privacy.ts";
import { type MissingServer, toServersText } from "./unresolved.ts";

/** An answer over part of the servers says which part is missing. */
export function withMissing(answer: SearchAnswer, missing: readonly MissingServer[]): SearchAnswer {
  if (missing.length === 0) return answer;
  const note = `Not searched, because their tools are not known: ${toServersText(missing)}`;
  return { ...answer, hint: toModel(answer.hint === undefined ? note : `${answer.hint}\n${note}`) };
}

/** An address or a number of somebody; most of what servers say of their tools has neither. */
const personal = /[^\s@]@[\w-]+\.\p{L}|\d[\d ().-]{6,}\d/u;

/**
 * What people and servers wrote: a hint may have the last words of a server, a skill's text was saved by a program, and a
 * definition may hold what its server knows.
 */
export async function cleanAnswer(
  answer: SearchAnswer,
  isMissing: boolean,
  privacy: OpenPrivacy,
): Promise<SearchAnswer> {
  const isWritten = ({ kind, summary = "", signature = "", module = "" }: SearchResult): boolean =>
    kind === "skill" || personal.test(`${summary}\n${signature}\n${module}`);
  const written = privacy.isOn ? answer.results.filter(isWritten) : [];
  if (written.length === 0 && (!isMissing || !privacy.isOn)) return answer;
  const words = written.map(({ summary = null, signature = null, module = null }) => [summary, signature, module]);
  const { value } = await privacy.need().clean([answer.hint ?? null, ...words], []);
  if (!Array.isArray(value))
    return { ...answer, results: answer.results.filter((result) => !written.includes(result)), hint: "" };
  const [hint, ...cleaned] = value as [string | null, ...(string | null)[][]];
  const results = answer.results.map((result) => {
    const [summary, signature, module] = cleaned[written.indexOf(result)] ?? [];
    return {
      ...result,
      ...(typeof summary === "string" ? { summary } : {}),
      ...(typeof signature === "string" ? { signature } : {}),
      ...(typeof module === "string" ? { module } : {}),
    };
  });
  return { ...answer, results, ...(hint === null ? {} : { hint }) };
}
