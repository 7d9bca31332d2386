import { randomUUID } from "node:crypto";
import { appendFileSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The state of a demo server: JSON files that are written once, and logs that only grow (one JSON value a line). Both
 * are safe when several processes work on the same folder: a file appears whole, and a line is one appending write.
 * @typedef {object} State
 * @property {<T>(name: string, make: () => T) => T} seeded the file's value; made by the first process that asks
 * @property {(name: string, value: unknown) => void} append
 * @property {(name: string) => any[]} lines every line so far, oldest first
 */

/**
 * @param {string} folder made if missing
 * @returns {State}
 */
export function openState(folder) {
  mkdirSync(folder, { recursive: true });
  return {
    seeded(name, make) {
      const path = join(folder, name);
      if (!existsSync(path)) {
        const draft = `${path}.${randomUUID()}`;
        writeFileSync(draft, JSON.stringify(make(), null, 1));
        try {
          // A link, not a rename: if another process was first, its file stays.
          linkSync(draft, path);
        } catch (error) {
          if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
        } finally {
          rmSync(draft);
        }
      }
      return JSON.parse(readFileSync(path, "utf8"));
    },
    append(name, value) {
      appendFileSync(join(folder, name), `${JSON.stringify(value)}\n`);
    },
    lines(name) {
      const path = join(folder, name);
      if (!existsSync(path)) return [];
      // What stands after the last line end is being written right now by another process.
      const whole = readFileSync(path, "utf8").split("\n").slice(0, -1);
      return whole.map((line) => JSON.parse(line));
    },
  };
}
