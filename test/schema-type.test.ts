import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom, makeValues, toLine } from "../bench/parts/schema-values.mjs";
import type { Json, JsonObject, JsonSchema } from "../src/base/json.ts";
import { limits } from "../src/base/limits.ts";
import { toSignature, toToolModule } from "../src/codegen/module.ts";
import { toSchemaType } from "../src/codegen/schema-type.ts";
import { validateValue } from "../src/gateway/validate-value.ts";
import { propertySeed as seed, toRuns } from "./properties.ts";

const tsc = join(createRequire(import.meta.url).resolve("typescript/package.json"), "../bin/tsc");
/** Schemas per property. */
const cases = toRuns(150);

/** What the compiler says of one text under --strict, line by line. */
function compile(text: string): { line: number; message: string }[] {
  const directory = mkdtempSync(join(tmpdir(), "sluice-types-"));
  try {
    writeFileSync(join(directory, "cases.ts"), text);
    const options = [
      "--strict",
      "--noEmit",
      "--target",
      "es2023",
      "--lib",
      "es2023",
      "--types",
      "",
      "--pretty",
      "false",
    ];
    const { stdout, status } = spawnSync(process.execPath, [tsc, ...options, "cases.ts"], {
      encoding: "utf8",
      cwd: directory,
      maxBuffer: 2 ** 28,
    });
    const found = [...stdout.matchAll(/^cases\.ts\((\d+),\d+\): error (.*)$/gm)];
    if (status !== 0 && found.length === 0) throw new Error(`The compiler failed: ${stdout}`);
    return found.map(([, line = "", message = ""]) => ({ line: Number(line), message }));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The first complaint of the compiler with the case that it is about; nothing if there is none. */
function complaint(blocks: readonly { schema: Json; text: string }[]): string {
  const all = blocks.map(({ text }) => text).join("\n");
  const [first] = compile(all);
  if (first === undefined) return "";
  const words = `seed ${seed}: ${first.message}\n${all.split("\n")[first.line - 1]}`;
  let line = 1;
  for (const { schema, text } of blocks) {
    const next = line + text.split("\n").length;
    if (first.line < next) return `${words}\n${JSON.stringify(schema)}\n${text}`;
    line = next;
  }
  return words;
}

const key = fc.oneof(
  // not "constructor": beside it in a union, the compiler takes a literal `true` for a boolean
  fc.constantFrom("id", "name", "@odata.type", "$filter", "a b", "new", 'q"\\', "line\nbreak", "键", "x-1"),
  // nor a number: an array has members with such names, so the compiler takes it for the object
  fc.string({ minLength: 1, maxLength: 5 }).filter((text) => text !== "__proto__" && !/^\d+$/.test(text)),
);
const words = fc.constantFrom(
  "A word.",
  "*/ export {} /*",
  "@ts-expect-error",
  "`${x}`",
  "two\n  lines\n @tag",
  "\u202e\u200b",
);
const scalar = fc.constantFrom<Json>("a", 'b"\n', "", "\u2028", 1, -2.5, 1e21, true, false, null);

/** Schemas whose every demand a type can make: what it cannot say is in none of them but as a bound. */
const sayable = fc.letrec<{ schema: JsonObject; object: JsonObject }>((tie) => {
  const scalars: fc.Arbitrary<JsonObject>[] = [
    fc.record({ type: fc.constant("string"), description: words, minLength: fc.nat(3) }, { requiredKeys: ["type"] }),
    fc.record(
      { type: fc.constantFrom("integer", "number"), minimum: fc.nat(9), default: scalar },
      { requiredKeys: ["type"] },
    ),
    fc.constantFrom<JsonObject>(
      { type: "boolean" },
      { type: "null" },
      { type: "string", nullable: true },
      { type: ["string", "null"] },
      { type: ["number", "boolean"] },
      { $ref: "#/$defs/Node" },
      { $ref: "#/$defs/List" },
      { $ref: "#/definitions/a~1b" },
    ),
    fc.record({ enum: fc.uniqueArray(scalar, { minLength: 1, maxLength: 4 }) }),
    fc.record({ const: scalar }),
  ];
  return {
    schema: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.oneof(...scalars),
      tie("object"),
      fc.record(
        { type: fc.constant("array"), items: tie("schema"), minItems: fc.nat(2) },
        { requiredKeys: ["type", "items"] },
      ),
      fc.record(
        {
          type: fc.constant("array"),
          prefixItems: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }),
          minItems: fc.nat(3),
          items: fc.constantFrom<Json>(false, { type: "string" }),
        },
        { requiredKeys: ["type", "prefixItems", "items"] },
      ),
      fc.record({ type: fc.constant("object"), additionalProperties: tie("schema") }),
      fc.record({ anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }), description: words }),
      fc.record({ oneOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
      fc.record({
        type: fc.constant("object"),
        propertyNames: fc.record({ enum: fc.uniqueArray(key, { minLength: 1, maxLength: 3 }) }),
        additionalProperties: tie("schema"),
      }),
      fc.record(
        {
          type: fc.constant("object"),
          properties: fc.dictionary(key, tie("schema"), { maxKeys: 3 }),
          propertyNames: fc.oneof(
            fc.record({ enum: fc.uniqueArray(key, { minLength: 1, maxLength: 3 }) }),
            fc.constant(false),
          ),
          additionalProperties: fc.oneof(tie("schema"), fc.constant(false)),
        },
        { requiredKeys: ["type", "properties", "propertyNames"] },
      ),
      fc.record({
        type: fc.constant("object"),
        patternProperties: fc.record({ "^x-": tie("schema") }),
        additionalProperties: fc.constant(false),
      }),
    ),
    object: fc
      .record({
        properties: fc.dictionary(key, tie("schema"), { maxKeys: 4 }),
        isClosed: fc.boolean(),
        isRequired: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
        description: words,
      })
      .map(({ properties, isClosed, isRequired, description }) => ({
        type: "object",
        properties,
        required: Object.keys(properties).filter((_, index) => isRequired[index]),
        description,
        ...(isClosed ? { additionalProperties: false } : {}),
      })),
  };
});
const rooted = fc
  .record({ object: sayable.object, node: sayable.object, list: sayable.schema, other: sayable.schema })
  .map(({ object, node, list, other }): JsonObject => ({
    ...object,
    $defs: {
      Node: {
        ...node,
        properties: {
          ...(node["properties"] as JsonObject),
          next: { $ref: "#/$defs/Node" },
          all: { $ref: "#/$defs/List" },
        },
      },
      List: { type: "array", items: { anyOf: [list, { $ref: "#/$defs/Node" }] } },
    },
    definitions: { "a/b": other },
  }));

