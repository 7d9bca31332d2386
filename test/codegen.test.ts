import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { describe, expect, test } from "vitest";
import type { Json, JsonSchema } from "../src/base/json.ts";
import { limits } from "../src/base/limits.ts";
import { createCatalogue } from "../src/catalogue/catalogue.ts";
import type { Tool, ToolDefinition } from "../src/catalogue/tool.ts";
import { createModuleTree } from "../src/codegen/module-tree.ts";
import { toSignature, toSummary, toToolModule } from "../src/codegen/module.ts";
import { toSchemaType, toTypeText } from "../src/codegen/schema-type.ts";
import { writeTree } from "../src/codegen/write-tree.ts";
import { createStore } from "../src/store/store.ts";

const tsc = join(createRequire(import.meta.url).resolve("typescript/package.json"), "../bin/tsc");

function toTool(definition: Partial<ToolDefinition>): Tool {
  const name = definition.name ?? "getDocument";
  return {
    inputSchema: { type: "object" },
    ...definition,
    name,
    server: "gdrive",
    address: `gdrive.${name}`,
    callName: name,
    hash: "",
  };
}

/** The type of a schema, then the types that are named in it. */
function declare(schema: JsonSchema, open: "unknown" | "any" = "unknown"): string {
  const { text, declarations } = toSchemaType(schema, { name: "Input", open, taken: new Set() });
  return [text, ...declarations].join("\n");
}

