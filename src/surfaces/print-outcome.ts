import { toVisibleLine } from "../base/unseen.ts";
import type { ExecutionResult, OutcomeError } from "../runtime/outcome.ts";
import type { Invocation } from "./command.ts";
import { toExitCode } from "./exit-code.ts";
import { paint, type Terminal } from "./terminal.ts";

/** Prints how an execution ended, for a person or with `--json` for programs; gives the command's exit code. */
export function endWith(result: ExecutionResult, invocation: Invocation): number {
  const { terminal } = invocation;
  if (invocation.flag("json")) terminal.json(result);
  else printOutcome(result, terminal);
  return toExitCode(result);
}

/** Prints an outcome for a person: logs on their own streams, the result on stdout, everything about it on stderr. */
export function printOutcome(result: ExecutionResult, terminal: Terminal): void {
  for (const { stream, text } of result.logs) terminal.exact(stream, text);
  if (result.logsTruncated === true) note("warning", "Not all that the program printed is shown");
  for (const { code, message, line } of result.warnings ?? [])
    note("warning", `${code}: ${message}${line === undefined ? "" : ` (line ${line})`}`);
  if (typeof result.result === "string") terminal.exact("stdout", result.result);
  else if (result.result !== undefined) terminal.json(result.result);
  if (result.spilled !== undefined) terminal.note(paint("dim", `In full: ${result.spilled.join(", ")}`));
  // A command ends here, and takes with it what is not recorded.
  const goesOn = result.warnings?.some(({ code }) => code === "not_resumable") !== true;
  for (const { id, question } of result.pending ?? []) {
    const later = `see what a yes holds for with \`sluice approvals show ${id}\`, answer with \`sluice approvals allow ${id}\` and go on with \`sluice runs resume ${result.executionId}\`; or `;
    note("paused", question);
    terminal.note(`  Nobody is asked here: ${goesOn ? later : ""}run it on a terminal, or with --wait; or add a rule`);
  }
  if (result.status === "running")
    note("running", `${result.executionId} goes on in its process: \`sluice runs resume\` waits for its end`);
  if (result.error !== undefined) printError(result.error, result.status, terminal);

  function note(label: string, text: string): void {
    terminal.note(paint("yellow", label), ` ${text}`);
  }
}

/** A failure with its message; where that has several lines, they stand further in than any line of ours. */
export function noteFailure(terminal: Terminal, label: string, code: string, message: string): void {
  const [first = "", ...rest] = message.split("\n");
  terminal.note(paint("red", label), ` ${code}: ${first}`);
  for (const line of rest) terminal.note(`    ${line}`);
}

function printError(error: OutcomeError, status: string, terminal: Terminal): void {
  noteFailure(terminal, status, error.code, error.message);
  if (error.line !== undefined) {
    const column = error.column === undefined ? "" : `, column ${error.column}`;
    terminal.note(`  at line ${error.line}${column}`);
    if (error.source !== undefined) printSource(error.line, error.column, error.source, terminal);
  }
  if (error.tool !== undefined) terminal.note(`  tool: ${error.tool}`);
  if (error.hint !== undefined) terminal.note(`  hint: ${error.hint}`);
}

/** The source line with a caret under the column. */
function printSource(line: number, column: number | undefined, source: string, terminal: Terminal): void {
  const gutter = `  ${line} | `;
  terminal.note(`${gutter}${source}`);
  if (column === undefined) return;
  // Tabs stay tabs, so that the caret stands where the character stands.
  const before = toVisibleLine(source.slice(0, column - 1)).replace(/[^\t]/g, " ");
  terminal.note(`${" ".repeat(gutter.length - 2)}| ${before}^`);
}
