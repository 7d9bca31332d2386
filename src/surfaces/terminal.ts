import { styleText } from "node:util";
import { toVisible, toVisibleLine } from "../base/unseen.ts";

/**
 * Where a command writes: results on stdout, everything about them on stderr. Names, notes and texts come from programs,
 * models and servers: what is not seen of them is written out, so that none moves the cursor, turns a line around or looks
 * like a line of ours.
 */
export interface Terminal {
  /** Writes one line to stdout. */
  out(...parts: Part[]): void;
  /** Writes one line to stderr. */
  note(...parts: Part[]): void;
  /** Writes text that has lines of its own; with a `margin` before each, where these are not ours. */
  readonly lines: (stream: Stream, text: string | Buffer, margin?: string) => void;
  /** Writes JSON to stdout. */
  json(value: unknown): void;
  /** Writes text or bytes exactly as they are, and ends the last line, for a file or another program; on a terminal as `lines`. */
  exact(stream: Stream, content: string | Buffer): void;
  /** Shows work in progress on one line of stderr, and replaces the last one; on a terminal only. */
  progress(text: string): void;
}

/** A piece of a line: text, or painted text. */
export type Part = string | { colour: Colour; text: string };
export type Colour = "red" | "yellow" | "green" | "dim" | "bold" | "cyan";
export type Stream = "stdout" | "stderr";

/** Text in a colour, where its stream is a terminal and NO_COLOR is not set. */
export function paint(colour: Colour, text: string): Part {
  return { colour, text };
}

const END_OF_LINE = 10;

/** The terminal of this process. */
export function createTerminal(env: NodeJS.ProcessEnv = process.env): Terminal {
  let progressShown = false;
  const clear = (): void => {
    if (progressShown) process.stderr.write("\r\x1b[K");
    progressShown = false;
  };
  const write = (stream: Stream, text: string): void => {
    clear();
    process[stream].write(text.endsWith("\n") ? text : `${text}\n`);
  };
  const toLine = (stream: Stream, parts: readonly Part[]): string => {
    const isColoured = hasColour(process[stream], env);
    return parts
      .map((part) => {
        if (typeof part === "string") return toVisibleLine(part);
        const text = toVisibleLine(part.text);
        return isColoured ? styleText(part.colour, text, { validateStream: false }) : text;
      })
      .join("");
  };
  return {
    out: (...parts) => write("stdout", toLine("stdout", parts)),
    note: (...parts) => write("stderr", toLine("stderr", parts)),
    lines: (stream, text, margin = "") => write(stream, toVisible(text.toString()).replace(/^(?=.)/gm, margin)),
    // In JSON such a character can stand in a string only, and there its escape is the same.
    json: (value) => write("stdout", toVisible(JSON.stringify(value, null, 2))),
    exact(stream, content) {
      if (process[stream].isTTY) write(stream, toVisible(content.toString()));
      else {
        clear();
        process[stream].write(content);
        if (content.at(-1) !== "\n" && content.at(-1) !== END_OF_LINE) process[stream].write("\n");
      }
    },
    progress(text) {
      if (!process.stderr.isTTY) return;
      clear();
      if (text === "") return;
      process.stderr.write(toVisibleLine(text).slice(0, Math.max(20, process.stderr.columns - 1)));
      progressShown = true;
    },
  };
}

function hasColour(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  // An empty NO_COLOR counts as not set: https://no-color.org
  return stream.isTTY && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
}
