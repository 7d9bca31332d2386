import { mkdtempSync, rmSync, writeFileSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Json } from "../src/base/json.ts";
import { limits } from "../src/base/limits.ts";
import type { CallOutcome } from "../src/gateway/call.ts";
import { unwrapResult, type SaveMedia } from "../src/gateway/unwrap.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-results-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

let saved = 0;
const save: SaveMedia = async (bytes, mimeType) => {
  const name = `${++saved}.${mimeType.split("/")[1]}`;
  writeFileSync(join(folder, name), bytes);
  return `./workspace/.media/${name}`;
};
beforeEach(() => {
  saved = 0;
});

const textOf = (text: string): object => ({ type: "text", text });
const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 255]);

async function dataOf(result: unknown): Promise<Json> {
  const outcome = await unwrapResult(result, save);
  if (outcome.kind === "error") throw new Error(outcome.message);
  return outcome.data;
}

function errorOf(result: unknown): Promise<CallOutcome> {
  return unwrapResult(result, save);
}

describe("a result that is nested too deep for whoever reads it", () => {
  const nested = (depth: number): string => `${"[".repeat(depth)}1${"]".repeat(depth)}`;
  test("stays a text where it is one", async () => {
    const text = nested(20_000);
    expect(await dataOf({ content: [textOf(text)] })).toBe(text);
    expect(await dataOf({ content: [textOf("a"), textOf(text)] })).toEqual(["a", text]);
    expect(await dataOf({ content: [textOf(nested(1_000))] })).toEqual(JSON.parse(nested(1_000)));
  });
  test("is refused where it is a value, with the limit", async () => {
    const structuredContent = JSON.parse(nested(20_000)) as Json;
    expect(await errorOf({ content: [], structuredContent })).toMatchObject({
      code: "result_too_large",
      message: expect.stringContaining("nested more than 1000 times (resultDepthMax)") as string,
    });
  });
});

