import { toModel } from "../gateway/to-model.ts";
import type { SearchAnswer } from "./outcome.ts";
import type { OpenPrivacy } from "./privacy.ts";
import { type MissingServer, toServersText } from "./unresolved.ts";

/** An answer over part of the servers says which part is missing. */
export function withMissing(answer: SearchAnswer, missing: readonly MissingServer[]): SearchAnswer {
  if (missing.length === 0) return answer;
  const note = `Not searched, because their tools are not known: ${toServersText(missing)}`;
  return { ...answer, hint: toModel(answer.hint === undefined ? note : `${answer.hint}\n${note}`) };
}

/** What people and servers wrote: a hint may have the last words of a server, a skill's text was saved by a program. */
export async function cleanAnswer(
  answer: SearchAnswer,
  isMissing: boolean,
  privacy: OpenPrivacy,
): Promise<SearchAnswer> {
  const isWritten = isMissing || answer.results.some(({ kind }) => kind === "skill");
  if (!privacy.isOn || !isWritten) return answer;
  const skills = answer.results.filter(({ kind }) => kind === "skill");
  const words = skills.map(({ summary = null, module = null }) => [summary, module]);
  const { value } = await privacy.need().clean([answer.hint ?? null, ...words], []);
  if (!Array.isArray(value))
    return { ...answer, results: answer.results.filter(({ kind }) => kind === "tool"), hint: "" };
  const [hint, ...cleaned] = value as [string | null, ...[string | null, string | null][]];
  const results = answer.results.map((result) => {
    const [summary, module] = cleaned[skills.indexOf(result)] ?? [null, null];
    return {
      ...result,
      ...(summary === null ? {} : { summary }),
      ...(module === null ? {} : { module }),
    };
  });
  return { ...answer, results, ...(hint === null ? {} : { hint }) };
}
