// The types of every tool of a catalogue: their size beside the definition, and beside the types that
// json-schema-to-typescript makes. `SLUICE_BENCH_TOOLS` is a folder with a `catalog.jsonl.gz`, one tool a line:
// { id, server, tool, description, inputSchema, outputSchema? }.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { Tokenizer } from "ai-tokenizer";
import * as o200k from "ai-tokenizer/encoding/o200k_base";
import { toRow, toValueRow } from "./parts/figures.mjs";
import { inFolder, load } from "./parts/ground.mjs";
import { createRandom, makeValues, toLine } from "./parts/schema-values.mjs";

const PEER = "json-schema-to-typescript";
const PEER_VERSION = "16.0.0";
const RATIO = 0.5;
const VALUES = 3;
const SEED = 20_261_125;

/** @typedef {{ id: string, server: string, tool: string, description?: string, inputSchema: any, outputSchema?: any }} Line */
/** @typedef {{ schema: any, valid: any[], wrong: any[] }} Case */
/** @typedef {{ texts: (string | undefined)[], seconds: number }} Written one text for each case; none where it threw */

/** @type {import("./parts/figures.mjs").Benchmark} */
const types = {
  about: "the types of every tool of a catalogue",
  async run(say) {
    const folder = process.env["SLUICE_BENCH_TOOLS"];
    const path = join(folder ?? "", "catalog.jsonl.gz");
    if (folder === undefined || !existsSync(path)) {
      const reason = folder === undefined ? "SLUICE_BENCH_TOOLS names no folder" : "there is no catalog.jsonl.gz in it";
      return { rows: [], notes: [`skipped: ${reason}`] };
    }
    /** @type {Line[]} */
    const lines = gunzipSync(await readFile(path))
      .toString("utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const schemas = lines.flatMap(({ inputSchema, outputSchema }) => [
      inputSchema,
      ...(outputSchema === undefined ? [] : [outputSchema]),
    ]);
    say(`values for ${schemas.length} schemas`);
    const cases = await toCases(schemas);
    const rows = [...(await measureModules(lines))];
    for (const [name, write] of [
      ["sluice", await createWriter()],
      [`${PEER} ${PEER_VERSION}`, await createPeer(say)],
    ]) {
      say(String(name));
      rows.push(...(await measureTypes(String(name), cases, await /** @type {any} */ (write)(schemas))));
    }
    return {
      rows,
      notes: [
        "tokens are o200k; a definition is the compact JSON of name, description, input and output schema",
        "words: the definition's name, property names, descriptions, listed values, defaults and bounds alone, one space apart",
        `values: up to ${VALUES} valid ones and ${VALUES} that are wrong in a type, a required member or a listed value for each schema`,
        `${PEER} runs with additionalProperties: false, as Sluice takes a property that is not declared for a slip`,
      ],
    };
  },
};
export default types;

/** @param {any[]} schemas @returns {Promise<Case[]>} */
async function toCases(schemas) {
  const { validateValue } = await load("gateway/validate-value.js");
  const random = createRandom(SEED);
  const isValid = (/** @type {any} */ schema, /** @type {any} */ value) => validateValue(schema, value).length === 0;
  return schemas.map((schema) => ({ schema, ...makeValues(schema, isValid, random, VALUES) }));
}

/** The module of each tool beside its definition. @param {Line[]} lines */
async function measureModules(lines) {
  const { toToolModule } = await load("codegen/module.js");
  const { toCallName } = await load("catalogue/names.js");
  const sized = lines.map(({ id, server, tool, description, inputSchema, outputSchema }) => {
    const definition = {
      name: tool,
      description,
      inputSchema,
      ...(outputSchema === undefined ? {} : { outputSchema }),
    };
    const module = toToolModule({ ...definition, server, address: id, callName: toCallName(tool), hash: "" });
    return {
      definition: countTokens(JSON.stringify(definition)),
      indented: countTokens(JSON.stringify(definition, null, 2)),
      module: countTokens(module),
      words: countTokens(toWords(definition)),
      hasInput: Object.keys(inputSchema.properties ?? {}).length > 0,
    };
  });
  const withInput = sized.filter(({ hasInput }) => hasInput);
  const sum = (/** @type {"definition" | "module" | "words"} */ key) =>
    sized.reduce((total, one) => total + one[key], 0);
  const goals = [{ figure: "p50", max: RATIO }];
  return [
    toRow(
      "module ÷ definition",
      "ratio",
      sized.map((one) => one.module / one.definition),
      goals,
    ),
    toRow(
      "module ÷ definition, tools with parameters",
      "ratio",
      withInput.map((one) => one.module / one.definition),
    ),
    toRow(
      "module ÷ definition as indented JSON",
      "ratio",
      sized.map((one) => one.module / one.indented),
    ),
    toRow(
      "words ÷ definition: what no form can leave out",
      "ratio",
      sized.map((one) => one.words / one.definition),
    ),
    toValueRow("module ÷ definition, all tools together", "ratio", sum("module") / sum("definition")),
    toValueRow("words ÷ definition, all tools together", "ratio", sum("words") / sum("definition")),
  ];
}

/** @param {any} definition */
function toWords(definition) {
  /** @type {string[]} */
  const words = [definition.name, definition.description ?? ""];
  const told = new Set(["description", "format", "pattern", "default", "const", "enum", "minimum", "maximum"]);
  for (const queue = [definition.inputSchema, definition.outputSchema]; queue.length > 0;) {
    const schema = queue.shift();
    if (typeof schema !== "object" || schema === null) continue;
    for (const [keyword, value] of Object.entries(schema)) {
      if (keyword === "properties" && typeof value === "object" && value !== null) {
        words.push(...Object.keys(value));
        queue.push(...Object.values(value));
      } else if (told.has(keyword))
        words.push(...[value].flat().map((one) => (typeof one === "string" ? one : JSON.stringify(one))));
      else queue.push(value);
    }
  }
  return words.join(" ");
}

