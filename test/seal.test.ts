import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../src/base/json.ts";
import { limits } from "../src/base/limits.ts";
import type { Finding } from "../src/privacy/finding.ts";
import { joinFindings } from "../src/privacy/spans.ts";
import { createPrivacyHouse, type PrivacyHouse } from "./privacy-core.ts";
import { toRuns } from "./properties.ts";

/** What a value is sealed to, in a vault of its own. */
function check(
  value: Json,
  expected: Json,
  options: Parameters<ReturnType<typeof createPrivacyHouse>["seal"]>[1] & { all?: boolean } = {},
): void {
  const { all = false, ...rest } = options;
  using house = createPrivacyHouse({ all });
  const sealed = house.seal(value, rest);
  expect(sealed).toEqual(expected);
  // What was sealed is restored, and nothing else is.
  expect(house.core.restore({ value: sealed }, true, "elsewhere")).toEqual({ value });
}

const ana = { name: "Ana Ruiz", email: "ana.ruiz+crm@acme.io", phone: "+34 612 35 03 34" };

describe("what is sealed", () => {
  test.each<[string, Json, Json]>([
    ["members by their keys", ana, { name: "[NAME_1]", email: "[EMAIL_1]", phone: "[PHONE_1]" }],
    [
      "lists of records",
      [ana, { ...ana, name: "Bob Stone" }],
      [
        { name: "[NAME_1]", email: "[EMAIL_1]", phone: "[PHONE_1]" },
        { name: "[NAME_2]", email: "[EMAIL_1]", phone: "[PHONE_1]" },
      ],
    ],
    ["text", "write to ana.ruiz+crm@acme.io today", "write to [EMAIL_1] today"],
    [
      "a name of a field in the prose above it",
      { note: "met Ana Ruiz, Ana is nice", full_name: "Ana Ruiz" },
      { note: "met [NAME_1], [NAME_2] is nice", full_name: "[NAME_1]" },
    ],
    ["numbers", { ssn: 429062045, total: 429062045 }, { ssn: "[GOV_ID_1]", total: 429062045 }],
    [
      "birth dates as numbers, in any of their units",
      { dob: 19810503, birthDate: 357696000, born: { $date: 357696000000 }, dob_ms: -1.5e11, at: 1357696000 },
      { dob: "[DOB_1]", birthDate: "[DOB_1.2]", born: { $date: "[DOB_1.3]" }, dob_ms: "[DOB_2]", at: 1357696000 },
    ],
    [
      "addresses in other letters and with what is not seen in them, each restored as it was written",
      "ana@ex.com, ａｎａ＠ｅｘ．ｃｏｍ, a\u200bna@e\u00adx.com; \u2060ana@ex。com\ufeff!",
      "[EMAIL_1], [EMAIL_1.2], [EMAIL_1.3]; \u2060[EMAIL_1.4]\ufeff!",
    ],
    ["keys", { "ana.ruiz+crm@acme.io": 1 }, { "[EMAIL_1]": 1 }],
    [
      "keys in the form of a name",
      { ghp_16C7e42F292c6912E7710c838347Ae178B4a: 1, DE89370400440532013000: 2, conversationParticipantNames: 3 },
      { "[SECRET_1]": 1, "[IBAN_1]": 2, conversationParticipantNames: 3 },
    ],
    [
      "JSON in a string, as it is written",
      { body: '{"email":"ana.ruiz+crm@acme.io","n":1}' },
      { body: '{"email":"[EMAIL_1]","n":1}' },
    ],
    [
      "JSON in a string in JSON in a string",
      JSON.stringify({ a: JSON.stringify({ email: ana.email }, null, 2) }),
      JSON.stringify({ a: JSON.stringify({ email: "[EMAIL_1]" }, null, 2) }),
    ],
    [
      "percent-encoded in an address",
      "https://x.io/?e=ana.ruiz%2Bcrm%40acme.io&p=1",
      "https://x.io/?e=%5BEMAIL_1%5D&p=1",
    ],
    [
      "CSV",
      "id,name,email\n1,Ana Ruiz,ana@acme.io\n2,Bob Stone,bob@stone.dev",
      "id,name,email\n1,[NAME_1],[EMAIL_1]\n2,[NAME_2],[EMAIL_2]",
    ],
    ["secrets", { env: "STRIPE_KEY=sk_live_RXU6UmgrwKmX9yrD36F8s1Kk" }, { env: "STRIPE_KEY=[SECRET_1]" }],
    [
      "nothing of ids, versions, hashes, times",
      {
        id: "6d432984-fcb1-4869-a970-c4a54fc6e9ee",
        version: "10.0.19041",
        sha: "8d3d73c6c3bc3fcf3f4785476b70e95cbfe12623",
        at: "2026-06-05T14:28:50Z",
        n: 4.5,
        ok: true,
        none: null,
      },
      {
        id: "6d432984-fcb1-4869-a970-c4a54fc6e9ee",
        version: "10.0.19041",
        sha: "8d3d73c6c3bc3fcf3f4785476b70e95cbfe12623",
        at: "2026-06-05T14:28:50Z",
        n: 4.5,
        ok: true,
        none: null,
      },
    ],
    [
      "what looks like a token, under any key",
      { email: "[EMAIL_1]", text: "see [EMAIL_7.2] and [PHONE_", more: "[email_1]" },
      { email: "[LITERAL_1]", text: "see [LITERAL_2] and [PHONE_", more: "[LITERAL_3]" },
    ],
    ["what only resembles a token is left", "[ISSUE_12] [EMAIL] [x]", "[ISSUE_12] [EMAIL] [x]"],
  ])("%s", (_, value, expected) => check(value, expected));

  test("places that the config names, and formats of the output schema", () => {
    check({ rows: [{ note: "anything" }] }, { rows: [{ note: "[NAME_1]" }] }, { fields: { "rows[*].note": "NAME" } });
    check([{ a: { b: "x1" } }], [{ a: { b: "[BANK_1]" } }], { fields: { "a.b": "BANK" } });
    const [note, sealed] = ["maría (ops), 12 [EMAIL_1]", "[NAME_1]"];
    check({ note }, { note: sealed }, { fields: { note: "NAME" } });
    check({ note: [note, [note]] }, { note: [sealed, [sealed]] }, { fields: { note: "NAME" } });
    // A place is written as the keys stand, also where another member says what a value is.
    check([{ name: "Remark", value: note }], [{ name: "Remark", value: sealed }], { fields: { value: "NAME" } });
    check({ a: { note: { value: note } } }, { a: { note: { value: sealed } } }, { fields: { "a.note.value": "NAME" } });
    check({ a: { note: { value: note } } }, { a: { note: { value: sealed } } }, { fields: { "a.note": "NAME" } });
    const rows = (cell: string): Json => ({ columns: ["id", "note"], rows: [[1, cell]] });
    check(rows(note), rows(sealed), { fields: { "rows[*].note": "NAME" } });
    check(
      [
        ["id", "note"],
        [1, note],
      ],
      [
        ["id", "note"],
        [1, sealed],
      ],
      { fields: { note: "NAME" } },
    );
    const schema = { type: "object", properties: { reach: { type: "string", format: "email" } } };
    check({ reach: "ana at acme" }, { reach: "[EMAIL_1]" }, { schema });
  });

  test("opt-in classes only where they are asked for", () => {
    const value = { ip: "81.193.204.69", mac: "00:1b:44:11:3a:b7" };
    check(value, value);
    check(value, { ip: "[IP_1]", mac: "[MAC_1]" }, { all: true });
  });

  test("strict: every string is opaque, keys and numbers are not", () => {
    check({ a: "x", n: 1, list: ["y", ""] }, { a: "[TEXT_1]", n: 1, list: ["[TEXT_2]", ""] }, { mode: "strict" });
    check({ a: "ana [EMAIL_1]", b: "[EMAIL_1]" }, { a: "[TEXT_1]", b: "[LITERAL_1]" }, { mode: "strict" });
  });

  test("a local server: only secrets and cards", () => {
    check(
      { email: "ana@acme.io", card: "4242 4242 4242 4242" },
      { email: "ana@acme.io", card: "[CARD_1]" },
      { isLocal: true },
    );
  });

  test("nesting past the bound is one opaque text", () => {
    let value: Json = { email: "ana@acme.io" };
    for (let depth = 0; depth < 100; depth++) value = { a: value };
    using house = createPrivacyHouse();
    const sealed = house.core.seal({ value, server: "crm", mode: "seal", isLocal: false, fields: {} });
    expect(sealed.withheld).toBe(1);
    expect(JSON.stringify(sealed.value)).not.toContain("acme");
    // Its form is nobody's: another value of that form is no echo of it.
    let other: Json = 1;
    for (let depth = 0; depth < 60; depth++) other = { a: other };
    const like = ["/(a+)+$/,".repeat(100), JSON.stringify(other), "a ".repeat(300)];
    expect(house.core.clean(like, []).value).toEqual(like);
    expect(house.seal({ like, other }, { from: "web" })).toEqual({ like, other });
  });

  test("what stands in brackets is a known value like any other", () => {
    using house = createPrivacyHouse();
    const text = "[Confidential: the merger of Fjord and Bergen closes in the second week of May, tell nobody]";
    house.seal(text, { from: "board", mode: "strict" });
    expect(house.seal(`they say: ${text}`, { from: "web" })).toBe("they say: [TEXT_1]");
  });

  test("the user's own classes", () => {
    using house = createPrivacyHouse({
      own: [
        { class: "ORDER", pattern: "ORD-\\d{6}" },
        { class: "PROJECT", values: ["Blue Moon"] },
      ],
    });
    expect(house.seal("ORD-123456 of blue moon")).toBe("[ORDER_1] of [PROJECT_1]");
  });
});

