import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json, JsonSchema } from "../src/base/json.ts";
import { limits } from "../src/base/limits.ts";
import type { ToolCall } from "../src/gateway/call.ts";
import { compose } from "../src/gateway/compose.ts";
import { validateValue } from "../src/gateway/validate-value.ts";
import { validate } from "../src/gateway/validate.ts";
import { toRuns } from "./properties.ts";

function check(schema: JsonSchema, value: Json): string[] {
  return validateValue(schema, value).map(({ path, expected, got }) => `${path}: ${expected} / ${got}`);
}

function unenforced(schema: JsonSchema, value: Json): { valid: boolean; reasons: string[] } {
  const reasons: string[] = [];
  const valid = validateValue(schema, value, { onUnenforced: (reason) => reasons.push(reason) }).length === 0;
  return { valid, reasons };
}

const text = { type: "string" };
const whole = { type: "integer" };

describe("valid and invalid values", () => {
  test.each<[string, JsonSchema, Json[], Json[]]>([
    ["true and false", true, [1, null], []],
    ["false", false, [], [1, null]],
    ["type", { type: "string" }, ["", "x"], [1, null, [], {}]],
    ["types", { type: ["string", "null"] }, ["", null], [1, []]],
    ["integer", whole, [1, -1, 1.0, 1e20], [1.5, "1", true]],
    ["number is no boolean", { type: "number" }, [0, 1.5], [true, "1"]],
    ["object is no array", { type: "object" }, [{}], [[], null]],
    ["nullable", { type: "string", nullable: true, enum: ["a"] }, ["a", null], ["b", 1]],
    ["enum", { enum: ["a", 1, null, { b: [1] }] }, ["a", 1, null, { b: [1] }], ["b", "1", { b: [] }, false]],
    ["const ignores the order of keys", { const: { a: 1, b: 2 } }, [{ b: 2, a: 1 }], [{ a: 1 }]],
    ["bounds", { minimum: 1, maximum: 3 }, [1, 2, 3, "any"], [0.9, 3.1]],
    ["exclusive bounds", { exclusiveMinimum: 1, exclusiveMaximum: 3 }, [2], [1, 3]],
    ["exclusive bounds of draft-04", { minimum: 1, exclusiveMinimum: true }, [2], [1]],
    ["multipleOf", { multipleOf: 0.1 }, [0.3, 1, 0], [0.25]],
    ["lengths are in characters", { minLength: 2, maxLength: 2 }, ["ab", "😀😀"], ["a", "abc", "😀"]],
    ["items", { items: whole }, [[], [1, 2], "any"], [["a"], [1, "a"]]],
    ["prefixItems", { prefixItems: [text, whole], items: false }, [["a", 1], ["a"], []], [[1], ["a", 1, 2]]],
    ["a tuple of draft-07", { items: [text, whole], additionalItems: text }, [["a", 1, "b"]], [["a", 1, 2], [1]]],
    ["minItems and maxItems", { minItems: 1, maxItems: 2 }, [[1], [1, 2]], [[], [1, 2, 3]]],
    [
      "uniqueItems",
      { uniqueItems: true },
      [[1, "1", { a: 1 }]],
      [
        [1, 1],
        [
          { a: 1, b: 2 },
          { b: 2, a: 1 },
        ],
      ],
    ],
    ["contains", { contains: whole, minContains: 2, maxContains: 3 }, [[1, 2, "a"]], [[1], [1, 2, 3, 4]]],
    ["contains nothing", { contains: whole, minContains: 0 }, [[]], []],
    ["required", { required: ["a"] }, [{ a: null }, "any"], [{}, { b: 1 }]],
    ["properties", { properties: { a: whole } }, [{}, { a: 1 }, { b: "x" }], [{ a: "1" }]],
    [
      "additionalProperties false",
      { properties: { a: true }, additionalProperties: false },
      [{}, { a: 1 }],
      [{ b: 1 }],
    ],
    [
      "additionalProperties",
      { properties: { a: true }, additionalProperties: whole },
      [{ a: "x", b: 1 }],
      [{ b: "x" }],
    ],
    ["minProperties, maxProperties", { minProperties: 1, maxProperties: 2 }, [{ a: 1 }], [{}, { a: 1, b: 2, c: 3 }]],
    ["propertyNames", { propertyNames: { maxLength: 2 } }, [{ ab: 1 }], [{ abc: 1 }]],
    ["dependentRequired", { dependentRequired: { a: ["b"] } }, [{}, { b: 1 }, { a: 1, b: 1 }], [{ a: 1 }]],
    ["dependencies", { dependencies: { a: ["b"], c: { required: ["d"] } } }, [{ c: 1, d: 1 }], [{ a: 1 }, { c: 1 }]],
    ["allOf", { allOf: [{ minimum: 1 }, { maximum: 2 }] }, [1, 2], [0, 3]],
    ["anyOf", { anyOf: [text, { minimum: 5 }] }, ["a", 5], [1]],
    ["oneOf", { oneOf: [{ minimum: 5 }, { maximum: 10 }] }, [1, 20], [7]],
    ["not", { not: text }, [1], ["a"]],
    [
      "if, then, else",
      {
        if: { properties: { k: { const: 1 } }, required: ["k"] },
        then: { required: ["a"] },
        else: { required: ["b"] },
      },
      [{ k: 1, a: 1 }, { b: 1 }],
      [{ k: 1 }, {}],
    ],
    ["$ref", { $defs: { "a/b~c": whole }, properties: { x: { $ref: "#/$defs/a~1b~0c" } } }, [{ x: 1 }], [{ x: "1" }]],
    [
      "a recursive $ref",
      {
        definitions: { n: { type: "object", properties: { next: { $ref: "#/definitions/n" } }, required: ["v"] } },
        $ref: "#/definitions/n",
      },
      [{ v: 1, next: { v: 2 } }],
      [{ v: 1, next: {} }],
    ],
    [
      "a $ref to an $anchor",
      { $defs: { a: { $anchor: "t", ...text } }, properties: { x: { $ref: "#t" } } },
      [{ x: "a" }],
      [{ x: 1 }],
    ],
    [
      "a $ref to a relative $id",
      { $id: "https://x.io/a.json", $defs: { b: { $id: "b.json", ...text } }, properties: { x: { $ref: "b.json" } } },
      [{ x: "a" }],
      [{ x: 1 }],
    ],
    ["beside $ref, 2020-12 counts", { $defs: { a: text }, $ref: "#/$defs/a", minLength: 2 }, ["ab"], ["a", 1]],
    [
      "beside $ref, draft-07 does not",
      {
        $schema: "http://json-schema.org/draft-07/schema#",
        definitions: { a: text },
        $ref: "#/definitions/a",
        minLength: 2,
      },
      ["a"],
      [1],
    ],
    [
      "names that objects have by birth",
      { required: ["toString"], properties: { constructor: whole } },
      [{ toString: 1 }],
      [{}, { toString: 1, constructor: "x" }],
    ],
  ])("%s", (_, schema, valid, invalid) => {
    for (const value of valid) expect([value, check(schema, value)]).toEqual([value, []]);
    for (const value of invalid) expect([value, check(schema, value).length > 0]).toEqual([value, true]);
  });
});

