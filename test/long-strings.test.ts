import fc from "fast-check";
import { expect, test } from "vitest";
import { createLongStrings } from "../src/base/long-strings.js";
import { toRuns } from "./properties.ts";

/** The JSON cut at random, its long strings put back where the marks stand. */
function readBack(json: string, cuts: readonly number[]): unknown {
  const bytes = Buffer.from(json);
  const strings = createLongStrings((index) => `mark-${index}`);
  let from = 0;
  for (const cut of cuts) strings.push(bytes.subarray(from, (from += cut)));
  strings.push(bytes.subarray(from));
  const taken = strings.end();
  if (taken === undefined) return undefined;
  const texts = taken.strings.map((pieces) => Buffer.concat(pieces).toString("utf8"));
  const count = texts.length;
  const value: unknown = JSON.parse(taken.rest, (_, member: unknown) => {
    const mark = typeof member === "string" ? /^mark-(\d+)$/.exec(member) : null;
    return mark === null ? member : texts[Number(mark[1])];
  });
  return { value, count };
}

/** Escaped in every way that JSON knows. */
const escapeAll = (text: string): string =>
  `"${[...text.split("")].map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"`;

test("long strings come back as they were, however they are cut and escaped", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }).filter((text) => text.isWellFormed()),
      fc.string({ unit: "binary", maxLength: 10 }).filter((text) => text.isWellFormed()),
      fc.array(fc.nat(70_000), { maxLength: 8 }),
      fc.boolean(),
      (seed, short, cuts, isEscaped) => {
        const long = seed.repeat(Math.ceil(70_000 / seed.length));
        const text = isEscaped ? escapeAll(long) : JSON.stringify(long);
        const json = `{"a":${JSON.stringify(short)},"b":[${text},"\\\\",1,${text}],"c":"mark-"}`;
        expect(readBack(json, cuts)).toEqual({ value: JSON.parse(json), count: 2 });
      },
    ),
    { numRuns: toRuns(60) },
  );
});

test("what is short stays where it is", () => {
  fc.assert(
    fc.property(fc.json(), fc.array(fc.nat(20)), (json, cuts) => {
      expect(readBack(json, cuts)).toEqual({ value: JSON.parse(json), count: 0 });
    }),
  );
});

test.each([
  ["an unknown escape", "\\x"],
  ["a broken code", "\\u12g4"],
  ["half a pair", "\\ud800"],
  ["half a pair before text", "\\ud800x"],
  ["half a pair before an escape", "\\ud800\\n"],
  ["the other half", "\\udc00"],
  ["a control character", "\n"],
  ["no end", undefined],
])("%s is left to the parser", (_, part) => {
  const long = "x".repeat(70_000);
  expect(readBack(part === undefined ? `["${long}` : `["${long}${part}"]`, [])).toBeUndefined();
});
