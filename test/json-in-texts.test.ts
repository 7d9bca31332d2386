import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../src/base/json.ts";
import { createPrivacyHouse } from "./privacy-core.ts";
import { toRuns } from "./properties.ts";

const raw = String.raw;

describe("JSON in a text, as others than JavaScript write it", () => {
  test.each<[string, string, string]>([
    [
      "with blanks, and escapes for all that is not ASCII",
      raw`{"full_name": "Zo\u00eb Ruiz", "note": "met Zo\u00eb Ruiz, t\u00f6day", "n": 1.0}`,
      raw`{"full_name": "[NAME_1]", "note": "met [NAME_1], t\u00f6day", "n": 1.0}`,
    ],
    [
      "values with escapes",
      raw`{"password" : "ab\"cd\\ef9X!", "email": "ana\u0040acme.io"}`,
      `{"password" : "[SECRET_1]", "email": "[EMAIL_1]"}`,
    ],
    ["numbers", `{ "ssn": 429062045, "total": 429062045 }`, `{ "ssn": "[GOV_ID_1]", "total": 429062045 }`],
    [
      "behind words, and before more",
      raw`Found 1: {"full_name": "Zo\u00eb Ruiz"} of bob@stone.dev`,
      `Found 1: {"full_name": "[NAME_1]"} of [EMAIL_1]`,
    ],
    [
      "one after another",
      raw`{"full_name": "Zo\u00eb Ruiz"}` + "\n" + raw`{"full_name": "Zo\u00eb Ruiz", "ok": true}`,
      `{"full_name": "[NAME_1]"}\n{"full_name": "[NAME_1]", "ok": true}`,
    ],
    [
      "cut off",
      raw`[{"full_name": "Zo\u00eb Ruiz"}, {"full_name": "Bj\u00f6rn Berg", "email": "bj\u00f6rn@acme.io", "no`,
      `[{"full_name": "[NAME_1]"}, {"full_name": "[NAME_2]", "email": "[EMAIL_1]", "no`,
    ],
    [
      "in a log, with its quotes escaped",
      raw`INFO body="{\"full_name\": \"Zo\u00eb Ruiz\", \"phone\": \"+34 612 350 334\"}" sent`,
      raw`INFO body="{\"full_name\": \"[NAME_1]\", \"phone\": \"[PHONE_1]\"}" sent`,
    ],
    [
      "in JSON in JSON",
      raw`{"body": "{\"full_name\": \"Zo\\u00eb Ruiz\", \"ssn\":  429062045}" , "z": 1}`,
      raw`{"body": "{\"full_name\": \"[NAME_1]\", \"ssn\":  \"[GOV_ID_1]\"}" , "z": 1}`,
    ],
    [
      "with quotes that somebody forgot to escape",
      raw`{"error": "got {"full_name": "Zo\u00eb Ruiz"} there"}`,
      `{"error": "got {"full_name": "[NAME_1]"} there"}`,
    ],
    [
      "as a dictionary of another language, with its own escapes",
      raw`got {'full_name': 'Zo\xeb Ruiz', 'email': 'ana\x40acme.io', 'mail': 'bj\U000000f6rn@acme.io', 'l': 'a\u{40}b.dev'}`,
      raw`got {'full_name': '[NAME_1]', 'email': '[EMAIL_1]', 'mail': '[EMAIL_2]', 'l': '[EMAIL_3]'}`,
    ],
    [
      "of which only one of two members of a name can be read",
      `x {"a": 1, "email": "ana@acme.io", "a": 2}`,
      "x [TEXT_1]",
    ],
    [
      "whose keys are numbers, which stand in the order of their sizes",
      `{"in": {"612350334": 1, "612350335": 2}, "phone": 612350335, "mobile": "612350334" }`,
      `{"in": "[TEXT_1]", "phone": "[PHONE_1]", "mobile": "[PHONE_2]" }`,
    ],
  ])("%s", (_, text, expected) => {
    using house = createPrivacyHouse();
    for (const value of [text, { body: text }, [text, 1]]) {
      const sealed = house.seal(value);
      expect(sealed).toEqual(
        JSON.parse(JSON.stringify(value).replaceAll(JSON.stringify(text), JSON.stringify(expected))),
      );
      expect(house.core.restore({ sealed }, true, "elsewhere")).toEqual({ sealed: value });
    }
  });

  test("what a program reads out of it is sent as it reads, wherever it stands", () => {
    using house = createPrivacyHouse();
    const text = house.seal(
      raw`{"full_name": "Zo\u00eb \"Z\" Ruiz", "ssn":  429062045, "note": "\u005bEMAIL_1]"}`,
    ) as string;
    const read = JSON.parse(text) as JsonObject;
    const { full_name: name } = read;
    const sent = { read, dear: `Dear ${String(name)},`, json: JSON.stringify({ name }) };
    expect(house.core.restore(sent, true, "elsewhere")).toEqual({
      read: { full_name: 'Zoë "Z" Ruiz', ssn: 429062045, note: "[EMAIL_1]" },
      dear: 'Dear Zoë "Z" Ruiz,',
      json: raw`{"name":"Zo\u00eb \"Z\" Ruiz"}`,
    });
    // The same value, however it is written.
    expect(house.seal({ full_name: 'Zoë "Z" Ruiz' })).toEqual({ full_name: name });
    expect(house.core.show(String(name))?.value).toBe('Zoë "Z" Ruiz');
    expect(house.core.forget('Zoë "Z" Ruiz')).toBe(1);
  });

  test("a value that has JSON in it is found where it comes back", () => {
    using house = createPrivacyHouse();
    const secret = raw`x {"k": "v1", "n": [1, "w\u00e9"]} y`;
    const sealed = house.seal(
      { password: secret, config: `{"alpha": "beta", "gamma": "delta"}` },
      { fields: { config: "BANK" } },
    );
    expect(sealed).toEqual({ password: "[SECRET_1]", config: "[BANK_1]" });
    house.core.restore({ sealed }, true, "crm");
    const answers = [`was ${secret}!`, { note: secret }, raw`{"a": "b"} {"alpha": "beta", "gamma": "delta"}`];
    for (const answer of answers) {
      const shown = JSON.stringify(house.seal(answer, { sent: sealed as JsonObject }));
      for (const part of ["v1", "beta", "delta"]) expect(shown).not.toContain(part);
    }
  });

  test("what is nested too deep to be read is one token", () => {
    using house = createPrivacyHouse();
    for (const depth of [100, 1_000, 100_000]) {
      const text = `see ${'{"a":['.repeat(depth)}"ana@acme.io"${"]}".repeat(depth)}`;
      const sealed = house.seal(text) as string;
      expect(sealed).toMatch(/\[TEXT_\d\]/);
      expect(sealed).not.toContain("ana@");
      expect(house.core.restore({ sealed }, true, "elsewhere")).toEqual({ sealed: text });
    }
    const deep = JSON.parse(`${"[".repeat(20_000)}"ana@acme.io"${"]".repeat(20_000)}`) as Json;
    expect(JSON.stringify(house.seal(deep))).not.toContain("ana@");
  });

  test("an escape that JSON does not know is restored as it stood", () => {
    using house = createPrivacyHouse();
    const text = raw`{"password": "ab\q1X9zz!", "n": 1}`;
    const sealed = house.seal(text) as string;
    expect(JSON.parse(sealed)).toEqual({ password: "[SECRET_1]", n: 1 });
    expect(house.core.restore({ sealed }, true, "elsewhere")).toEqual({ sealed: text });
  });
});

