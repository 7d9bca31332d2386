import { SluiceError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { isReserved } from "../codegen/text.ts";

const namePattern = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
/** Function names that mean something else where a module is imported. */
const taken = new Set(["then", "constructor", "arguments", "eval", "async", "undefined"]);

/** Whether it is a name of a skill, by the rules of the Agent Skills standard. */
export function isSkillName(name: string): boolean {
  return name.length <= limits.skillNameCharsMax && namePattern.test(name);
}

/** The function that a skill exports: its name in camelCase; a leading digit gets `_`. */
export function toFunctionName(name: string): string {
  const joined = name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return /^\d/.test(joined) ? `_${joined}` : joined;
}

/** Throws `skill_invalid` unless a skill can be called this. */
export function checkSkillName(name: unknown): string {
  if (typeof name !== "string" || !isSkillName(name)) {
    const shown = typeof name === "string" ? JSON.stringify(name.slice(0, 100)) : "none";
    throw new SluiceError(
      "skill_invalid",
      `A skill's name has lowercase letters, digits and single hyphens between them, at most ${limits.skillNameCharsMax}; got ${shown}`,
      { hint: 'For example "save-sheet-as-csv"' },
    );
  }
  const functionName = toFunctionName(name);
  if (isReserved(functionName) || taken.has(functionName))
    throw new SluiceError(
      "skill_invalid",
      `A skill cannot be called "${name}": no function can be called ${functionName}`,
      {
        hint: "Use two words, such as a verb and what it is about",
      },
    );
  return name;
}
