import { RE2JS } from "re2js";
import type { OwnClassConfig } from "../config/config.ts";

/** Finds the pattern's matches in linear time (RE2), or the values as they are written, in any case. */
export function toFinder({
  pattern,
  values = [],
}: OwnClassConfig): (text: string) => Iterable<{ start: number; end: number }> {
  if (pattern !== undefined) {
    const compiled = RE2JS.compile(pattern);
    return function* matches(text) {
      const matcher = compiled.matcher(text);
      while (matcher.find()) if (matcher.end() > matcher.start()) yield { start: matcher.start(), end: matcher.end() };
    };
  }
  const wanted = values.map((value) => value.toLowerCase()).filter((value) => value !== "");
  return function* places(text) {
    const lower = text.toLowerCase();
    // Lower-casing may change lengths; then nothing can be said about places, and the whole text is one.
    if (lower.length !== text.length) {
      if (wanted.some((value) => lower.includes(value))) yield { start: 0, end: text.length };
      return;
    }
    for (const value of wanted)
      for (let at = lower.indexOf(value); at !== -1; at = lower.indexOf(value, at + value.length))
        yield { start: at, end: at + value.length };
  };
}