describe("what is said", () => {
  const lead = {
    type: "object",
    properties: {
      leadId: text,
      data: { type: "object", properties: { score: { type: "integer", maximum: 100 } } },
      rows: { type: "array", items: { properties: { "first name": text } } },
      mode: { enum: ["fast", "slow"] },
    },
    required: ["leadId"],
    additionalProperties: false,
  };

  test.each<[JsonSchema, Json, string[]]>([
    [lead, { leadId: 5 }, ["leadId: a string / the number 5"]],
    [lead, {}, ["leadId: a string / nothing"]],
    [
      lead,
      { leadID: "x" },
      [
        'leadId: a string / nothing; rename "leadID" to it',
        'leadID: no such property (leadId, data, rows, mode are known) / one; did you mean "leadId"?',
      ],
    ],
    [lead, { leadId: "x", data: { score: 101 } }, ["data.score: a number up to 100 / the number 101"]],
    [lead, { leadId: "x", rows: [{}, { "first name": [1] }] }, ['rows[1]["first name"]: a string / an array of 1']],
    [lead, { leadId: "x", mode: "fsat" }, ['mode: one of "fast", "slow" / the string "fsat"; did you mean "fast"?']],
    [lead, [], [": an object / an array of 0"]],
    [{ type: ["string", "null"] }, { a: 1 }, [": a string or null / an object with a"]],
    [{ anyOf: [text, whole] }, [], [": a string or a whole number / an array of 0"]],
    [{ anyOf: [text, { type: "object", required: ["id"] }] }, {}, ["id: a value / nothing"]],
    [
      {
        oneOf: [
          { type: "object", properties: { kind: { const: "a" }, x: text } },
          { type: "object", properties: { kind: { const: "b" }, y: text } },
        ],
      },
      { kind: "b", y: 1 },
      ["y: a string / the number 1"],
    ],
  ])("%#", (schema, value, expected) => {
    expect(check(schema, value)).toEqual(expected);
  });

  test("at most a handful of mistakes, however many there are, and nothing long", () => {
    const violations = validateValue(
      { items: text },
      Array.from({ length: 1_000 }, (_, i) => i),
    );
    expect(violations).toHaveLength(limits.violationsMax);
    const [one] = validateValue({ type: "number" }, "x".repeat(1_000_000));
    expect(one?.got.length).toBeLessThan(100);
  });
});

