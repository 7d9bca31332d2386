import type { Command, CommandOption } from "./command.ts";
import { commonOptions } from "./command.ts";
import type { CommandEntry } from "./commands.ts";

/** The help of one command, with its options and examples. */
export function toCommandHelp(command: Command): string {
  const options = { ...command.options, ...commonOptions };
  return [
    command.summary,
    "",
    "Usage",
    ...command.usage.split("\n").map((line) => `  sluice ${line}`),
    "",
    "Options",
    ...toColumns(Object.entries(options).map(([name, option]) => [toOptionName(name, option), option.help])),
    "",
    "Examples",
    ...command.examples.map((example) => `  ${example}`),
  ].join("\n");
}

/** The help of the program. */
export function toProgramHelp(commands: ReadonlyMap<string, CommandEntry>): string {
  return [
    "Runs the programs of an AI agent over MCP tools, in a sandbox.",
    "",
    "Usage",
    "  sluice COMMAND [ARGUMENTS] [--config FILE] [--json]",
    "",
    "Commands",
    ...toColumns([...commands].map(([name, { summary }]) => [name, summary])),
    "",
    "Options",
    ...toColumns([
      ...Object.entries(commonOptions).map(([name, option]): [string, string] => [
        toOptionName(name, option),
        option.help,
      ]),
      ["--version", "print the version"],
    ]),
    "",
    "Examples",
    "  sluice doctor                                    check the installation and every server",
    "  sluice tools 'send a message'                    find tools",
    '  sluice call gdrive.getDocument \'{"documentId":"abc"}\'',
    "  sluice run -e 'return (await gdrive.listFiles({})).length'",
    "  sluice serve                                     for the configuration of an MCP client",
    "",
    "Exit codes: 0 completed, 1 failed, 2 usage, config or engine, 3 killed by a limit, 4 paused, 5 denied, 130 Ctrl-C.",
  ].join("\n");
}

function toOptionName(name: string, { short, value }: CommandOption): string {
  return `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;
}

function toColumns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