describe("tokens", () => {
  test("one number per value, a variant per surface, and the exact surface comes back", () => {
    using house = createPrivacyHouse();
    expect(house.seal(["ana@acme.io", "Ana@Acme.io", "ana@acme.io", "x@acme.io"])).toEqual([
      ...["[EMAIL_1]", "[EMAIL_1.2]", "[EMAIL_1]", "[EMAIL_2]"],
    ]);
    expect(house.core.restore({ a: "[EMAIL_1.2]", b: "[EMAIL_1]" }, true, "x")).toEqual({
      a: "Ana@Acme.io",
      b: "ana@acme.io",
    });
    expect(house.core.ask({ name: "same", arguments: ["[EMAIL_1]", "[EMAIL_1.2]"] })).toBe(true);
    expect(house.core.ask({ name: "same", arguments: ["[EMAIL_1]", "[EMAIL_2]"] })).toBe(false);
  });

  test("mean the same after a restart and in another process; with another key they say so", () => {
    using house = createPrivacyHouse();
    house.seal("ana@acme.io");
    expect(house.open().restore({ a: "[EMAIL_1]" }, true, "x")).toEqual({ a: "ana@acme.io" });
    expect(() => house.open({ key: new Uint8Array(32).fill(9) }).restore({ a: "[EMAIL_1]" }, true, "x")).toThrow(
      /another key/,
    );
    expect(() => house.open({ scope: "workspace:other" }).restore({ a: "[EMAIL_1]" }, true, "x")).toThrow(
      /nothing has this token/,
    );
  });

  test("two processes never give one number to two values", () => {
    using house = createPrivacyHouse();
    const other = house.open();
    const seal = (core: typeof other, value: string): Json =>
      core.seal({ value, server: "crm", mode: "seal", isLocal: false, fields: {} }).value;
    expect([
      seal(house.core, "a1@acme.io"),
      seal(other, "b2@acme.io"),
      seal(house.core, "c3@acme.io"),
      seal(other, "a1@acme.io"),
    ]).toEqual([...["[EMAIL_1]", "[EMAIL_2]", "[EMAIL_3]", "[EMAIL_1]"]]);
  });

  test("a secret is in the memory of its session only; its number is not given out again", () => {
    using house = createPrivacyHouse();
    house.seal({ apiKey: "sk_live_RXU6UmgrwKmX9yrD36F8s1Kk" });
    const other = house.open({ sessionKey: new Uint8Array(32).fill(7) });
    expect(() => other.restore({ a: "[SECRET_1]" }, true, "x")).toThrow(/another session/);
    expect(
      other.seal({
        value: { apiKey: "sk_live_RXU6UmgrwKmX9yrD36F8s1Kk" },
        server: "x",
        mode: "seal",
        isLocal: false,
        fields: {},
      }).value,
    ).toEqual({ apiKey: "[SECRET_2]" });
  });

  test("forgotten values are gone, for every process, and their numbers stay taken", () => {
    using house = createPrivacyHouse();
    const other = house.open();
    house.seal(["ana@acme.io", "bob@stone.dev"]);
    expect(other.forget("ANA@acme.io")).toBe(1);
    expect(() => house.core.restore({ a: "[EMAIL_1]" }, true, "x")).toThrow(/nothing has this token/);
    expect(house.seal(["ana@acme.io", "bob@stone.dev"])).toEqual(["[EMAIL_3]", "[EMAIL_2]"]);
  });

  test("no value is in the store as it is", () => {
    using house = createPrivacyHouse();
    house.seal(ana);
    house.core.uses({ a: "[EMAIL_1]" });
    const { readFileSync, readdirSync } = process.getBuiltinModule("node:fs");
    for (const file of readdirSync(house.directory))
      for (const value of ["ana.ruiz", "Ana Ruiz", "612 35 03 34"])
        expect(readFileSync(`${house.directory}/${file}`).includes(value), `${value} in ${file}`).toBe(false);
  });
});

