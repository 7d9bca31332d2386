import type { ExecutionResult, OutcomeError } from "../runtime/outcome.ts";
import type { Terminal } from "./terminal.ts";

/** Prints an outcome for a person: logs on their own streams, the result on stdout, everything about it on stderr. */
export function printOutcome(result: ExecutionResult, terminal: Terminal): void {
  for (const { stream, text } of result.logs) {
    if (stream === "stdout") terminal.out(text);
    else terminal.note(text);
  }
  if (result.logsTruncated === true) note("warning", "yellow", "The program printed more than is kept (logBytesMax)");
  for (const { code, message, line } of result.warnings ?? []) {
    note("warning", "yellow", `${code}: ${message}${line === undefined ? "" : ` (line ${line})`}`);
  }
  if (result.result !== undefined) {
    terminal.out(typeof result.result === "string" ? result.result : JSON.stringify(result.result, null, 2));
  }
  if (result.spilled !== undefined)
    terminal.note(terminal.paint("stderr", "dim", `In full: ${result.spilled.join(", ")}`));
  for (const { question } of result.pending ?? [])
    note(
      "paused",
      "yellow",
      `${question}\n  Nobody is asked here, and the program has ended with this command: run it on a terminal, or with --wait, and answer with \`sluice approvals\`; or add a rule`,
    );
  if (result.error !== undefined) printError(result.error, result.status, terminal);

  function note(label: string, colour: "yellow", text: string): void {
    terminal.note(`${terminal.paint("stderr", colour, label)} ${text}`);
  }
}

function printError(error: OutcomeError, status: string, terminal: Terminal): void {
  terminal.note(`${terminal.paint("stderr", "red", status)} ${error.code}: ${error.message}`);
  if (error.line !== undefined) {
    const column = error.column === undefined ? "" : `, column ${error.column}`;
    terminal.note(`  at line ${error.line}${column}`);
    if (error.source !== undefined) terminal.note(toMarkedSource(error.line, error.column, error.source));
  }
  if (error.tool !== undefined) terminal.note(`  tool: ${error.tool}`);
  if (error.hint !== undefined) terminal.note(`  hint: ${error.hint}`);
}

/** The source line with a caret under the column. */
function toMarkedSource(line: number, column: number | undefined, source: string): string {
  const gutter = `  ${line} | `;
  if (column === undefined) return `${gutter}${source}`;
  // Tabs stay tabs, so that the caret stands where the character stands.
  const before = source.slice(0, column - 1).replace(/[^\t]/g, " ");
  return `${gutter}${source}\n${" ".repeat(gutter.length - 2)}| ${before}^`;
}
