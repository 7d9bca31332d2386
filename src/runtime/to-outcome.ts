import { toModel } from "../gateway/to-model.ts";
import type { Json } from "../base/json.ts";
import { type LargeValue, previewLarge } from "../base/large-json.ts";
import { toModelJson } from "../base/model-text.js";
import { toMessage } from "../base/errors.ts";
import type { Workspace } from "../sandbox/workspace.ts";
import type { AnswerBounds } from "./fit-answer.ts";
import type { LogEntry, Outcome } from "./outcome.ts";
import { previewLogs, previewValue } from "./preview.ts";

const SPILL_FOLDER = ".spill";

/**
 * The outcome as the model gets it: every text through `toModel`, and what is over its bound written in full to
 * `./workspace/.spill` and previewed; so is `large`, the result where it is bytes. Where that cannot be written, the preview is all there is, and a warning says so.
 */
export async function toOutcome(
  whole: Outcome,
  workspace: Pick<Workspace, "makeFolder" | "write">,
  { previewBytes, resultBytes }: AnswerBounds,
  large?: LargeValue,
  /** The files are named by it. */
  spilledAs: string = whole.executionId,
): Promise<Outcome> {
  const spilled: string[] = [];
  const refusals: string[] = [];
  /** Writes the text; says where it is, for the preview. */
  const spill = async (name: string, content: string | Uint8Array): Promise<string> => {
    try {
      await workspace.makeFolder([SPILL_FOLDER], true);
      await workspace.write(
        [SPILL_FOLDER, name],
        typeof content === "string" ? Buffer.from(content) : content,
        "replace",
      );
    } catch (error) {
      refusals.push(`${name}: ${toMessage(error)}`);
      return "not kept in full";
    }
    const path = `./workspace/${SPILL_FOLDER}/${name}`;
    spilled.push(path);
    return `in full in ${path}`;
  };

  const outcome: Outcome = { ...whole };
  if (whole.result !== undefined) {
    const result = toModelJson(whole.result);
    const json = JSON.stringify(result);
    const isText = typeof result === "string";
    outcome.result =
      Buffer.byteLength(json) <= resultBytes
        ? result
        : previewValue(
            result,
            json,
            resultBytes,
            await spill(`${spilledAs}-result.${isText ? "txt" : "json"}`, isText ? result : json),
          );
  }
  if (large !== undefined) {
    const { about, shown, isText, bytes } = await previewLarge(large, resultBytes);
    const where = await spill(`${spilledAs}-result.${isText ? "txt" : "json"}`, bytes);
    outcome.result = `[${about}; ${where}]\n${shown}`;
  }
  const logs = whole.logs.map(({ stream, text }) => ({ stream, text: toModel(text) }));
  outcome.logs = logs.length > LOG_ENTRIES_SHOWN ? joinEntries(logs) : logs;
  if (
    outcome.logs.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0) > previewBytes ||
    outcome.logs.length > LOG_ENTRIES_SHOWN
  ) {
    const where = await spill(`${spilledAs}-logs.txt`, outcome.logs.map(({ text }) => text).join("\n"));
    outcome.logs = previewLogs(joinEntries(outcome.logs), previewBytes, where);
    outcome.logsTruncated = true;
  }
  if (whole.error !== undefined)
    outcome.error = toModelJson(whole.error as unknown as Json) as unknown as NonNullable<Outcome["error"]>;
  if (whole.warnings !== undefined || refusals.length > 0) {
    const warnings = toModelJson((whole.warnings ?? []) as unknown as Json) as unknown as NonNullable<
      Outcome["warnings"]
    >;
    outcome.warnings = warnings;
    if (refusals.length > 0) {
      const message = `What is previewed could not be kept in ./workspace/${SPILL_FOLDER} (${refusals.join("; ")}): remove files from ./workspace`;
      warnings.push({ code: "not_spilled", message });
    }
  }
  if (spilled.length > 0) outcome.spilled = spilled;
  return outcome;
}

/** Each entry costs the model its own object: past this many they are joined and previewed. */
const LOG_ENTRIES_SHOWN = 400;

/** Neighbours of one stream as one entry, so that many short lines do not cost an object each. */
function joinEntries(logs: readonly LogEntry[]): LogEntry[] {
  const joined: LogEntry[] = [];
  for (const { stream, text } of logs) {
    const last = joined.at(-1);
    if (last?.stream === stream && last.text.length + text.length < 400) last.text += `\n${text}`;
    else joined.push({ stream, text });
  }
  return joined;
}