describe("what a program has written around a token", () => {
  const person = {
    full_name: "Mary O'Neill",
    email: "mary.oneill@acme.io",
    phone: "612345678",
    password: "hunter2secretXYZ",
    card_number: "4111111111111111",
    iban: "DE89370400440532013000",
    date_of_birth: "1987-03-14",
  };
  const sealed = (): { house: PrivacyHouse; tokens: Record<string, string> } => {
    const house = createPrivacyHouse();
    return { house, tokens: house.seal(person) as Record<string, string> };
  };
  /** What a tool answers that gives its argument back. */
  const echo = (house: PrivacyHouse, argument: string, shape: (text: string) => Json): string => {
    const sent = { name: argument };
    const { name } = house.core.restore(sent, true, "crm") as { name: string };
    const request = { server: "crm", mode: "seal" as const, isLocal: false, fields: {}, sent };
    return JSON.stringify(house.core.seal({ ...request, value: shape(name) }).value);
  };

  test("comes back with nothing of the value in it, and as nothing that more may be asked of or that goes further", () => {
    const { house, tokens } = sealed();
    using _ = house;
    for (const [key, token] of Object.entries(tokens))
      for (const write of [
        (t: string) => `a@q${t}.com`,
        (t: string) => `x${t}@acme.io`,
        (t: string) => `a@q${encodeURIComponent(t)}.com`,
        (t: string) => `/people?name=${encodeURIComponent(t)}&z=1`,
        (t: string) => encodeURIComponent(JSON.stringify([t])),
      ])
        for (const shape of [
          (text: string) => `no such ${text}`,
          (text: string) => ({ email: text }),
          (text: string) => ({ text: JSON.stringify({ phone: text }) }),
        ]) {
          const back = echo(house, write(token), shape);
          const said = `${key}: ${write(token)} → ${back}`;
          const value = person[key as keyof typeof person];
          for (const part of [value, "O'Neill", "hunter2", "oneill"]) expect(said).not.toContain(part);
          for (const [one = ""] of back.matchAll(/\[EMAIL_[\d.]+\]/g)) {
            // Of a piece of an address nothing, of the address its own domain.
            const domain = house.core.ask({ name: "domain", arguments: [one] }) ?? "";
            expect([said, domain]).toEqual([said, expect.stringMatching(/^(?:acme\.io(?:\.com)?)?$/)]);
          }
          if (/password|card/.test(key)) expect(back).toMatch(/\[(SECRET|CARD|TEXT)_|%5B(SECRET|CARD)_/);
        }
  });
});

describe("restoring", () => {
  const restore = (args: JsonObject, schema: JsonObject | true = true): JsonObject => {
    using house = createPrivacyHouse();
    house.seal([ana.email, { full_name: 'Zoë "Zed" O\'Neil' }, { ssn: 429062045 }]);
    return house.core.restore(args, schema, "elsewhere");
  };
  test.each<[string, JsonObject, JsonObject]>([
    ["a whole text", { to: "[EMAIL_1]" }, { to: ana.email }],
    ["inside a text", { b: "Hi [NAME_1], [EMAIL_1]." }, { b: `Hi Zoë "Zed" O'Neil, ${ana.email}.` }],
    ["nested", { r: [{ x: ["[EMAIL_1]"] }] }, { r: [{ x: [ana.email] }] }],
    ["a key", { m: { "[EMAIL_1]": 1 } }, { m: { [ana.email]: 1 } }],
    ["percent-encoded", { u: "https://x.test/?e=%5BEMAIL_1%5D" }, { u: "https://x.test/?e=ana.ruiz%2Bcrm%40acme.io" }],
    ["lower-cased by a program", { to: "[email_1]" }, { to: ana.email }],
    [
      "JSON in a string, quoted there",
      { j: '{ "n": "[NAME_1]", "k": 1.0 }' },
      { j: '{ "n": "Zoë \\"Zed\\" O\'Neil", "k": 1.0 }' },
    ],
    ["a number where it was one", { n: "[GOV_ID_1]", t: "no [GOV_ID_1]" }, { n: 429062045, t: "no 429062045" }],
  ])("%s", (_, args, expected) => expect(restore(args)).toEqual(expected));

  test("a number as a key beside another number: their order would tell which is larger", () => {
    for (const args of [
      { m: { "[GOV_ID_1]": "t", "500000000": "m" } },
      { j: '{"[GOV_ID_1]":"t","500000000":"m"}' },
      { j: '[{"a": {"[GOV_ID_1]" : 1}}, {"7": 2}]' },
    ])
      expect(() => restore(args)).toThrow(/order of their size/);
    expect(restore({ m: { "[GOV_ID_1]": "t", a: "m" }, n: { "5": 1 } })).toEqual({
      m: { "429062045": "t", a: "m" },
      n: { "5": 1 },
    });
    expect(restore({ j: '{"[GOV_ID_1]":"t"}' })).toEqual({ j: '{"429062045":"t"}' });
  });

  test("as the schema wants it", () => {
    const typed = (type: string): JsonObject => ({ type: "object", properties: { n: { type } } });
    expect(restore({ n: "[GOV_ID_1]" }, typed("string"))).toEqual({ n: "429062045" });
    expect(restore({ n: "[GOV_ID_1]" }, typed("integer"))).toEqual({ n: 429062045 });
    expect(() => restore({ n: "[EMAIL_1]" }, typed("number"))).toThrow(/as a number/);
  });

  test.each([
    ["unknown", "[EMAIL_2]", /\[EMAIL_2\]: nothing has this token/],
    ["of a variant that is not there", "[EMAIL_1.9]", /\[EMAIL_1.9\]/],
    ["cut", "mail [EMAIL_1", /"\[EMAIL_1": it is a part of a token/],
    ["of a class that is not there", "[PHONE_1]", /\[PHONE_1\]/],
  ])("fails for a token that is %s, naming it", (_, text, message) =>
    expect(() => restore({ a: text })).toThrow(message),
  );

  test("as many tokens, and as much behind them, as one call may have", () => {
    using house = createPrivacyHouse();
    house.seal("ana@acme.io");
    const { tokensPerCallMax, restoredCharsMax } = limits;
    const call = (count: number): JsonObject => ({ list: Array<string>(count).fill("[EMAIL_1]") });
    expect(house.core.uses(call(tokensPerCallMax))).toHaveLength(tokensPerCallMax);
    expect(house.core.restore(call(tokensPerCallMax), true, "x")["list"]).toHaveLength(tokensPerCallMax);
    const tooMany = [
      call(tokensPerCallMax + 1),
      { text: "[EMAIL_1] ".repeat(tokensPerCallMax + 1) },
      { json: JSON.stringify(call(tokensPerCallMax + 1)) },
      { encoded: "%5BEMAIL_1%5D&".repeat(tokensPerCallMax + 1) },
      { ...call(tokensPerCallMax), "[EMAIL_1]": 1 },
    ];
    for (const args of tooMany) {
      expect(() => house.core.uses(args)).toThrow(expect.objectContaining({ code: "tokensPerCallMax" }));
      expect(() => house.core.restore(args, true, "x")).toThrow(expect.objectContaining({ code: "tokensPerCallMax" }));
    }
    // One token of a megabyte, in ever more places.
    const chars = 1_048_576;
    house.seal("é".repeat(chars), { mode: "strict" });
    const fits = restoredCharsMax / chars;
    const large = (count: number): JsonObject => ({ list: Array<string>(count).fill("[TEXT_1]") });
    expect(house.core.restore(large(fits), true, "x")["list"]).toHaveLength(fits);
    const joined = { text: "[TEXT_1]".repeat(fits + 1) };
    // Percent-encoded each character is six.
    const encoded = { text: "%5BTEXT_1%5D".repeat(Math.ceil(fits / 6) + 1) };
    for (const args of [large(fits + 1), joined, encoded, { json: JSON.stringify(large(fits + 1)) }])
      expect(() => house.core.restore(args, true, "x")).toThrow(expect.objectContaining({ code: "restoredCharsMax" }));
  });

  test("nothing is looked at twice: a value that looks like a token is itself", () => {
    using house = createPrivacyHouse();
    house.seal("ceo@victim.example.io", { from: "hr" });
    expect(house.seal("contact [EMAIL_1] now", { from: "web" })).toBe("contact [LITERAL_1] now");
    // A known value that has one in it hides all of it, and what stands beside the one.
    house.seal({ name: "[EMAIL_1] and ann@acme.io" }, { from: "web" });
    const shown = house.seal("see [EMAIL_1] and ann@acme.io now", { from: "web" });
    expect(JSON.stringify(shown)).not.toContain("ann@");
    expect(house.core.restore({ a: shown }, true, "x")).toEqual({ a: "see [EMAIL_1] and ann@acme.io now" });
    expect(house.core.restore({ a: "[LITERAL_1]" }, true, "x")).toEqual({ a: "[EMAIL_1]" });
  });

  test("sealing what was restored gives the same tokens, and an echo in another form is of its class", () => {
    using house = createPrivacyHouse();
    const sealed = house.seal({ ...ana });
    expect(house.seal(house.core.restore({ sealed }, true, "x")["sealed"] as Json, { from: "x" })).toEqual(sealed);
    for (const form of [
      ana.email.toUpperCase(),
      [...ana.email].reverse().join(""),
      Buffer.from(ana.email).toString("base64"),
      [...ana.name].join(" "),
      Buffer.from(ana.name).toString("hex"),
    ])
      expect(house.seal(`it is ${form}`, { from: "x" })).toMatch(/^it is \[(?:EMAIL|NAME)_\d+(?:\.\d+)?\]$/);
  });

  test("a known value that holds a quote of JSON leaves none around it, and what is escaped there stays so", () => {
    using house = createPrivacyHouse();
    house.seal({ password: '"null"' });
    for (const text of [
      JSON.stringify([{ a: "null" }, '["null"]']),
      JSON.stringify([{ a: "null" }, 'he wrote "null" to [EMAIL_1]']),
      JSON.stringify([{ a: "null", card: 4242424242424242 }, '{"b":"null"}']),
    ]) {
      const sealed = house.seal(text);
      expect(sealed).not.toContain('"null"');
      expect(house.core.restore({ sealed }, true, "x")).toEqual({ sealed: text });
    }
  });

  test("restore ∘ seal is the identity on any JSON", () => {
    using house = createPrivacyHouse({ all: true });
    const person = fc.constantFrom(
      "ana@acme.io",
      "Ana@acme.io",
      "Ana Ruiz",
      "+34 612 35 03 34",
      "4242 4242 4242 4242",
      "[EMAIL_1]",
      "[email_2.3]",
      "[PHONE_9",
      "GB62PSSP45517745438536",
      "81.193.204.69",
      "ana%40acme.io",
      "\ud800x@y.io",
      '"quoted" <a@b.io>',
    );
    const key = fc.oneof(
      fc.constantFrom("name", "email", "phone", "ssn", "note", "password", "ana@acme.io", "__proto__", ""),
      fc.string({ maxLength: 8 }),
    );
    // Known values may be of these: then what stands in JSON is none with a token in it.
    const bit = fc.constantFrom(...'"[]{}:,\\1a', '","', "\\u0061", "null", "Ana Ruiz", "ana@acme.io", "612345678");
    const text = fc.oneof(
      person,
      fc.array(bit, { minLength: 1, maxLength: 9 }).map((bits) => bits.join("")),
      fc.string({ unit: "binary", maxLength: 30 }),
      fc.tuple(fc.string(), person, fc.string()).map((parts) => parts.join(" ")),
    );
    const { value } = fc.letrec<{ value: Json; leaf: Json; nested: Json }>((tie) => ({
      leaf: fc.oneof(
        text,
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n)),
        fc.boolean(),
        fc.constant(null),
      ),
      nested: tie("value").map((one) => JSON.stringify(one)),
      value: fc.oneof(
        { depthSize: "small" },
        tie("leaf"),
        tie("nested"),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.array(fc.tuple(key, tie("value")), { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs) as Json),
      ),
    }));
    fc.assert(
      fc.property(value, (one) => {
        const sealed = house.seal(one);
        expect(house.core.restore({ sealed }, true, "x")).toEqual({ sealed: one });
      }),
      { numRuns: toRuns(400) },
    );
  });
});