describe("whatever is written, and however", () => {
  const people = ["Zoë Ruiz", 'Ana "Ann" Ruiz', "Björn O'Neil", "李雷"];
  const mails = ["zoë@acme.io", "ana+x@stone.dev"];
  const leaf = fc.oneof(
    fc.constantFrom<Json>(null, true, 1, -2.5, "ok", "x [EMAIL_1] y", "\\u005bEMAIL_2]", "", " ", "a\tb\n"),
    fc.string({ unit: "grapheme", maxLength: 8 }),
    fc.integer(),
  );
  const person = fc.record({
    full_name: fc.constantFrom(...people),
    email: fc.constantFrom(...mails),
    ssn: fc.constantFrom<Json>(429062045, "429-06-2045"),
    note: fc.oneof(leaf, fc.constantFrom(...mails.map((mail) => `ask ${mail} \u00e9\\ "now"`))),
  });
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      ...[leaf, person as fc.Arbitrary<Json>],
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.oneof(fc.constantFrom("a", "b c", "é", "12", "7"), fc.string({ maxLength: 4 })), tie("value"), {
        maxKeys: 3,
      }),
    ),
  }));
  /** One way to write JSON: blanks, and which characters have escapes. */
  const style = fc.record({
    blank: fc.constantFrom("", " ", "\n  ", "\t"),
    isEscaped: fc.constantFrom(/[^ -~]/g, /[^ -~]|[&<>']/g, /[\u2028]/g),
    slash: fc.constantFrom("/", raw`\/`),
    isText: fc.boolean(),
    around: fc.constantFrom<[string, string]>(["", ""], ["Result: ", ""], ["", "\n[1]"], ["see [", '] {"'], ['"', ""]),
  });
  type Style = typeof style extends fc.Arbitrary<infer One> ? One : never;

  function write(json: Json, how: Style): string {
    const { blank, isEscaped, slash } = how;
    const text = (one: string): string =>
      JSON.stringify(one)
        .replaceAll("/", slash)
        .replaceAll(isEscaped, (unit) =>
          [...Array(unit.length).keys()]
            .map((at) => `\\u${unit.charCodeAt(at).toString(16).padStart(4, "0")}`)
            .join(""),
        );
    if (typeof json === "string") return text(json);
    if (typeof json !== "object" || json === null) return JSON.stringify(json);
    const sep = `,${blank}`;
    if (Array.isArray(json)) return `[${blank}${json.map((one) => write(one, how)).join(sep)}${blank}]`;
    const members = Object.entries(json).map(([key, one]) => `${text(key)}:${blank}${write(one, how)}`);
    return `{${blank}${members.join(sep)}${blank}}`;
  }

  test("it is restored to the character, and nothing of a person is in what is sealed", () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 3 }), style, (json, how) => {
        using house = createPrivacyHouse();
        let text = how.around.join(write(json, how));
        if (how.isText) text = write([{ body: text }], { ...how, slash: "/", isEscaped: /[^ -~]/g });
        const sealed = house.seal(text);
        expect(house.core.restore({ sealed }, true, "elsewhere")).toEqual({ sealed: text });
        if (JSON.stringify(json).includes("full_name"))
          for (const known of [...people, ...mails, "429062045", "429-06-2045"])
            expect(unescaped(sealed as string)).not.toContain(known);
      }),
      { numRuns: toRuns(300) },
    );
  });

  /** The text without escapes, however deep. */
  function unescaped(text: string): string {
    return text
      .replaceAll(/\\+u([\da-f]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
      .replaceAll(/\\+(?=["/])/g, "");
  }
});
