#!/usr/bin/env node
import { SluiceError, toMessage } from "../base/errors.ts";
import { toNearest } from "../base/nearest.ts";
import { readVersion } from "../base/version.ts";
import { parseArguments } from "./arguments.ts";
import { commands } from "./commands.ts";
import { exitCodes } from "./exit-code.ts";
import { toCommandHelp, toProgramHelp } from "./help.ts";
import { noteFailure } from "./print-outcome.ts";
import { watchSignals } from "./signals.ts";
import { createTerminal, paint, type Terminal } from "./terminal.ts";

const terminal = createTerminal();
// A reader that has seen enough (`sluice tools | head`) closes the pipe: that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? exitCodes.completed : exitCodes.usage),
);
const exitCode = await runCommandLine(process.argv.slice(2), terminal);
// On some systems pipes are written in the background, and exiting would cut them off.
await new Promise<void>((resolve) => process.stdout.write("", () => resolve()));
process.exit(exitCode);

async function runCommandLine(words: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await runCommand(words, terminal);
  } catch (error) {
    printError(error, terminal);
    // A program that reads our stdout gets an answer there too.
    if (words.includes("--json")) terminal.json({ error: toErrorJson(error) });
    // Servers that cannot be reached are no fault of the command line.
    const isUpstream = error instanceof SluiceError && error.fault === "upstream";
    return isUpstream ? exitCodes.failed : exitCodes.usage;
  }
}

async function runCommand(words: readonly string[], terminal: Terminal): Promise<number> {
  let [name, ...rest] = words;
  if (name === "--version" || name === "-V") {
    terminal.out(readVersion());
    return exitCodes.completed;
  }
  if (name === "help") {
    name = rest[0];
    rest = ["--help"];
  }
  if (name === undefined || name === "--help" || name === "-h") {
    // Asked for, help is the answer; unasked, it is a remark on the usage.
    if (words.length === 0) terminal.lines("stderr", toProgramHelp(commands));
    else terminal.lines("stdout", toProgramHelp(commands));
    return words.length === 0 ? exitCodes.usage : exitCodes.completed;
  }
  const entry = commands.get(name);
  if (entry === undefined) throw toUnknownCommand(name);
  const command = await entry.load();
  const { positionals, options } = parseArguments(name, command, rest);
  if (options.has("help")) {
    terminal.lines("stdout", toCommandHelp(command));
    return exitCodes.completed;
  }
  using signals = watchSignals();
  try {
    const code = await command.run({
      positionals,
      text: (option) => {
        const value = options.get(option);
        return typeof value === "string" ? value : undefined;
      },
      flag: (option) => options.has(option),
      terminal,
      signal: signals.signal,
    });
    return signals.exitCode ?? code;
  } catch (error) {
    // Whoever interrupted it knows why it did not finish.
    if (signals.exitCode !== undefined) return signals.exitCode;
    throw error;
  }
}

function toUnknownCommand(name: string): SluiceError {
  const kind = name.startsWith("-") ? "option" : "command";
  const nearest = toNearest(name, [...commands.keys()]);
  const guess =
    nearest === undefined ? `. Commands are ${[...commands.keys()].join(", ")}` : `. Did you mean ${nearest}?`;
  return new SluiceError("usage", `Unknown ${kind} ${JSON.stringify(name)}${guess}`, {
    hint: 'Run "sluice --help" for all commands',
  });
}

function toErrorJson(error: unknown): { code: string; message: string; hint?: string } {
  if (!(error instanceof SluiceError)) return { code: "internal", message: toMessage(error) };
  const { code, message, hint } = error;
  return { code, message, ...(hint !== undefined && { hint }) };
}

function printError(error: unknown, terminal: Terminal): void {
  if (!(error instanceof SluiceError)) {
    noteFailure(terminal, "error", "internal", toMessage(error));
    // Not expected: the stack says where to look.
    if (error instanceof Error && error.stack !== undefined) terminal.lines("stderr", error.stack);
    return;
  }
  noteFailure(terminal, "error", error.code, error.message);
  if (error.hint !== undefined) terminal.note(error.hint);
  terminal.note(paint("dim", `More: docs/errors.md, heading "${error.code}"`));
}
