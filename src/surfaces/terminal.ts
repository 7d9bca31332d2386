import { stripVTControlCharacters, styleText } from "node:util";

/** Where a command writes: results on stdout, everything about them on stderr. */
export interface Terminal {
  /** Writes a line to stdout. */
  out(text: string): void;
  /** Writes a line to stderr. */
  note(text: string): void;
  /** Shows work in progress on one line of stderr, and replaces the last one; on a terminal only. */
  progress(text: string): void;
  /** Paints text that goes to that stream, where the stream is a terminal and NO_COLOR is not set. */
  paint(stream: "stdout" | "stderr", colour: Colour, text: string): string;
}

export type Colour = "red" | "yellow" | "green" | "dim" | "bold" | "cyan";

/** The terminal of this process. */
export function createTerminal(env: NodeJS.ProcessEnv = process.env): Terminal {
  let progressShown = false;
  const clear = (): void => {
    if (progressShown) process.stderr.write("\r\x1b[K");
    progressShown = false;
  };
  return {
    out(text) {
      clear();
      process.stdout.write(toEndedLine(text));
    },
    note(text) {
      clear();
      process.stderr.write(toEndedLine(text));
    },
    progress(text) {
      if (!process.stderr.isTTY) return;
      clear();
      if (text === "") return;
      // A name from outside must not move the cursor.
      const line = stripVTControlCharacters(text).replace(/[\p{Cc}\p{Cf}]/gu, " ");
      process.stderr.write(line.slice(0, Math.max(20, process.stderr.columns - 1)));
      progressShown = true;
    },
    paint(stream, colour, text) {
      return hasColour(process[stream], env) ? styleText(colour, text, { validateStream: false }) : text;
    },
  };
}

function hasColour(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  // An empty NO_COLOR counts as not set: https://no-color.org
  return stream.isTTY && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
}

function toEndedLine(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
