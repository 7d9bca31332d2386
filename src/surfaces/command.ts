import type { Terminal } from "./terminal.ts";

/** One option of a command, as `node:util` parseArgs takes it, with what help says. */
export interface CommandOption {
  type: "string" | "boolean";
  short?: string;
  /** What the value is called in help: `FILE`. */
  value?: string;
  help: string;
}

/** What a command gets: its arguments read and checked, the terminal, and the signal of Ctrl-C. */
export interface Invocation {
  positionals: readonly string[];
  /** A string option's value, if it was given. */
  text(name: string): string | undefined;
  /** Whether a boolean option was given. */
  flag(name: string): boolean;
  terminal: Terminal;
  /** Aborted by Ctrl-C or SIGTERM. */
  signal: AbortSignal;
}

/** One command of the CLI. `run` answers the exit code; a SluiceError that it throws is printed and exits 2. */
export interface Command {
  /** `run FILE | run -e CODE`. */
  usage: string;
  summary: string;
  /** Its own options; those that every command has are in `commonOptions`. */
  options: Readonly<Record<string, CommandOption>>;
  /** Positional arguments it takes at most. */
  positionalsMax: number;
  examples: readonly string[];
  run(invocation: Invocation): Promise<number>;
}

/** The options that every command has. */
export const commonOptions: Readonly<Record<string, CommandOption>> = {
  config: {
    type: "string",
    value: "FILE",
    help: "the config file; else SLUICE_CONFIG, ./sluice.config.json upward, ~/.config/sluice",
  },
  workspace: { type: "string", value: "NAME", help: "the workspace that programs see; else the config's" },
  json: { type: "boolean", help: "print JSON, for programs" },
  verbose: { type: "boolean", help: "show the log, with what the servers print, on stderr" },
  help: { type: "boolean", short: "h", help: "show this help" },
};