describe("forms in which servers say what a value is", () => {
  test.each<[string, Json, Json]>([
    [
      "a sheet with a row of headers",
      {
        values: [
          ["Name", "Email", "Phone", "DOB"],
          ["Ottoline Brackenbury", "o@acme.io", "07700900123", "1981-02-03"],
        ],
      },
      {
        values: [
          ["Name", "Email", "Phone", "DOB"],
          ["[NAME_1]", "[EMAIL_1]", "[PHONE_1]", "[DOB_1]"],
        ],
      },
    ],
    [
      "columns and rows",
      { columns: ["id", "full_name", "phone"], rows: [[1, "Ottilie Brackenfield", "612345678"]] },
      { columns: ["id", "full_name", "phone"], rows: [[1, "[NAME_1]", "[PHONE_1]"]] },
    ],
    [
      "pairs of a name and a value",
      {
        fields: [
          { key: "full_name", value: "Ada Lark" },
          { key: "ssn", value: "123456789" },
          { label: "Date of birth", value: "1984-03-02" },
        ],
      },
      {
        fields: [
          { key: "full_name", value: "[NAME_1]" },
          { key: "ssn", value: "[GOV_ID_1]" },
          { label: "Date of birth", value: "[DOB_1]" },
        ],
      },
    ],
    ["one pair", { type: "phone", value: "0612345671" }, { type: "phone", value: "[PHONE_1]" }],
    [
      "values in objects of their own",
      {
        properties: {
          firstname: { value: "Ottoline" },
          lastname: { value: "Brackenbury" },
          phone: { value: "612 345 678" },
        },
      },
      {
        properties: {
          firstname: { value: "[NAME_1]" },
          lastname: { value: "[NAME_2]" },
          phone: { value: "[PHONE_1]" },
        },
      },
    ],
    [
      "a record of fields",
      { fields: { Name: "Ada Lark", Email: "ada@lark.io" } },
      { fields: { Name: "[NAME_1]", Email: "[EMAIL_1]" } },
    ],
    [
      "passwords that are words",
      { password: "correct-horse", client_secret: "blue-mountain-river", pin: "4821" },
      { password: "[SECRET_1]", client_secret: "[SECRET_2]", pin: "[SECRET_3]" },
    ],
    ["cards as numbers", { card: 4242424242424242 }, { card: "[CARD_1]" }],
    [
      "nothing of forms and repositories",
      [
        { password: "required", label: "Password" },
        { name: "Mercury", full_name: "acme/Mercury" },
        [
          ["a", "b"],
          ["c", "d"],
        ],
      ],
      [
        { password: "required", label: "Password" },
        { name: "Mercury", full_name: "acme/Mercury" },
        [
          ["a", "b"],
          ["c", "d"],
        ],
      ],
    ],
    ["percent-encoded look-alikes", "see ?q=%5BEMAIL_1%5D or %5bemail_1%5d", "see ?q=%5BLITERAL_1%5D or [LITERAL_2]"],
  ])("%s", (_, value, expected) => check(value, expected));

  test("strict leaves dangerous values what they are", () => {
    check({ x: "4242 4242 4242 4242", y: "hello" }, { x: "[CARD_1]", y: "[TEXT_1]" }, { mode: "strict" });
  });
});