describe("data", () => {
  test.each<[string, unknown, Json]>([
    ["structured content wins", { structuredContent: { a: 1 }, content: [textOf("other")] }, { a: 1 }],
    ["of any type", { structuredContent: [1, 2], content: [] }, [1, 2]],
    ["even false and empty", { structuredContent: false, content: [textOf("x")] }, false],
    ["null with other words is none", { structuredContent: null, content: [textOf("words")] }, "words"],
    ["null that the text says too", { structuredContent: null, content: [textOf("null")] }, null],
    ["a text", { content: [textOf("hello")] }, "hello"],
    ["a text that is an object", { content: [textOf('{"a":[1]}')] }, { a: [1] }],
    ["a text that is an array", { content: [textOf("[1,2]\n")] }, [1, 2]],
    ["a text that only begins like one", { content: [textOf("[draft] hello")] }, "[draft] hello"],
    ["an object with words behind it", { content: [textOf('{"a":1} done')] }, '{"a":1} done'],
    ["a number stays text", { content: [textOf("42")] }, "42"],
    [
      "so do true, null and quotes",
      { content: [textOf("true"), textOf("null"), textOf('"x"')] },
      ["true", "null", '"x"'],
    ],
    ["an empty text", { content: [textOf("")] }, ""],
    ["several texts, each for itself", { content: [textOf("a"), textOf('{"b":1}')] }, ["a", { b: 1 }]],
    ["a success that talks of an error", { content: [textOf('{"error":"no"}')] }, { error: "no" }],
    ["nothing", { content: [] }, null],
    ["not even content", {}, null],
    ["no content but its metadata", { _meta: { a: 1 } }, null],
    ["isError false", { isError: false, content: [textOf("x")] }, "x"],
    [
      "a link",
      { content: [{ type: "resource_link", uri: "file:///a", name: "a", mimeType: "text/plain", size: 5 }] },
      { type: "resource_link", uri: "file:///a", name: "a", mimeType: "text/plain" },
    ],
    [
      "a link and a text",
      { content: [textOf("see"), { type: "resource_link", uri: "x:y", name: "n" }] },
      ["see", { type: "resource_link", uri: "x:y", name: "n" }],
    ],
    ["an embedded text", { content: [{ type: "resource", resource: { uri: "x:y", text: '{"a":1}' } }] }, { a: 1 }],
    ["a kind nobody knows", { content: [{ type: "hologram", beam: 1 }] }, { type: "hologram", beam: 1 }],
    ["blocks that are none", { content: [null, 5, textOf("a")] }, "a"],
  ])("%s", async (_, result, expected) => {
    expect(await dataOf(result)).toEqual(expected);
  });

  test("names that objects have by birth come through as data", async () => {
    const data = await dataOf({ content: [textOf('{"__proto__":{"polluted":1}}')] });
    expect(Object.keys(data as object)).toEqual(["__proto__"]);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe("media", () => {
  const image = { type: "image", data: png.toString("base64"), mimeType: "image/png" };

  test("an image is a file with exactly its bytes", async () => {
    expect(await dataOf({ content: [image] })).toEqual({
      text: "",
      media: [{ type: "image", mimeType: "image/png", path: "./workspace/.media/1.png", bytes: png.length }],
    });
    expect(readFileSync(join(folder, "1.png"))).toEqual(png);
  });

  test("images, audio, blobs, links and texts together", async () => {
    const result = {
      content: [
        textOf("first"),
        image,
        { type: "audio", data: "AAEC", mimeType: "audio/wav" },
        { type: "resource", resource: { uri: "x:y", blob: "AAEC", mimeType: "application/pdf" } },
        { type: "resource_link", uri: "x:z", name: "z" },
        textOf('{"not":"parsed"}'),
      ],
    };
    expect(await dataOf(result)).toEqual({
      text: 'first\n{"not":"parsed"}',
      media: [
        { type: "image", mimeType: "image/png", path: "./workspace/.media/1.png", bytes: 8 },
        { type: "audio", mimeType: "audio/wav", path: "./workspace/.media/2.wav", bytes: 3 },
        { type: "resource", mimeType: "application/pdf", path: "./workspace/.media/3.pdf", bytes: 3 },
        { type: "resource_link", uri: "x:z", name: "z" },
      ],
    });
  });

  test.each([[undefined], [5], ["../../etc/passwd"], ["image/png\n"], ["a/b/c"], ["x".repeat(200)], [""]])(
    "a claimed type %j is not believed",
    async (mimeType) => {
      const data = await dataOf({ content: [{ ...image, mimeType }] });
      expect(data).toHaveProperty("media.0.mimeType", "application/octet-stream");
    },
  );

  test("a file that cannot be kept fails the call", async () => {
    await expect(unwrapResult({ content: [image] }, () => Promise.reject(new Error("EDQUOT")))).rejects.toThrow(
      "EDQUOT",
    );
  });
});

describe("errors", () => {
  test.each<[string, unknown, string]>([
    ["the upstream's own words", { isError: true, content: [textOf("No such lead: 5")] }, "No such lead: 5"],
    ["all of them", { isError: true, content: [textOf("a"), textOf("b")] }, "a\nb"],
    ["not parsed", { isError: true, content: [textOf('{"code":5}')] }, '{"code":5}'],
    ["structured if there are no words", { isError: true, content: [], structuredContent: { code: 5 } }, '{"code":5}'],
    ["no word at all", { isError: true, content: [] }, "The tool reported an error without a word about it"],
  ])("%s", async (_, result, message) => {
    expect(await errorOf(result)).toEqual({ kind: "error", code: "tool_error", message });
  });

  test("endless words are cut, and say so", async () => {
    const outcome = await errorOf({ isError: true, content: [textOf("x".repeat(100_000))] });
    expect(outcome).toHaveProperty("message", expect.stringMatching(/^x+… \(\d+ more characters\)$/));
  });

  test.each([[null], [undefined], ["text"], [[]], [5], [{ content: "text" }], [{ content: { type: "text" } }]])(
    "no result at all: %j",
    async (result) => {
      expect(await errorOf(result)).toMatchObject({ kind: "error", code: "upstream_error" });
    },
  );

  test("too much is refused by size and by number", async () => {
    const small = { resultBytesMax: 1_000 };
    for (const result of [
      { content: [textOf("x".repeat(2_000))] },
      { structuredContent: { rows: Array.from({ length: 500 }, () => "abc") } },
      { content: [{ type: "image", data: "A".repeat(2_000) }] },
    ]) {
      expect(await unwrapResult(result, save, small)).toMatchObject({
        code: "result_too_large",
        message: expect.stringContaining("resultBytesMax"),
      });
    }
    expect(saved).toBe(0);
    expect(await unwrapResult({ content: [textOf("x".repeat(900))] }, save, small)).toMatchObject({ kind: "data" });
    expect(
      await errorOf({ content: Array.from({ length: limits.contentBlocksMax + 1 }, () => textOf("")) }),
    ).toMatchObject({ code: "result_too_large" });
  });

  test("a value nested without end is refused without end of the stack", async () => {
    const deep = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`) as Json;
    expect(await unwrapResult({ structuredContent: deep }, save)).toMatchObject({
      kind: "error",
      code: "result_too_large",
    });
  });
});