test("a type takes the values that its schema takes, and none of a wrong type", { timeout: 300_000 }, () => {
  const random = createRandom(seed);
  let valid = 0;
  let wrong = 0;
  const blocks = fc.sample(rooted, { numRuns: cases, seed }).map((schema, at) => {
    const isValid = (one: JsonSchema, value: Json): boolean => validateValue(one, value).length === 0;
    const values = makeValues(schema, isValid, random, 3);
    valid += values.valid.length;
    wrong += values.wrong.length;
    const { text, declarations } = toSchemaType(schema, {
      name: "Root",
      open: "unknown",
      taken: new Set(["Record", "T"]),
    });
    const lines = [
      ...values.valid.map((value, index) => `const v${index}: T = ${toLine(value)};`),
      ...values.wrong.map((value, index) => `// @ts-expect-error\nconst w${index}: T = ${toLine(value)};`),
    ];
    return { schema, text: `namespace N${at} {\n${declarations.join("")}type T = ${text};\n${lines.join("\n")}\n}` };
  });
  expect(complaint(blocks)).toBe("");
  // the cases are worth something only if there are values
  expect(valid).toBeGreaterThan(cases);
  expect(wrong).toBeGreaterThan(cases / 2);
});

test("any JSON at all becomes a module that compiles, in bounded time and size", { timeout: 300_000 }, () => {
  const anySchema = fc.letrec<{ schema: Json }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
      fc.record(
        {
          type: fc.oneof(
            fc.constantFrom("object", "array", "string", "integer", "null", "x", 3),
            fc.array(fc.constantFrom("object", "array", "null")),
          ),
          properties: fc.dictionary(fc.string(), tie("schema"), { maxKeys: 3 }),
          required: fc.array(fc.string(), { maxLength: 3 }),
          items: fc.oneof(tie("schema"), fc.array(tie("schema"), { maxLength: 3 })),
          prefixItems: fc.array(tie("schema"), { maxLength: 2 }),
          anyOf: fc.array(tie("schema"), { maxLength: 3 }),
          allOf: fc.array(tie("schema"), { maxLength: 3 }),
          not: tie("schema"),
          propertyNames: tie("schema"),
          patternProperties: fc.dictionary(fc.constantFrom("^x-", "^a", "["), tie("schema"), { maxKeys: 2 }),
          $ref: fc.constantFrom("#", "#/properties/a", "#/items", "#/allOf/0", "#/anyOf/0", "#x", "%", 1),
          enum: fc.array(fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<Json>, { maxLength: 3 }),
          const: fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<Json>,
          additionalProperties: tie("schema"),
          minItems: fc.constantFrom<Json>(0, 1, -1, "x", null),
          nullable: fc.boolean(),
          description: fc.string({ unit: "binary" }),
          default: fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<Json>,
        },
        { requiredKeys: [] },
      ) as fc.Arbitrary<Json>,
    ),
  })).schema;
  const blocks = fc.sample(anySchema, { numRuns: cases, seed }).map((schema, at) => {
    const tool = {
      name: "getIt",
      server: "s",
      address: "s.getIt",
      callName: "getIt",
      hash: "",
      inputSchema: schema as JsonSchema,
      outputSchema: schema as JsonSchema,
    };
    expect(toSignature(tool).length).toBeLessThanOrEqual(limits.signatureCharsMax);
    return { schema, text: `namespace N${at} {\n${toToolModule(tool)}\n}` };
  });
  expect(complaint(blocks)).toBe("");
});