describe("numbers", () => {
  test("a card is one under any key that says nothing, and comes back as the number it was", () => {
    check({ ref: 4111111111111111, list: [[5555555555554444]] }, { ref: "[CARD_1]", list: [["[CARD_2]"]] });
    check({ ref: -4111111111111111 }, { ref: "[CARD_1]" });
    check({ data: { ref: 4111111111111111 } }, { data: { ref: "[CARD_1]" } }, { isLocal: true });
    check('{"ref":4111111111111111}', '{"ref":"[CARD_1]"}');
  });

  test("ids, times, versions and measures stay what they are", () => {
    const value = {
      id: 4111111111111111,
      orderId: 4111111111111111,
      ids: [4111111111111111],
      updatedAt: 4111111111111111,
      timestamp_us: 4111111111111111,
      version: 4111111111111111,
      total: 4111111111111111,
      line: 1234567,
      ref: 1764204000000,
      big: 1e21,
      half: 4111111111111111.5,
      small: 42,
    };
    check(value, value);
  });

  test("the user's own classes too", () => {
    using house = createPrivacyHouse({ own: [{ class: "ORDER", pattern: "77\\d{6}" }] });
    expect(house.seal({ n: 77123456, m: 87123456 })).toEqual({ n: "[ORDER_1]", m: 87123456 });
  });

  test("of a value that is known, however it was written, are the same value", () => {
    using house = createPrivacyHouse();
    house.seal({ phone: "+34 612 35 03 34", ssn: "429-06-2045", card: "4242 4242 4242 4242" });
    const sealed = house.seal({
      ...{ a: 34612350334, b: 612350334, c: [429062045], d: { value: 4242424242424242 }, e: "34612350334" },
      ...{ total: 429062045, createdAt: 612350334, id: 429062045, near: 34612350335 },
    });
    expect(sealed).toEqual({
      ...{ a: "[PHONE_1.2]", b: "[PHONE_1.3]", c: ["[GOV_ID_1.2]"], d: { value: "[CARD_1.2]" }, e: "[PHONE_1.4]" },
      ...{ total: 429062045, createdAt: 612350334, id: "[GOV_ID_1.2]", near: 34612350335 },
    });
    expect(house.core.restore({ sealed: (sealed as JsonObject)["a"] as Json }, true, "x")).toEqual({
      sealed: 34612350334,
    });
  });

  test("above, of a value below", () => {
    check({ n: 612350334, phone: "+34 612 35 03 34" }, { n: "[PHONE_1]", phone: "[PHONE_1.2]" });
  });
});