/** Writes the tree of these servers and gives what the compiler says about it. */
async function compile(
  servers: ReadonlyMap<string, { tools: readonly ToolDefinition[]; instructions?: string | undefined }>,
): Promise<{ errors: string; modules: number }> {
  const directory = mkdtempSync(join(tmpdir(), "sluice-codegen-"));
  try {
    using store = createStore(join(directory, "state"));
    const catalogue = createCatalogue({ store, servers: [...servers.keys()].map((key) => ({ key, configHash: "1" })) });
    for (const [key, { tools, instructions }] of servers) catalogue.update(key, { tools, problems: [], instructions });
    const out = join(directory, "out");
    const files = await writeTree(out, createModuleTree(catalogue));
    const project = spawnSync(process.execPath, [tsc, "--strict", "-p", out], { encoding: "utf8" });
    const listed = files.filter((file) => file.endsWith(".ts")).map((file) => join(out, file));
    const alone = spawnSync(process.execPath, [tsc, "--strict", "--noEmit", "--isolatedModules", ...listed], {
      encoding: "utf8",
      cwd: directory,
    });
    return { errors: project.stdout + project.stderr + alone.stdout + alone.stderr, modules: listed.length };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe("a tool's module", () => {
  test("has its types, its words and one function", () => {
    const module = toToolModule(
      toTool({
        description: "Retrieves a document.\n\nWith its text.",
        inputSchema: {
          type: "object",
          properties: {
            documentId: { type: "string", description: "The document's ID. As in its URL." },
            format: { enum: ["text", "html", null], default: "text" },
            since: { type: "string", format: "date-time", pattern: "^\\d*/$" },
            pageSize: { type: "integer", minimum: 1, maximum: 100, description: "Rows per page" },
          },
          required: ["documentId"],
        },
        outputSchema: { type: "object", properties: { content: { type: "string" } }, required: ["content"] },
      }),
    );
    expect(module).toMatchInlineSnapshot(`
      "/** Retrieves a document.

      With its text. */
      export declare function getDocument(input: {
       /** The document's ID. As in its URL. */ documentId: string;
       /** @default "text" */ format?: "text"|"html"|null;
       /** @format date-time @pattern ^\\d*\\/$ */ since?: string;
       /** Rows per page @integer @minimum 1 @maximum 100 */ pageSize?: number;
      }): Promise<{ content: string }>;
      "
    `);
  });

  test("lets the input out where nothing in it is required, and says when the output is not declared", () => {
    expect(toToolModule(toTool({ name: "delete", inputSchema: { type: "object", properties: {} } })))
      .toMatchInlineSnapshot(`
        "declare function delete_(input?: Record<string, never>): Promise<any>;
        export { delete_ as delete };
        "
      `);
  });

  test("has a body and named types where it is written to a folder", () => {
    const inputSchema: JsonSchema = { type: "object", properties: { path: { type: "string" } } };
    expect(toToolModule(toTool({ name: "delete", inputSchema }), { purpose: "running" })).toMatchInlineSnapshot(`
      "import { callTool } from "../client.js";

      function delete_(input?: { path?: string }): Promise<any> {
        return callTool("gdrive.delete", input);
      }
      export { delete_ as delete };

      export type DeleteInput = NonNullable<Parameters<typeof delete_>[0]>;
      export type DeleteOutput = Awaited<ReturnType<typeof delete_>>;
      "
    `);
  });

  test("says an output type that was learned, that it is, and from what; a declared one goes before it", () => {
    const learned = {
      isDeclared: false,
      schema: {
        type: "object",
        properties: {
          rows: { type: "array", items: { type: "object", properties: { id: { type: "number" } }, required: ["id"] } },
          next: { anyOf: [{ type: "string" }, { type: "null" }] },
          counts: { type: "object", additionalProperties: { type: "number" } },
        },
        required: ["rows"],
      },
      calls: 12,
      lastAt: Date.UTC(2026, 10, 25, 10, 11, 12),
      changes: [],
    };
    const tool = toTool({ name: "listRows", description: "Lists rows." });
    expect(toToolModule(tool, { learned })).toMatchInlineSnapshot(`
      "/** Lists rows. @returns learned from 12 calls, last 2026-11-25; not declared by the server */
      export declare function listRows(input?: Record<string, unknown>): Promise<{
       rows: { id: number }[];
       next?: string | null;
       counts?: Record<string, number>;
      }>;
      "
    `);
    expect(toSignature(tool, learned)).toMatchInlineSnapshot(
      `"listRows(input?: Record<string, unknown>): Promise<{ rows: { id: number }[], next?: string | null, counts?: Record<string, number> }>"`,
    );
    const declared = toTool({ name: "listRows", outputSchema: { type: "object", properties: { a: {} } } });
    expect(toToolModule(declared, { learned })).toBe(toToolModule(declared));
    expect(toSignature(declared, learned)).toBe(toSignature(declared));
    expect(toToolModule(tool, { learned: { ...learned, schema: { type: "string" }, calls: 1 } })).toContain(
      "from 1 call,",
    );
  });

  test("says what a type cannot, where it is about", () => {
    const address = {
      type: "object",
      properties: {
        street: { type: "string", maxLength: 100 },
        city: { type: "string" },
        zip: { type: "string", pattern: "^\\d+$" },
      },
    };
    const inputSchema: JsonSchema = {
      title: "getDocumentArguments",
      description: "A search.",
      type: "object",
      properties: {
        limit: { type: "integer", minimum: 1, maximum: 9007199254740991, default: 10 },
        sort_by: {
          title: "Sort By",
          anyOf: [{ type: "string", enum: ["new", "old"] }, { type: "null" }],
          default: null,
        },
        tags: { type: "array", minItems: 1, items: { type: "string", description: "A tag.", maxLength: 20 } },
        by: {
          oneOf: [
            { type: "string", format: "email" },
            { type: "string", format: "uuid" },
          ],
        },
        home: { ...address, description: "Where one lives." },
        work: { ...address, description: "Where one works." },
        ratio: { type: "float" },
        labels: {
          type: "object",
          propertyNames: { enum: ["a", "b"] },
          required: ["a"],
          additionalProperties: { type: "string" },
        },
        headers: { type: "object", patternProperties: { "^x-": { type: "string" } }, additionalProperties: false },
      },
      dependentRequired: { sort_by: ["limit"] },
      minProperties: 1,
      not: { required: ["home", "work"] },
    };
    expect(toToolModule(toTool({ inputSchema }))).toMatchInlineSnapshot(`
      "/** @param input A search. @minProperties 1 @dependentRequired {"sort_by":["limit"]} @not {"required":["home","work"]} */
      export declare function getDocument(input?: {
       /** @integer @default 10 @minimum 1 */ limit?: number;
       /** @default null */ sort_by?: "new"|"old"|null;
       /** @minItems 1 */ tags?: /** A tag. @maxLength 20 */ string[];
       by?: /** @format email */ string | /** @format uuid */ string;
       /** Where one lives. */ home?: Home;
       /** Where one works. */ work?: Home;
       /** @type "float" */ ratio?: unknown;
       labels?: ({ [key in "a"]: string } & { [key in "b"]?: string });
       /** @patternProperties ^x- */ headers?: { [key: \`x-\${string}\`]: string };
      }): Promise<any>;

      type Home = {
       /** @maxLength 100 */ street?: string;
       city?: string;
       /** @pattern ^\\d+$ */ zip?: string;
      };
      "
    `);
  });

  test("a description cannot end its comment, hide text or be endless", () => {
    const hostile = `Nice */ process.exit() /* *\u200b/ \u202eevil\u0007\u{e0041}\u2028*/ export {}; ${"x".repeat(90_000)}`;
    const module = toToolModule(
      toTool({ description: hostile, inputSchema: { type: "object", properties: { a: { description: hostile } } } }),
    );
    expect(module.match(/\*\//g)?.length).toBe(module.match(/\/\*\*/g)?.length);
    expect(module).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\u2028]/u);
    expect(module.length).toBeLessThan(hostile.length + limits.propertyDocCharsMax + 1_000);
    expect(module).toContain("…");
  });

  test("has a signature and a summary of one line", () => {
    const tool = toTool({
      description: "# Reads rows, e.g. of a sheet. Then more.",
      inputSchema: {
        type: "object",
        properties: {
          "a-b": { type: "array", items: { type: "number" } },
          c: { type: "object", properties: { d: { type: "string" } } },
        },
        required: ["a-b"],
      },
    });
    expect(toSignature(tool)).toBe('getDocument(input: { "a-b": number[], c?: { d?: string } }): Promise<any>');
    expect(toSummary(tool)).toBe("Reads rows, e.g. of a sheet.");
    expect(toSignature(toTool({ inputSchema: { type: "object", properties: {} } }))).toBe(
      "getDocument(): Promise<any>",
    );
    const wide = toTool({
      inputSchema: {
        type: "object",
        properties: Object.fromEntries([...Array(200).keys()].map((key) => [`property${key}`, { type: "string" }])),
      },
    });
    expect(toSignature(wide).length).toBeLessThanOrEqual(limits.signatureCharsMax);
    expect(toSignature(wide)).toContain("…");
  });
});

describe("a schema as a type", () => {
  test.each<[string, JsonSchema, string]>([
    ["nothing", {}, "unknown"],
    ["true", true, "unknown"],
    ["false", false, "never"],
    ["type array", { type: ["string", "null", "integer"] }, "string | null | number"],
    ["const", { const: { a: [1, "x"] } }, '{ a: [1, "x"] }'],
    ["enum of all kinds", { enum: ["a", 1, -2.5, true, null] }, '"a"|1|-2.5|true|null'],
    [
      "a union in a union",
      { anyOf: [{ type: ["number", "string"] }, { type: "number" }, { type: "null" }] },
      "number | string | null",
    ],
    ["nullable", { type: "string", nullable: true }, "string | null"],
    ["array without items", { type: "array" }, "unknown[]"],
    [
      "array of union",
      { type: "array", items: { anyOf: [{ type: "string" }, { type: "number" }] } },
      "(string | number)[]",
    ],
    [
      "tuple",
      { type: "array", prefixItems: [{ type: "string" }, { type: "number" }], minItems: 1 },
      "[string, number?, ...unknown[]]",
    ],
    [
      "tuple of draft-07",
      { items: [{ type: "string" }], minItems: 1, additionalItems: { type: "number" } },
      "[string, ...number[]]",
    ],
    ["map", { type: "object", additionalProperties: { type: "number" } }, "Record<string, number>"],
    [
      "pattern map",
      { patternProperties: { "^x-": { type: "string" } }, additionalProperties: { type: "number" } },
      "Record<string, string | number>",
    ],
    [
      "two pattern maps",
      {
        properties: { name: { type: "string" } },
        patternProperties: { "^x-": { type: "number" }, "^y_": { type: "boolean" } },
        additionalProperties: false,
      },
      "{ name?: string, [key: `x-${string}`]: number, [key: `y_${string}`]: boolean }",
    ],
    [
      "open object",
      { type: "object", properties: { a: { type: "string" } }, additionalProperties: { type: "number" } },
      "{ a?: string, [key: string]: string | number | undefined }",
    ],
    ["any object", { type: "object" }, "Record<string, unknown>"],
    [
      "allOf",
      { allOf: [{ properties: { a: { type: "string" } } }, { required: ["b"], properties: { b: {} } }] },
      "{ a?: string } & { b: unknown }",
    ],
    [
      "alternatives of required",
      { type: "object", properties: { a: {}, b: {} }, anyOf: [{ required: ["a"] }, { required: ["b"] }] },
      "{ a?: unknown, b?: unknown } & ({ a: unknown } | { b: unknown })",
    ],
    [
      "type beside oneOf",
      { type: "object", oneOf: [{ properties: { a: {} } }, { properties: { b: {} } }] },
      "{ a?: unknown } | { b?: unknown }",
    ],
    ["required but not declared", { type: "object", required: ["a"] }, "{ a: unknown }"],
    [
      "keys",
      { properties: { "@odata.type": {}, $filter: {}, "a b": {}, new: {} } },
      '{ "@odata.type"?: unknown, $filter?: unknown, "a b"?: unknown, new?: unknown }',
    ],
    ["unknown type", { type: "file" }, "unknown"],
    ["a ref to nowhere", { $ref: "#/$defs/none" }, "unknown"],
    ["a ref abroad", { $ref: "https://example.com/x.json" }, "unknown"],
    [
      "an $id within an $id",
      { $id: "https://a.example/b", $ref: "c", $defs: { x: { $id: "c", type: "string" } } },
      "string",
    ],
    [
      "an absolute $ref",
      { $id: "https://a.example/b", $ref: "https://a.example/c", $defs: { x: { $id: "c", type: "string" } } },
      "string",
    ],
    [
      "beside a $ref of draft-07",
      {
        $schema: "http://json-schema.org/draft-07/schema#",
        $ref: "#/$defs/a",
        type: "number",
        $defs: { a: { type: "string" } },
      },
      "string",
    ],
    ["listed values of the type", { type: "string", enum: ["a", null, 1] }, '"a"'],
    ["a closed tuple", { type: "array", prefixItems: [{ type: "string" }], items: false, minItems: 1 }, "[string]"],
    ["an array of nothing", { type: "array", items: false }, "[]"],
    ["an anchor", { $ref: "#a", $defs: { x: { $anchor: "a", type: "string" } } }, "string"],
    ["escaped pointer", { $ref: "#/$defs/a~1b%20c", $defs: { "a/b c": { type: "boolean" } } }, "boolean"],
  ])("%s", (_, schema, text) => {
    expect(toTypeText(schema)).toBe(text);
  });

  test("recursion and shared definitions become named types", () => {
    const schema: JsonSchema = {
      type: "object",
      properties: { root: { $ref: "#/$defs/Node" }, self: { $ref: "#" }, either: { $ref: "#/definitions/Either" } },
      $defs: {
        Node: {
          type: "object",
          description: "A node.",
          properties: { children: { type: "array", items: { $ref: "#/$defs/Node" } } },
        },
      },
      definitions: {
        Either: { anyOf: [{ $ref: "#/definitions/Either" }, { $ref: "#/definitions/Or" }, { type: "string" }] },
        Or: { oneOf: [{ $ref: "#/definitions/Either" }, { type: "null" }] },
      },
    };
    expect(declare(schema)).toMatchInlineSnapshot(`
      "Input
      type Input = { root?: Node; self?: Input; either?: Either };

      /** A node. */
      type Node = { children?: Node[] };

      type Either = unknown;
      "
    `);
  });
});

const nasty: ToolDefinition[] = [
  ...[
    "delete",
    "then",
    "default",
    "index",
    "await",
    "callTool",
    "require",
    "undefined",
    "create-folder",
    "create_folder",
    "createFolder",
    "createfolder",
    "2fa",
    "files.list",
    "a/b",
    "../../etc",
    "查询",
    "🦊",
    "__proto__",
    "constructor",
    "type",
    "arguments",
    "async",
    "Promise",
    "x".repeat(300),
  ].map((name) => ({
    name,
    description: `Does ${name} */ `,
    inputSchema: {
      type: "object",
      properties: {
        "@odata.type": { type: "string" },
        $filter: { type: "string", description: "*/ }" },
        __proto__x: {},
        "\u202e": {},
      },
      required: ["$filter", "missing"],
    } as JsonSchema,
  })),
  {
    name: "recursive",
    inputSchema: {
      $ref: "#/$defs/A",
      $defs: {
        A: { anyOf: [{ $ref: "#/$defs/B" }, { type: "object", properties: { a: { $ref: "#/$defs/B" } } }] },
        B: { allOf: [{ $ref: "#/$defs/A" }] },
      },
    },
  },
  {
    name: "map",
    inputSchema: {
      $ref: "#/$defs/M",
      $defs: {
        M: { type: "object", additionalProperties: { $ref: "#/$defs/M" } },
        "Map Input": {},
        Input: { enum: [1] },
      },
    },
    outputSchema: { type: "array", items: { $ref: "#/items" } },
  },
  {
    name: "wide",
    inputSchema: {
      allOf: [1, 2, 3, 4].map((at) => ({
        anyOf: [...Array(60).keys()].map((key) => ({
          type: "object",
          properties: { [`k${at}_${key}`]: { const: key } },
          required: [`k${at}_${key}`],
        })),
      })),
    },
  },
  {
    name: "enumerated",
    inputSchema: {
      type: "object",
      properties: {
        e: { type: "string", enum: [...Array(1_000).keys()].map((key) => `v${key}`) },
        f: { enum: [] },
        g: { enum: [{ a: 1 }, [1, 2]] },
      },
    },
  },
  {
    name: "closed",
    inputSchema: { type: "object", additionalProperties: false },
    outputSchema: {
      type: "object",
      properties: { constructor: { type: "string" }, get: { type: "boolean" }, readonly: { type: "boolean" } },
      additionalProperties: { type: "string" },
    },
  },
  { name: "boolean", inputSchema: true, outputSchema: false },
  {
    name: "deep",
    inputSchema: [...Array(200).keys()].reduce(
      (inner: JsonSchema) => ({ type: "object", properties: { a: inner as Json } }),
      { type: "string" },
    ),
  },
];

describe("what is written compiles under tsc --strict", () => {
  test("for definitions made to break it", { timeout: 120_000 }, async () => {
    const { errors, modules } = await compile(
      new Map(
        ["my.server", "class", "client", "a/b", "..", "tsconfig.json", "GitHub", "github"].map((key) => [
          key,
          { tools: nasty },
        ]),
      ),
    );
    expect(errors).toBe("");
    expect(modules).toBe(8 * (nasty.length + 1) + 1);
  });

  test("for real servers", { timeout: 120_000 }, async () => {
    const servers = new Map<string, { tools: readonly ToolDefinition[]; instructions?: string | undefined }>();
    for (const name of ["everything", "filesystem", "memory"]) {
      const folder = join(
        createRequire(import.meta.url).resolve(`@modelcontextprotocol/server-${name}/package.json`),
        "..",
      );
      const client = new Client({ name: "test", version: "1" });
      await client.connect(
        new StdioClientTransport({
          command: process.execPath,
          args: [join(folder, "dist/index.js"), ...(name === "filesystem" ? [tmpdir()] : [])],
          stderr: "ignore",
        }),
      );
      const { tools } = await client.listTools();
      servers.set(name, { tools: tools as unknown as ToolDefinition[], instructions: client.getInstructions() });
      await client.close();
    }
    const { errors, modules } = await compile(servers);
    expect(errors).toBe("");
    expect(modules).toBeGreaterThan(30);
  });
});

test("a schema that refers to itself everywhere is bounded", () => {
  const branches = [...Array(12).keys()].map(() => ({ $ref: "#" }));
  const schema: JsonSchema = {
    type: "object",
    properties: { a: { anyOf: branches }, b: { type: "array", items: { allOf: branches } } },
  };
  const start = performance.now();
  expect(toTypeText(schema).length).toBeLessThan(100_000);
  expect(performance.now() - start).toBeLessThan(1_000);
});