test("schemas made to break it become modules that compile, in bounded time and size", { timeout: 300_000 }, () => {
  const nested = (levels: number, wrap: (inner: Json) => Json): Json => {
    let schema: Json = { type: "string" };
    for (let level = 0; level < levels; level += 1) schema = wrap(schema);
    return schema;
  };
  const laughs: JsonObject = Object.fromEntries(
    [...Array(40).keys()].map((at) => [
      `l${at}`,
      { type: "object", properties: { a: { $ref: `#/$defs/l${at + 1}` }, b: { $ref: `#/$defs/l${at + 1}` } } },
    ]),
  );
  const hostile: [string, Json][] = [
    ["20,000 levels", nested(20_000, (inner) => ({ type: "object", properties: { a: inner } }))],
    ["20,000 levels of allOf", nested(20_000, (inner) => ({ allOf: [inner] }))],
    ["a default of 20,000 levels", { default: nested(20_000, (inner) => [inner]) }],
    ["10,000 listed values", { enum: [...Array(10_000).keys()] }],
    ["a million laughs", { $ref: "#/$defs/l0", $defs: laughs }],
    ["a $ref to itself", { $ref: "#" }],
    [
      "itself beside itself",
      { $ref: "#", allOf: [{ $ref: "#" }, { $ref: "#" }], anyOf: [{ $ref: "#" }, { $ref: "#" }] },
    ],
    [
      "two that mean each other",
      {
        $ref: "#/$defs/a",
        $defs: { a: { $ref: "#/$defs/b" }, b: { anyOf: [{ $ref: "#/$defs/a" }, { $ref: "#/$defs/b" }] } },
      },
    ],
    ["a map of itself", { type: "object", additionalProperties: { $ref: "#" } }],
    [
      "a map of itself or text",
      { anyOf: [{ type: "object", additionalProperties: { $ref: "#" } }, { type: "string" }] },
    ],
    [
      "a keyed map of itself",
      { type: "object", propertyNames: { enum: ["a", "b"] }, required: ["a"], additionalProperties: { $ref: "#" } },
    ],
    ["a list of itself", { type: "array", items: { $ref: "#" } }],
    [
      "a tuple of itself",
      { type: "array", prefixItems: [{ $ref: "#" }, { $ref: "#/prefixItems/0" }], minItems: 1, items: { $ref: "#" } },
    ],
    [
      "__proto__",
      JSON.parse(
        '{"type":"object","properties":{"__proto__":{"type":"string"}},"required":["__proto__"],"$ref":"#/__proto__"}',
      ) as Json,
    ],
    ["a megabyte of words", { description: "word ".repeat(200_000), type: "string" }],
    ["a number beyond all", JSON.parse('{"enum":[1e999,-1e999,1e21,-0]}') as Json],
    [
      "commands to the compiler",
      {
        description: "@ts-expect-error",
        properties: { a: { description: "x\n@ts-ignore" }, b: { items: { description: "@ts-expect-error" } } },
      },
    ],
  ];
  const blocks = hostile.map(([name, schema], at) => {
    const start = performance.now();
    const inputSchema = schema as JsonSchema;
    const module = toToolModule({ name: "a", server: "s", address: "s.a", callName: "a", hash: "", inputSchema });
    expect(performance.now() - start, name).toBeLessThan(5_000);
    expect(module.length, name).toBeLessThan(200_000);
    return { schema: name, text: `namespace N${at} {\n${module}\n}` };
  });
  expect(complaint(blocks)).toBe("");
});
