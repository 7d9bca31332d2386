import { toVisible, toVisibleLine } from "../base/unseen.ts";
import type { QuestionBody, QuestionKind } from "./broker.ts";

/** What a yes holds for: a person is told with the question, wherever it is shown. */
const holds: Readonly<Record<QuestionKind, string>> = {
  approval: "Yes holds for this very call, with these arguments, as often as this program makes it.",
  edge: "Yes holds for such data on its way to this tool, as often as this program sends it there.",
  flow: "Yes holds for all that this program does with this tool or host from then on.",
  program: "Yes holds for this one run of it.",
  budget: "Yes holds for this one run of it.",
  repeat: "Yes holds for this call, once.",
};

/** The body as a person may see it: with what a yes holds for, and nothing in it that is not seen or turns a line around. */
export function toShownBody(kind: QuestionKind, body: QuestionBody): QuestionBody {
  const { text, arguments: args, site, program, data } = body;
  return {
    ...body,
    ...{ text: toVisibleLine(text), arguments: args.map(toVisibleLine), holds: holds[kind] },
    ...(site === undefined ? {} : { site: { ...site, text: toVisibleLine(site.text) } }),
    ...(program === undefined ? {} : { program: toVisible(program) }),
    data: data.map((each) => ({
      ...{ ...each, samples: each.samples.map(toVisibleLine), paths: each.paths.map(toVisibleLine) },
    })),
  };
}