describe("what a call is answered with what it was given", () => {
  const values = {
    name: "Ana Ruiz",
    email: "ana@corp.com",
    phone: "+34 612 35 03 34",
    short: { first_name: "Bo" },
    password: "!?#$%&*(",
    han: { full_name: "王芳" },
    pin: "4821",
  };
  /** Seals the values in, gives the tokens, and what an answer to a call with these arguments becomes. */
  function open(): {
    tokens: typeof values;
    answer: (sent: JsonObject, value: Json, from?: string) => Json;
  } & Disposable {
    const house = createPrivacyHouse();
    const tokens = house.seal(values) as typeof values;
    return {
      tokens,
      answer(sent, value, from = "crm") {
        house.core.restore(sent, true, from);
        return house.seal(value, { from, isLocal: true, sent });
      },
      [Symbol.dispose]: () => house[Symbol.dispose](),
    };
  }
  const expectGone = (answer: Json, values: readonly string[]): void => {
    const text = JSON.stringify(answer).toLowerCase();
    for (const value of values) expect(text).not.toContain(value.toLowerCase());
  };

  test.each<[keyof typeof values | "first" | "full", string]>([
    ["email", "ana@corp.com"],
    ["name", "Ana Ruiz"],
    ["phone", "612 35 03 34"],
    ["password", "!?#$%&*("],
    ["pin", "4821"],
    ["full", "王芳"],
    ["first", "Bo"],
  ])("glued to something: %s", (name, value) => {
    using one = open();
    const token =
      name === "first" ? one.tokens.short.first_name : name === "full" ? one.tokens.han.full_name : one.tokens[name];
    for (const [before, after] of [
      ["x", ""],
      ["", "9"],
      ["é_", "字"],
      ["9", "x"],
      ["[", "]"],
    ] as const) {
      const glued = `${before}${name === "phone" ? "+34 612 35 03 34" : value}${after}`;
      const sent = { a: `${before}${String(token)}${after}` };
      expectGone(one.answer(sent, glued), [value]);
      expectGone(one.answer(sent, { deep: [`it is ${glued}, yes`] }), [value]);
      expectGone(one.answer({ a: JSON.stringify({ b: sent.a }) }, `{ "b": ${JSON.stringify(glued)} }`), [value]);
    }
  });

  const encode: Record<string, (value: string) => string> = {
    upper: (value) => value.toUpperCase(),
    lower: (value) => value.toLowerCase(),
    reversed: (value) => [...value].reverse().join(""),
    "spaced out": (value) => [...value].join(" "),
    dashed: (value) => [...value].join("-"),
    base64: (value) => Buffer.from(value).toString("base64"),
    "base64 of more": (value) => Buffer.from(`user=${value};`).toString("base64url"),
    "percent-encoded": (value) => encodeURIComponent(value),
    "percent-encoded wholly": (value) => Buffer.from(value).toString("hex").replaceAll(/../g, "%$&"),
    hex: (value) => Buffer.from(value).toString("hex"),
    "upper hex": (value) => Buffer.from(value).toString("hex").toUpperCase(),
    entities: (value) => [...value].map((one) => `&#${one.codePointAt(0)};`).join(""),
    escapes: (value) => [...value].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
    rot13: (value) =>
      value.replaceAll(/[a-z]/gi, (one) =>
        String.fromCharCode((one.charCodeAt(0) & 96) + (((one.charCodeAt(0) & 31) + 12) % 26) + 1),
      ),
    "base64 of reversed": (value) => Buffer.from([...value].reverse().join("")).toString("base64"),
  };
  const long = "The weather was fine, and nobody had anything to say about it. ".repeat(2_000);

  test.each(Object.entries(encode))("%s, of the value's own server, in short and in long texts", (_, form) => {
    using one = open();
    for (const name of ["name", "email"] as const) {
      const disguised = form(values[name]);
      for (const glue of ["", "x"]) {
        const echo = `${glue}${disguised}${glue}`;
        expectGone(one.answer({ a: one.tokens[name] }, `it is ${echo} there`), [disguised]);
        expectGone(one.answer({ a: one.tokens[name] }, `${long}it is ${echo} there. ${long}`), [disguised]);
      }
    }
  });

  test("as numbers, as keys, and what is beside it stays", () => {
    using one = open();
    const sent = { a: one.tokens.phone, b: one.tokens.email, c: one.tokens.name, d: `1${one.tokens.pin}` };
    expect(one.answer(sent, { total: 34612350334, n: 612350334.5, ok: 12 })).toEqual({
      total: "[PHONE_1.2]",
      n: "[PHONE_2]",
      ok: 12,
    });
    expectGone(one.answer(sent, { x: 14821, y: 433053216 }), ["4821", "4330532"]);
    expectGone(one.answer(sent, { anaruiz: 1, "ana@corp.com": 2, ziurana: 3 }), ["anaruiz", "ana@corp.com", "ziurana"]);
    const plain = { name: "status", note: "nothing of anybody", list: [1, 2, 34612350], at: "2026-06-05T14:28:50Z" };
    expect(one.answer(sent, plain)).toEqual(plain);
    expect(one.answer(sent, "xana@corp.com")).toBe("x[EMAIL_1]");
  });

  test("what was sent is searched for in later answers too, also of its own server", () => {
    using house = createPrivacyHouse();
    house.seal("ana.ruiz@acme.io");
    house.core.restore({ a: "[EMAIL_1]" }, true, "crm");
    const echo = Buffer.from("ana.ruiz@acme.io").toString("base64");
    expect(house.seal(`it is ${echo}`, { from: "other" })).toBe(`it is ${echo}`);
    expect(house.seal(`it is ${echo}`)).toBe("it is [EMAIL_1.2]");
    expect(house.seal({ list: [{ a: `is ${[..."ana.ruiz@acme.io"].reverse().join("")}`, n: 1 }] })).toEqual({
      list: [{ a: "is [EMAIL_1.3]", n: 1 }],
    });
    // Whoever is told of the value forgets all of its forms.
    expect(house.core.forget("ana.ruiz@acme.io")).toBe(3);
  });

  test("long values, piece by piece", () => {
    using house = createPrivacyHouse();
    const key = Array.from({ length: 900 }, (_, at) => "ABCDEFGHKLMNPQRST"[(at * at + at * 7) % 17]).join("");
    const sent = house.seal({ password: "x", note: key }, { fields: { note: "SECRET" } }) as JsonObject;
    house.core.restore(sent, true, "crm");
    const answer = house.seal(`was ${[...key].reverse().join("")}x, ${key.slice(0, 400)}`, { sent });
    expect(JSON.stringify(answer)).not.toMatch(/[A-T]{12}/);
    // All that stands there of it is one token, wherever its pieces are; one value needs no more, whatever its length.
    expect(house.seal(`all ${key}.`, { sent })).toMatch(/^all \[SECRET_1(\.\d)?\]\.$/);
    expect(house.seal(`some ${key.slice(7, 777)}.`, { sent })).toMatch(/^some \[SECRET_\d(\.\d)?\]\.$/);
  });

  test("a text that holds more than a value is one token, no form of any, and known nowhere else", () => {
    using house = createPrivacyHouse();
    house.seal({ email: "ana.ruiz@acme.io", phone: "+34 612 350 334" });
    const sent = { q: "mail=[EMAIL_1]&phone=[PHONE_1]" };
    house.core.restore(sent, true, "crm");
    const both = encodeURIComponent("mail=ana.ruiz@acme.io&phone=+34 612 350 334");
    expect(house.seal(`no such page: ${both}`, { sent })).toBe("no such page: %5BTEXT_1%5D");
    expect(house.seal(decodeURIComponent(both))).toBe("mail=[EMAIL_1]&phone=[PHONE_1]");
    expect(() => house.core.ask({ name: "domain", arguments: ["[TEXT_1]"] })).toThrow(/of EMAIL/);
    // It holds the value: who forgets that forgets this too.
    expect(house.core.show("[TEXT_1]")?.value).toBe(decodeURIComponent(both));
    expect(house.core.forget("ana.ruiz@acme.io")).toBe(2);
    expect(house.core.show("[TEXT_1]")).toBeNull();
    expect(house.core.show("[PHONE_1]")?.value).toBe("+34 612 350 334");
  });

  test("what was forgotten meanwhile fails the answer", () => {
    using house = createPrivacyHouse();
    house.seal("ana@acme.io");
    house.core.restore({ a: "[EMAIL_1]" }, true, "crm");
    house.core.forget("ana@acme.io");
    expect(() => house.seal("moc", { sent: { a: "[EMAIL_1]" } })).toThrow(/nothing has this token/);
  });

  test("a text that cannot be searched in time is withheld, and what comes after it", () => {
    using house = createPrivacyHouse();
    house.seal("ana@acme.io");
    let time = 0;
    const core = house.open({}, () => (time += 200));
    const request = { server: "crm", mode: "seal", isLocal: false, fields: {}, sent: { a: "[EMAIL_1]" } } as const;
    const { value, withheld } = core.seal({
      value: ["plain words", "QUJDREVGRw== ".repeat(40), "and more"],
      ...request,
    });
    expect(withheld).toBeGreaterThan(0);
    expect((value as string[]).at(-1)).toMatch(/^\[TEXT_\d\]$/);
  });
});

