import fc from "fast-check";
import { expect, test } from "vitest";
import { createDetector } from "../src/privacy/detect/detector.ts";
import { defaultClasses, optionalClasses } from "../src/privacy/classes.ts";
import type { JsonObject } from "../src/base/json.ts";
import { createPrivacyHouse } from "./privacy-core.ts";
import { toRuns } from "./properties.ts";

const classes = new Set<string>([...defaultClasses, ...optionalClasses]);
const detector = createDetector({ classes, prose: false });
const prose = createDetector({ classes, prose: true });

const CHARACTERS = 400_000;
const NET_CHARACTERS = 100_000;
/** Hundreds of times what linear work takes on a slow machine is still less than a quadratic search needs. */
const TEXT_MS_MAX = 2000;

const units = [
  ..."@1aA.=:-+ /<>({[|,;\n\t\\\"'_%#é漢👩",
  "a.a.a.",
  "a@",
  "@a.",
  "a@a",
  "a.b@c.d ",
  "key=key=",
  "password=",
  "token:",
  "((((",
  "1 ",
  "1-",
  "1.",
  "1:",
  "+1 ",
  "a:",
  "-----BEGIN ",
  "-----BEGIN PRIVATE KEY-----",
  "://",
  "http://a:b@",
  "://webhook",
  '"a":',
  '\\"a\\":',
  "<a>",
  "<name>",
  "sk-",
  "eyJ.",
  "ey",
  "DE89 ",
  "4111 ",
  "passport ",
  "passport 1",
  "phone ",
  "phone 1234567 ",
  "born 1.1.",
  "Mr Aa ",
  "Aa ",
  "Best,\n",
  "Hi A,\n",
  "a,b\n",
  "name,email\n",
  "Name: Bb ",
  "--a ",
  "Bearer ",
  "Authorization: Bearer ",
  "Cookie: a=",
  "full_name: a, ",
  "name:a\nemail:",
  "name,email\na, b, c, d,",
  "ａ\u00ad@",
  "a。",
  "curl -u ",
  "A 1, 1234 Aa",
  "Rue Aa ",
  "0x",
  "\u0000",
];

const disguised = [
  "(at)",
  " [at] ",
  "%41",
  "%4",
  "\\u0041",
  "\\x41",
  "&#97;",
  "&#x61;",
  "=41",
  "0x41 ",
  "97, ",
  "61 ",
  "YQ==",
  "a\u200b",
];

/** Of this process: how busy the machine is does not count. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

test("a text of one part again and again takes linear time", { timeout: 120_000 }, () => {
  for (const unit of units) {
    const text = unit.repeat(Math.ceil(CHARACTERS / unit.length));
    const started = cpuMs();
    detector.inText(text);
    expect(cpuMs() - started, JSON.stringify(unit)).toBeLessThan(TEXT_MS_MAX);
  }
});

test("findings are sorted, disjoint and inside the text, whatever it is", () => {
  const piece = fc.oneof(
    fc.constantFrom(...units),
    fc.string({ unit: "binary", maxLength: 8 }),
    fc.constantFrom("ada@fjord.io", "+31612345678", "Ada Holm", "4012888888881881"),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join("");
      let last = 0;
      for (const { start, end } of prose.inText(text)) {
        expect(start).toBeGreaterThanOrEqual(last);
        expect(end).toBeGreaterThan(start);
        last = end;
      }
      expect(last).toBeLessThanOrEqual(text.length);
    }),
    { numRuns: toRuns(300) },
  );
});

test("the same text gives the same findings, whatever was read before", () => {
  const text = "From: Orla Byrne <orla@fjord-data.io>, password=Frost!2931";
  const first = detector.inText(text);
  for (const unit of units) detector.inText(unit.repeat(50));
  expect(detector.inText(text)).toEqual(first);
});

test("the second net, which decodes too, takes linear time on the same", () => {
  using house = createPrivacyHouse();
  house.seal({ email: "ana@acme.io", name: "Ana Ruiz" });
  const slow = [...units, ...disguised].flatMap((unit) => {
    const text = unit.repeat(NET_CHARACTERS / unit.length);
    const startedAt = cpuMs();
    house.core.clean(null, [text]);
    const ms = Math.round(cpuMs() - startedAt);
    return ms > TEXT_MS_MAX ? [`${JSON.stringify(unit)}: ${ms} ms`] : [];
  });
  expect(slow).toEqual([]);
}, 300_000);

test("looking for look-alikes and for what a call was given takes linear time on the same", () => {
  using house = createPrivacyHouse();
  const sent = house.seal({
    email: "aaaa@aaaa.io",
    name: "Anaaaa Ruiz",
    password: "%%41%41",
    pin: "1111",
  }) as JsonObject;
  const core = house.open({}, () => 0);
  const escapes = [
    "\\",
    "\\u",
    "\\u005c",
    "%25",
    "%2",
    "&amp;",
    "&amp",
    "&#0",
    "\\u{0",
    "[EMAIL_1",
    "[EMAIL_",
    "aaaa",
    '"[\\u005b',
    ...[
      '"\\',
      '["',
      '[{"a":',
      '{"a":"{',
      "<tr>",
      "<tr><td>",
      "<td>",
      "<dt>a</dt><dd>",
      "a=b&",
      "a=&amp;",
      "| a | b |\n",
      "| a ",
    ],
  ];
  const slow = [...units, ...disguised, ...escapes].flatMap((unit) => {
    const value = unit.repeat(NET_CHARACTERS / unit.length);
    const startedAt = cpuMs();
    core.seal({ value, server: "crm", mode: "literals", isLocal: true, fields: {} });
    core.seal({ value, server: "crm", mode: "seal", isLocal: true, fields: {}, sent });
    const ms = Math.round(cpuMs() - startedAt);
    return ms > TEXT_MS_MAX ? [`${JSON.stringify(unit)}: ${ms} ms`] : [];
  });
  expect(slow).toEqual([]);
}, 300_000);
