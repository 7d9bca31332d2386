import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../src/base/json.ts";
import { limits } from "../src/base/limits.ts";
import { createPrivacyHouse } from "./privacy-core.ts";

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
    const text = fc.oneof(
      person,
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
      { numRuns: 400 },
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
