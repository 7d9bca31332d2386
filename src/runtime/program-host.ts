import { toArgumentText } from "../base/argument-text.ts";
import { type ErrorCode, SluiceError } from "../base/errors.ts";
import { asText, type Json, type JsonObject } from "../base/json.ts";
import type { Grant, SealedCounts } from "../gateway/call.ts";
import type { ExecutionHost } from "../sandbox/execution-host.ts";
import type { RunProgress } from "./outcome.ts";
import type { Parts } from "./parts.ts";
import { toResult } from "./search-answer.ts";
import { sampleLarge } from "./tokens.ts";

export interface ProgramHostOptions {
  parts: Parts;
  view: ReturnType<Parts["openView"]>;
  executionId: string;
  /** The program's source. */
  code: string;
  grant: Grant;
  resultBytesMax: number;
  /** Counted as the calls come and go. */
  calls: { done: number; failed: number; open: number };
  account: ReturnType<Parts["tokens"]["open"]>;
  /** Aborted when the program must end. */
  signal: AbortSignal;
  onLog: ExecutionHost["onLog"];
  /** The program sees what modules say. */
  onModulesShown: () => void;
  /** Ends the execution. */
  endExecution: (code: ErrorCode, message: string) => void;
  /** Told of tries beyond the first. */
  onRetried: (retries: number) => void;
  /** Told what was sealed in each answer. */
  onSealed: (sealed: SealedCounts) => void;
  /** Told what `progress()` said. */
  onProgress: (progress: RunProgress) => void;
}

const LINE_CHARS_MAX = 200;

/** What one program can ask of the host, beside files and network. */
export function createProgramHost({
  parts,
  view,
  executionId,
  code,
  grant,
  resultBytesMax,
  calls,
  account,
  signal,
  onLog,
  endExecution,
  onModulesShown,
  onRetried,
  onSealed,
  onProgress,
}: ProgramHostOptions): ExecutionHost {
  const lines = code.split("\n");
  return {
    async invokeTool(
      { callId, tool, arguments: args, line = 0, remainingMs, onLeave, onMissed, timesLeft },
      callSignal,
    ) {
      const text = lines[line - 1]?.trim().slice(0, LINE_CHARS_MAX);
      calls.open += 1;
      const outcome = await parts.invoke({
        executionId,
        callId,
        origin: "program",
        name: tool,
        arguments: args,
        grant,
        signal: callSignal,
        endExecution,
        ...{ remainingMs, onLeave, onMissed, timesLeft },
        ...(text === undefined ? {} : { site: { line, text } }),
        view: view.catalogue,
      });
      calls.open -= 1;
      if (outcome.tries !== undefined) onRetried(outcome.tries - 1);
      const { address } = outcome;
      if (outcome.kind === "error") {
        calls.failed += 1;
        account.addCall(address, toArgumentText(args), outcome.message);
        const { code, message, hint } = outcome;
        return { error: { code, message, tool: address, ...(hint === undefined ? {} : { hint }) } };
      }
      calls.done += 1;
      if (outcome.sealed !== undefined) onSealed(outcome.sealed);
      if (outcome.kind === "large") {
        account.addCall(address, toArgumentText(args), sampleLarge(outcome.value));
        return { large: outcome.value };
      }
      const json = JSON.stringify(outcome.data);
      if (json.length > resultBytesMax) {
        const message = `The result of ${address} has ${json.length} characters; resultBytesMax is ${resultBytesMax}`;
        return { error: { code: "result_too_large", message, tool: address } };
      }
      account.addCall(address, toArgumentText(args), json);
      return { json };
    },
    async search({ query, options }) {
      onModulesShown();
      const answer = await parts.search(query, options);
      for (const { kind, id } of answer.results)
        if (kind === "skill") parts.skills.noteRead(executionId, id.replace("skills/", ""));
      return answer as unknown as Json;
    },
    saveSkill: (given, isAgain) =>
      parts.skills.save(given, executionId, { isReadOnly: grant.workspace === "read-only", isAgain }),
    async describe(tool) {
      await parts.discovery.ensureKnown(parts.serversOf(tool), signal);
      const found = view.catalogue.resolve(tool);
      onModulesShown();
      if (found.kind === "found") return toResult(parts, found.tool, "full") as unknown as Json;
      throw parts.toUnresolved(tool, found);
    },
    async ask({ name, arguments: args }) {
      if (!parts.privacy.isOn)
        throw new SluiceError(
          "invalid_input",
          "There are no tokens here: privacy is off, and values are what they are",
        );
      const question = asText(name);
      const given = Array.isArray(args) ? args.slice(0, 4) : [];
      const answer = await parts.privacy.need().ask({ name: question, arguments: given });
      parts.audit.record({
        kind: "value-questioned",
        executionId,
        question,
        token: given
          .filter((one) => typeof one === "string")
          .slice(0, 2)
          .join(" ")
          .slice(0, 100),
      });
      return answer;
    },
    async importAtRunTime(specifier) {
      await parts.discovery.ensureKnown(parts.namesIn(specifier), signal);
      const target = await view.names.resolveImport(specifier, "");
      if (target.kind === "skill")
        throw new SluiceError("import_not_found", `Cannot import "${specifier}" at run time`, {
          hint: "Import a skill with an import statement at the top",
        });
      const server = target.kind === "server" || target.kind === "tool" ? view.names.server(target.key) : undefined;
      return server === undefined ? target : { ...target, server };
    },
    onProgress: (progress) => onProgress(toProgress(progress)),
    onLog,
  };
}

const NOTE_CHARS_MAX = 500;

function toProgress({ done, total, note }: JsonObject): RunProgress {
  return {
    ...(typeof done === "number" ? { done } : {}),
    ...(typeof total === "number" ? { total } : {}),
    ...(typeof note === "string" ? { note: note.slice(0, NOTE_CHARS_MAX) } : {}),
  };
}

/** `3/10 leads` */
export function toProgressText({ done, total, note = "" }: RunProgress): string {
  const count = done === undefined ? "" : total === undefined ? String(done) : `${done}/${total}`;
  return [count, note].filter((text) => text !== "").join(" ");
}
