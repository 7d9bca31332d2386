import { readAudit } from "./audit-query.ts";
import type { Parts } from "./parts.ts";

/** The program of an execution. */
export interface RecordedProgram {
  code: string;
  /** How it ended, or what it does; absent: that is not known. */
  status?: string;
}

/** An execution's program: from its journal, else as the audit has it, without what the second net takes out. */
export async function findRecordedProgram(
  { runs, config: { stateDir } }: Pick<Parts, "runs" | "config">,
  executionId: string,
): Promise<RecordedProgram | undefined> {
  try {
    const { code, status } = runs.show(executionId);
    return { code, status };
  } catch {
    // It is kept no more, or cannot be read.
  }
  let codeSha256: unknown;
  let code: unknown;
  let ended: Pick<RecordedProgram, "status"> = {};
  for await (const record of readAudit(stateDir, { executionId })) {
    if (record["kind"] === "execution-started") codeSha256 = record["codeSha256"];
    if (record["kind"] === "program") ({ code } = record);
    if (record["kind"] === "execution-ended" && typeof record["status"] === "string")
      ended = { status: record["status"] };
  }
  if (typeof code === "string") return { code, ...ended };
  if (codeSha256 === undefined) return undefined;
  // Its text was recorded with an earlier execution of the same program.
  for await (const record of readAudit(stateDir))
    if (record["kind"] === "program" && record["codeSha256"] === codeSha256 && typeof record["code"] === "string")
      return { code: record["code"], ...ended };
  return undefined;
}
