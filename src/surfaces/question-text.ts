import type { Question } from "../runtime/sluice.ts";

/** A question as a person reads it: what would happen, with what; values only as tokens and masked samples. */
export function toQuestionText({ id, tool, executionId, body, answer, answeredBy, expiresAt }: Question): string {
  const lines = [body.text, "", `question   ${id}`, `tool       ${tool}`, `execution  ${executionId}`];
  if (body.site !== undefined) lines.push(`line       ${body.site.line}: ${body.site.text}`);
  // None of its lines stands where one of ours does.
  if (body.program !== undefined) lines.push("", ...body.program.split("\n").map((line) => `  | ${line}`), "");
  for (const { class: name, values, samples, paths } of body.data)
    lines.push(
      `data       ${values} × ${name} in ${paths.join(", ")}: ${samples.join(", ")}${values > samples.length ? ", …" : ""}`,
    );
  for (const [index, text] of body.arguments.entries())
    lines.push(`${index === 0 ? "arguments " : "          "} ${text}`);
  if (body.holds !== undefined) lines.push("", body.holds, "");
  lines.push(
    answer === undefined
      ? `waits      until ${new Date(expiresAt).toISOString()}`
      : `answer     ${answer}${answeredBy === undefined ? "" : ` by ${answeredBy}`}`,
  );
  return lines.join("\n");
}