/** @param {string} name @param {Case[]} cases @param {Written} written */
async function measureTypes(name, cases, { texts, seconds }) {
  const tokens = texts.reduce((sum, text) => sum + (text === undefined ? 0 : countTokens(text)), 0);
  const { broken, refused } = await compileAll(cases, texts);
  const count = (/** @type {"valid" | "wrong"} */ key) => cases.reduce((sum, one) => sum + one[key].length, 0);
  const refusedOf = (/** @type {"valid" | "wrong"} */ key) => refused.filter((one) => one === key).length;
  const n = cases.length;
  const row = (/** @type {string} */ what, /** @type {string} */ unit, /** @type {number} */ value, size = n) => ({
    ...toValueRow(`${name}: ${what}`, unit, value),
    n: size,
  });
  return [
    row("compiles alone under --strict", "%", (100 * (n - broken)) / n),
    row("takes valid values", "%", 100 * (1 - refusedOf("valid") / count("valid")), count("valid")),
    row("refuses wrong ones", "%", (100 * refusedOf("wrong")) / count("wrong"), count("wrong")),
    row("size of all types", "tokens", tokens),
    row("time for all", "s", seconds),
  ];
}

/**
 * Each type in a module of its own, with its values; the compiler runs once. A type that is not there or does not
 * compile takes nothing and refuses nothing.
 * @param {Case[]} cases @param {(string | undefined)[]} texts
 * @returns {Promise<{ broken: number, refused: ("valid" | "wrong")[] }>}
 */
async function compileAll(cases, texts) {
  return await inFolder(async (folder) => {
    /** @type {Map<string, { first: number, kinds: ("valid" | "wrong")[] }>} */
    const files = new Map();
    await Promise.all(
      cases.map(async ({ valid, wrong }, at) => {
        const text = `${texts[at] ?? "!"}\nexport {};`;
        const values = [...valid, ...wrong].map((value, index) => `const v${index}: Root = ${toLine(value)};`);
        files.set(`t${at}.ts`, {
          first: text.split("\n").length + 1,
          kinds: [
            ...valid.map(() => /** @type {const} */ ("valid")),
            ...wrong.map(() => /** @type {const} */ ("wrong")),
          ],
        });
        await writeFile(join(folder, `t${at}.ts`), [text, ...values].join("\n"));
      }),
    );
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: "es2023",
      lib: ["es2023"],
      types: [],
      module: "esnext",
    };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    const tsc = join(createRequire(import.meta.url).resolve("typescript/package.json"), "../bin/tsc");
    const output = await run(process.execPath, [tsc, "-p", folder, "--pretty", "false"], folder);
    const broken = new Set();
    const refused = new Set();
    for (const [, file = "", line = ""] of output.matchAll(/^(t\d+\.ts)\((\d+),\d+\): error/gm)) {
      const index = Number(line) - (files.get(file)?.first ?? 0);
      if (index < 0) broken.add(file);
      else refused.add(`${file} ${index}`);
    }
    const kinds = [...refused].flatMap((place) => {
      const [file = "", index = ""] = place.split(" ");
      return broken.has(file) ? [] : [files.get(file)?.kinds[Number(index)] ?? /** @type {const} */ ("valid")];
    });
    return { broken: broken.size, refused: kinds };
  });
}

/** @returns {Promise<(schemas: any[]) => Written>} */
async function createWriter() {
  const { toSchemaType } = await load("codegen/schema-type.js");
  const { toComment } = await load("codegen/text.js");
  return (schemas) => {
    const start = performance.now();
    const texts = schemas.map((schema) => {
      const { text, doc, declarations } = toSchemaType(schema, {
        name: "Whole",
        open: "unknown",
        taken: new Set(["Root", "Record"]),
      });
      return `${toComment(doc)}\nexport type Root = ${text};\n${declarations.join("")}`;
    });
    return { texts, seconds: (performance.now() - start) / 1_000 };
  };
}

/** @param {(text: string) => void} say @returns {Promise<(schemas: any[]) => Promise<Written>>} */
async function createPeer(say) {
  const folder = join(tmpdir(), "sluice-bench-peers", `${PEER}-${PEER_VERSION}`);
  const manifest = join(folder, "node_modules", PEER, "package.json");
  if (!existsSync(manifest)) {
    say(`installing ${PEER} ${PEER_VERSION}`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "package.json"), '{ "private": true }');
    const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact", `${PEER}@${PEER_VERSION}`];
    await run("npm", args, folder);
  }
  const { compile } = await import(pathToFileURL(createRequire(manifest).resolve(PEER)).href);
  // nothing is read from files or fetched for a foreign schema
  const options = { bannerComment: "", additionalProperties: false, $refOptions: { resolve: { external: false } } };
  return async (schemas) => {
    const start = performance.now();
    const texts = [];
    for (const schema of schemas) {
      const { title: _, $id: __, ...rest } = structuredClone(schema);
      texts.push(await compile(rest, "Root", options).catch(() => undefined));
    }
    return { texts, seconds: (performance.now() - start) / 1_000 };
  };
}

/** What a program printed, whatever its exit code. @param {string} command @param {string[]} args @param {string} cwd @returns {Promise<string>} */
function run(command, args, cwd) {
  const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "inherit"] });
  /** @type {Buffer[]} */
  const chunks = [];
  child.stdout.on("data", (chunk) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve(Buffer.concat(chunks).toString("utf8")));
  });
}

const tokenizer = new Tokenizer(o200k);

/** @param {string} text */
function countTokens(text) {
  return tokenizer.encode(text, "all").length;
}