describe("look-alikes under escapes", () => {
  /** As JSON.parse, decodeURIComponent and HTML read them. */
  const decoders: readonly ((text: string) => string)[] = [
    (text) => JSON.parse(text) as string,
    (text) => JSON.parse(`"${text}"`) as string,
    decodeURIComponent,
    (text) =>
      text
        .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
        .replaceAll(/&#x([\da-f]+);/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
        .replaceAll("&lsqb;", "[")
        .replaceAll("&lbrack;", "[")
        .replaceAll("&rsqb;", "]")
        .replaceAll("&amp;", "&"),
  ];
  const allStrings = (value: Json): string[] =>
    typeof value === "string"
      ? [value]
      : value !== null && typeof value === "object"
        ? Object.entries(value).flatMap(([key, member]) => [key, ...allStrings(member as Json)])
        : [];
  /** No token of a value in it, however it is decoded, up to three times. */
  function expectDead(texts: readonly string[], depth = 0): void {
    for (const text of texts) {
      expect(text.toUpperCase().match(/\[EMAIL_\d/), text).toBeNull();
      if (depth === 3) continue;
      for (const decode of decoders)
        try {
          const decoded = decode(text) as Json;
          const next = allStrings(decoded).filter((one) => one !== text);
          expectDead(next, depth + 1);
        } catch (error) {
          if (!(error instanceof SyntaxError || error instanceof URIError)) throw error;
        }
    }
  }

  const texts = [
    String.raw`\u005bEMAIL_1]`,
    String.raw`\u005BEMAIL_1\u005d`,
    String.raw`\\u005bEMAIL_1]`,
    String.raw`\\\\u005bEMAIL_1]`,
    String.raw`[\u0045MAIL_1]`,
    String.raw`[EMAIL\u005f1]`,
    String.raw`[EMAIL_\u0031]`,
    String.raw`[EMAIL_1\u005d`,
    String.raw`\u005c\u0075005bEMAIL_1]`,
    String.raw`\u005cu005bEMAIL_1]`,
    "%5BEMAIL_1%5D",
    "%5bemail_1]",
    "%255BEMAIL_1%255D",
    "%25255BEMAIL_1%25255D",
    "[%45MAIL_1]",
    "%5BEMAIL_%31%5D",
    "&#91;EMAIL_1&#93;",
    "&#x5b;EMAIL_1&#x5D;",
    "&lsqb;EMAIL_1&rsqb;",
    "&lbrack;EMAIL&#95;1]",
    "&amp;#91;EMAIL_1&amp;#93;",
    "%26%2391%3BEMAIL_1]",
    String.raw`%5Cu005bEMAIL_1]`,
    String.raw`\u0025\u0035\u0042EMAIL_1%5D`,
    String.raw`{"a":"\u005bEMAIL_1]"}`,
    String.raw`{ "a": "x \u005bEMAIL_1] y", "\u005bEMAIL_2]": [ "\/", 1.0 ] }`,
    String.raw`{ "a": "{\"b\": \"\\u005bEMAIL_1]\"}" }`,
    String.raw`[{"a":"\u005bEMAIL_1]"}]`,
    String.raw`"\u005bEMAIL_1]"`,
    String.raw`{"a":1}` + "\n" + String.raw`{"a":"\u005bEMAIL_1]"}`,
    String.raw`{ "u": "?q=%5BEMAIL_1%5D", "h": "&#91;EMAIL_1]" }`,
    String.raw`{ "a": "x %5bEM&#65%3bIL_1]" }`,
    String.raw`{ "a": "x \%75005bEMAIL_1]" }`,
    String.raw`""\u005bEMAIL_1]`,
    JSON.stringify({ a: JSON.stringify({ b: String.raw`\u005bEMAIL_1]` }, null, 2) }),
  ];
  test.each(texts)("%s", (text) => {
    using house = createPrivacyHouse();
    house.seal("ana@acme.io");
    for (const mode of ["seal", "literals"] as const)
      for (const value of [text, { text, email: text }, { [text]: 1 }, JSON.stringify({ text })]) {
        const sealed = house.seal(value, { from: "web", mode });
        expectDead(allStrings(sealed));
        // As it was, to the character.
        expect(house.core.restore({ sealed }, true, "x")).toEqual({ sealed: value });
        expect(house.core.uses({ sealed })).toEqual([]);
      }
  });

  test("any characters of it, in any escapes, three deep", { timeout: 120_000 }, () => {
    using house = createPrivacyHouse();
    house.seal("ana@acme.io");
    const kinds: readonly ((code: number) => string)[] = [
      (code) => String.fromCharCode(code),
      (code) => `\\u${code.toString(16).padStart(4, "0")}`,
      (code) => `%${code.toString(16)}`,
      (code) => `&#${code};`,
      (code) => `&#x${code.toString(16)};`,
    ];
    const escaped = fc
      .tuple(
        fc.constantFrom("[EMAIL_1]", "[email_1.2]", "[EMAIL_1"),
        fc.array(fc.array(fc.nat(4), { minLength: 1, maxLength: 9 }), { maxLength: 3 }),
      )
      .map(([token, layers]) =>
        layers.reduce(
          (text, layer) =>
            [...text].map((one, at) => kinds[layer[at % layer.length] ?? 0]?.(one.charCodeAt(0)) ?? one).join(""),
          token,
        ),
      );
    const text = fc.oneof(
      escaped,
      escaped.map((one) => `{ "a": "x ${one}", "b": 1 }`),
      escaped.map((one) => JSON.stringify([{ a: one }])),
      fc.tuple(escaped, escaped).map(([one, other]) => `${one} "\\ ${other}`),
    );
    fc.assert(
      fc.property(text, fc.constantFrom("seal" as const, "literals" as const), (one, mode) => {
        const sealed = house.seal(one, { from: "web", mode });
        expectDead(allStrings(sealed), 1);
        expect(house.core.restore({ sealed }, true, "x")).toEqual({ sealed: one });
      }),
      { numRuns: toRuns(300) },
    );
  });

  test("what a program read out of JSON is sent as what it read", () => {
    using house = createPrivacyHouse();
    house.seal("ana@acme.io");
    const text = house.seal(String.raw`{ "a": "x \u005bEMAIL_1]" }`, { from: "web" }) as string;
    const { a } = JSON.parse(text) as { a: string };
    expect(a).toBe("x [LITERAL_1]");
    expect(house.core.restore({ a }, true, "x")).toEqual({ a: "x [EMAIL_1]" });
  });

  test("only look-alikes, where nothing else is sealed", () => {
    using house = createPrivacyHouse();
    const value = { email: "ana@acme.io", n: 4111111111111111, t: "see [EMAIL_1], \\u0041 %20 &amp;" };
    expect(house.seal(value, { mode: "literals" })).toEqual({ ...value, t: "see [LITERAL_1], \\u0041 %20 &amp;" });
  });

  test("a token that a program hides in JSON in a text is a token to whoever decides about it", () => {
    using house = createPrivacyHouse();
    house.seal("ana@acme.io");
    const args = { body: String.raw`[{"a":"\u005bEMAIL_1]"}]` };
    expect(house.core.restore(args, true, "x")).toEqual({ body: '[{"a":"ana@acme.io"}]' });
    expect(house.core.uses(args)).toMatchObject([{ token: "[EMAIL_1]", path: ["body"], isWhole: false }]);
  });
});

describe("what a look-alike is in stays sealed", () => {
  test("a member of a class, an opaque text", () => {
    check({ password: "hunter2 [EMAIL_1]" }, { password: "[SECRET_1]" });
    check({ a: "something [EMAIL_1] said", b: "[EMAIL_1]" }, { a: "[TEXT_1]", b: "[LITERAL_1]" }, { mode: "strict" });
  });
});

test.each([
  ["an address", "ann@acme.io", "EMAIL_1"],
  ["a name that is known", "Ana Ruiz", "NAME_1"],
  ["a secret", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "SECRET_1"],
])("%s beside a look-alike goes nowhere unasked, and is forgotten by itself", (_, value, token) => {
  using house = createPrivacyHouse();
  house.seal({ full_name: "Ana Ruiz" });
  const text = String.raw`{ "a":  "\u005bEMAIL_1] of ${value}" }`;
  const sealed = house.seal(text, { from: "web" });
  expect(sealed).toBe(`{ "a":  "[LITERAL_1] of [${token}]" }`);
  expect(house.core.uses({ sealed })).toMatchObject([{ token: `[${token}]` }]);
  expect(house.core.restore({ sealed }, true, "x")).toEqual({ sealed: text });
  expect(house.core.forget(value)).toBeGreaterThan(0);
  expect(house.core.show(`[${token}]`)).toBeNull();
});

test("what overlaps is of no class that one of them is not of", () => {
  const at = (start: number, end: number, name: string): Finding => ({ start, end, class: name });
  const classes = (...found: Finding[]): string[] => joinFindings(found).map((one) => one.class);
  expect(classes(at(0, 5, "EMAIL"), at(3, 9, "NAME"))).toEqual(["TEXT"]);
  expect(classes(at(0, 5, "EMAIL"), at(3, 9, "NAME"), at(8, 12, "EMAIL"))).toEqual(["TEXT"]);
  expect(classes(at(0, 5, "EMAIL"), at(3, 9, "EMAIL"), at(9, 12, "NAME"))).toEqual(["EMAIL", "NAME"]);
  expect(classes(at(0, 5, "EMAIL"), at(3, 9, "SECRET"), at(8, 12, "NAME"))).toEqual(["SECRET"]);
  expect(classes(at(0, 9, "LITERAL"), at(3, 5, "PHONE"))).toEqual(["TEXT"]);
  expect(classes(at(0, 9, "EMAIL"), at(3, 5, "LITERAL"), at(3, 5, "NAME"))).toEqual(["EMAIL"]);
});

describe("of what does not have the form of its class no part is told", () => {
  test.each<[string, string, Record<string, string>, Json]>([
    ["a domain", "domain", { email: "Ana.Ruiz@Acme.io" }, "acme.io"],
    ["that of an address in other letters", "domain", { email: "ａｎａ＠ｅｘ．ｃｏｍ" }, "ex.com"],
    ["that of one that is written for a page", "domain", { email: "ana&#64;ex.com" }, "ex.com"],
    ["none of one in words", "domain", { email: "ana at acme dot io" }, null],
    ["none of a text that the config calls one", "domain", { mail: "Ana Ruiz" }, null],
    ["nor of what stands behind one", "domain", { mail: "ana@acme.io Bob Stone" }, null],
    ["nor of several", "domain", { mail: "ana@acme.io,bob@stone.dev" }, null],
    ["the end of a card", "last4", { card: "4111 1111 1111 1111" }, "1111"],
    ["none of what is no card", "last4", { card: "1234" }, null],
    ["nor of a text", "last4", { card: "Anastasia Maria Ruiz" }, null],
    ["the end of an IBAN", "last4", { iban: "DE89 3704 0044 0532 0130 00" }, "3000"],
    ["its country", "country", { iban: "de89 3704 0044 0532 0130 00" }, "DE"],
    ["none of a text", "country", { account: "Anastasia Maria Ruiz" }, null],
    ["nor its end", "last4", { account: "Anastasia Maria Ruiz" }, null],
    ["no age of a text", "ageBand", { born: "Bob Stone" }, null],
  ])("%s", (_, name, value, expected) => {
    using house = createPrivacyHouse();
    const fields = { mail: "EMAIL", card: "CARD", account: "IBAN", born: "DOB" };
    const [token = ""] = Object.values(house.seal(value, { fields }) as Record<string, string>);
    expect(token).toMatch(/^\[[A-Z]+_1\]$/);
    expect(house.core.ask({ name, arguments: [token] })).toBe(expected);
  });
});

test("what was stored glued to something is found when it is read again", () => {
  using house = createPrivacyHouse();
  house.seal({ full_name: "Ana Ruiz", phone: "+34 612 35 03 34" });
  house.core.restore({ a: "x[NAME_1]", b: "9[PHONE_1]" }, true, "crm");
  expect(house.seal(["has xAna Ruizz and 9+34 612 35 03 34", "banana ruizes", "a local one"])).toEqual([
    "has x[NAME_1]z and 9[PHONE_1]",
    "banana ruizes",
    "a local one",
  ]);
  const { texts } = house.core.clean(null, ["xAna Ruizz"]);
  expect(texts).toEqual(["x[NAME]z"]);
});