describe("schemas that cannot be trusted", () => {
  test("a pattern is never executed: the one that froze a host takes no time", () => {
    const schema = { type: "string", pattern: "^(\\w+\\s?)*$" };
    const startedAt = performance.now();
    expect(check(schema, `${"a".repeat(31)}!`)).toEqual([]);
    expect(check({ patternProperties: { "^(\\w+\\s?)*$": false } }, { [`${"a".repeat(31)}!`]: 1 })).toEqual([]);
    expect(performance.now() - startedAt).toBeLessThan(100);
  });

  test.each<[JsonSchema, Json]>([
    [{ not: { pattern: "^x" } }, "y"],
    [{ oneOf: [{ pattern: "^a" }, { pattern: "^b" }] }, "b"],
    [{ oneOf: [{ format: "email" }, { format: "uri" }] }, "me@example.com"],
    [{ if: { pattern: "^x" }, then: false, else: { minLength: 1 } }, "y"],
    [{ contains: { pattern: "^a" }, maxContains: 1 }, ["a", "b"]],
    [{ patternProperties: { "^x-": {} }, additionalProperties: false }, { "x-1": 1 }],
    [{ not: { $ref: "https://elsewhere/schema" } }, 1],
  ])("what is not enforced never refuses a value: %j", (schema, value) => {
    expect(check(schema, value)).toEqual([]);
  });

  test.each<[JsonSchema, string]>([
    [{ type: "any" }, 'type "any"'],
    [{ type: [] }, "type []"],
    [{ type: { a: 1 } }, "type"],
    [{ $ref: "https://example.com/schema.json" }, "leads nowhere"],
    [{ $ref: "#/$defs/none" }, "leads nowhere"],
    [{ $ref: "#/%" }, "leads nowhere"],
    [{ $ref: 5 }, "leads nowhere"],
    [{ $ref: "#" }, "refers to itself"],
    [{ properties: [] as Json }, "properties"],
    [{ enum: "a" }, "enum"],
    [{ required: true }, "required"],
    [{ allOf: ["x"] }, "not an object"],
    [{ unevaluatedProperties: false }, "unevaluatedProperties"],
    ["x" as unknown as JsonSchema, "not an object"],
    [null as unknown as JsonSchema, "not an object"],
  ])("one that cannot be read is named and permits: %j", (schema, reason) => {
    const answer = unenforced(schema, { a: 1 });
    expect(answer.valid).toBe(true);
    expect(answer.reasons.join()).toContain(reason);
  });

  test("the readable rest of it is enforced", () => {
    expect(check({ properties: { a: { type: "any" }, b: whole } }, { a: 1, b: "x" })).toEqual([
      'b: a whole number / the string "x"',
    ]);
  });

  test("one that explodes is stopped", () => {
    // Each level tries the next one twice: 2^40 without a bound.
    const $defs: Record<string, Json> = { d0: { const: 1 } };
    for (let i = 1; i <= 40; i++)
      $defs[`d${i}`] = { allOf: [{ $ref: `#/$defs/d${i - 1}` }, { $ref: `#/$defs/d${i - 1}` }] };
    const startedAt = performance.now();
    expect(unenforced({ $defs: $defs as never, $ref: "#/$defs/d40" }, 1).reasons.join()).toContain("steps");
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test("a value nested without end is no crash", () => {
    let value: Json = 1;
    for (let i = 0; i < 20_000; i++) value = [value];
    expect(unenforced({ $defs: { n: { items: { $ref: "#/$defs/n" } } }, $ref: "#/$defs/n" }, value).valid).toBe(true);
  });

  test("any JSON as schema, any JSON as value: an answer", () => {
    const keyword = fc.constantFrom(
      "type",
      "enum",
      "const",
      "items",
      "prefixItems",
      "properties",
      "required",
      "additionalProperties",
      "anyOf",
      "oneOf",
      "allOf",
      "not",
      "if",
      "then",
      "$ref",
      "minimum",
      "maxLength",
      "contains",
      "uniqueItems",
      "multipleOf",
      "dependencies",
      "propertyNames",
      "a",
    );
    const { json } = fc.letrec<{ json: Json }>((tie) => ({
      json: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom<Json>(null, true, false, 0, 1.5, "string", "object", "#", "a"),
        fc.array(tie("json"), { maxLength: 3 }),
        fc.dictionary(keyword, tie("json"), { maxKeys: 4 }),
      ) as fc.Arbitrary<Json>,
    }));
    fc.assert(
      fc.property(json, json, (schema, value) => Array.isArray(validateValue(schema as JsonSchema, value))),
      { numRuns: toRuns(500) },
    );
  });
});

describe("the step", () => {
  function callOf(inputSchema: JsonSchema, args: unknown): ToolCall {
    const tool = {
      server: "crm",
      name: "update-record",
      address: "crm.update-record",
      callName: "updateRecord",
      hash: "",
      inputSchema,
    };
    return {
      executionId: "e",
      callId: 1,
      origin: "program",
      tool,
      arguments: args as never,
      grant: {},
      signal: new AbortController().signal,
    };
  }

  test("passes what fits, refuses the rest and says where to read more", async () => {
    const invoke = compose([validate()], async () => ({ kind: "data", data: "ok" }));
    const schema = { type: "object", properties: { id: text, n: whole }, required: ["id"] };
    expect(await invoke(callOf(schema, { id: "x" }))).toEqual({ kind: "data", data: "ok" });
    expect(await invoke(callOf(schema, { n: 1 }))).toEqual({
      kind: "error",
      code: "arguments_invalid",
      message: "Cannot call crm.update-record: id: expected a string, got nothing",
      hint: "Its arguments are described in ./servers/crm/updateRecord.ts",
    });
    expect(await invoke(callOf(schema, { n: "1" }))).toMatchObject({
      message: expect.stringContaining("the arguments do not fit\n  id: expected"),
    });
  });

  test.each([[[1]], ["x"], [null], [undefined], [5]])("the arguments are one object: %j", async (args) => {
    const invoke = compose([validate()], async () => ({ kind: "data", data: "ok" }));
    expect(await invoke(callOf(true, args))).toMatchObject({
      code: "arguments_invalid",
      message: expect.stringContaining("one object"),
    });
  });

  test("what is not enforced is said once per tool", async () => {
    const said: string[] = [];
    const invoke = compose(
      [validate({ onUnenforced: (address, reason) => said.push(`${address}: ${reason}`) })],
      async () => ({ kind: "data", data: "ok" }),
    );
    for (let i = 0; i < 3; i++) await invoke(callOf({ properties: { a: { type: "file" } } }, { a: 1 }));
    expect(said).toEqual(['crm.update-record: its type "file" is none of JSON Schema\'s']);
  });
});
