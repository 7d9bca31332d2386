import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { toMessage } from "../base/errors.ts";
import { toUsageError } from "./arguments.ts";

/** The text of a file, or of stdin for `-`. */
export async function readInput(command: string, path: string): Promise<string> {
  if (path === "-") return await text(process.stdin);
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw toUsageError(command, `Cannot read ${JSON.stringify(path)}: ${toMessage(error)}`);
  }
}
