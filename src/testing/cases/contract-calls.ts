import type { ConformanceCase } from "../conformance-case.ts";
import { toCases } from "../conformance-case.ts";

/** Calls, their results, what fails, what nobody awaits. */
export const callCases: ConformanceCase[] = [
  ...toCases("contract", {
    "result: structured content comes first": [
      "return [await kit.getItem({ id: 1, note: 'n' }), await kit.array({})];",
      [{ id: 1, note: "n" }, [1, [2]]],
    ],
    "result: one text that is a JSON object or list": ["return await kit.itemsList({});", ["north", "south"]],
    "result: a text that only begins like JSON, or is a number, stays a text": [
      "return [await kit.prose({}), await kit.number({})];",
      ["[not JSON] after all", "42"],
    ],
    "result: several texts are a list": ["return await kit.texts({});", ["one", { two: 2 }, [3]]],
    "result: binary content is a file": [
      "const { text, media } = await kit.picture({});\nconst bytes = await fs.promises.readFile(media[0].path);\nreturn [text, media, bytes.toString('latin1', 1, 4), bytes.length];",
      [
        "a pixel",
        [{ type: "image", mimeType: "image/png", path: /^\.\/workspace\/\.media\/[0-9a-f]+\.png$/, bytes: 70 }],
        "PNG",
        70,
      ],
    ],
    "result: nothing is null": ["return await kit.nothing({});", null],
    "result: a link": [
      "return await kit.link({});",
      { type: "resource_link", uri: "kit://map", name: "map", mimeType: "text/plain" },
    ],
    "result: 5 MB arrive whole": [
      "const { text } = await kit.large({ bytes: 5_000_000 });\nreturn [text.length, text.at(-1)];",
      [5_000_000, "z"],
    ],
    "arguments travel whole": [
      "return await kit.echo({ a: 'é\\u2028\\ud83d\\ude00', b: [1, { c: null }], n: 1e21, e: '' });",
      { a: "é\u2028😀", b: [1, { c: null }], n: 1e21, e: "" },
    ],
    "arguments may be left out": ["return [await kit.echo(), await callTool('kit.echo')];", [{}, {}]],
    "calls run in parallel": [
      "const started = Date.now();\nconst all = await Promise.all(Array.from({ length: 20 }, (_, n) => kit.slow({ ms: 300 + n })));\nconst ms = Date.now() - started;\nreturn [all.length, all[19], ms >= 300, ms < 3000];",
      [20, "after 319", true, true],
    ],
    "answers come in the order in which they are ready": [
      "const order: number[] = [];\nawait Promise.all([1_600, 10, 800].map((ms) => kit.slow({ ms }).then(() => order.push(ms))));\nreturn order;",
      [10, 800, 1_600],
    ],
    "a ToolError can be caught, with the server's words": [
      "try { await kit.fails({}); } catch (error) { return [error instanceof ToolError, error instanceof Error, error.name, error.tool, error.code, error.message]; }",
      [true, true, "ToolError", "kit.fails", "tool_error", "the kit is broken"],
    ],
    "a protocol error is a ToolError": [
      "try { await kit.refuses({}); } catch (error) { return [error instanceof ToolError, error.code, error.message.includes('the lid is closed')]; }",
      [true, "upstream_error", true],
    ],
    "arguments are checked before the call leaves": [
      "const codes: string[] = [];\nfor (const args of [{}, { id: 0 }, { id: '1' }, 'x', [1]] as any[]) await kit.getItem(args).catch((error) => codes.push(error.code));\nreturn codes;",
      ["arguments_invalid", "arguments_invalid", "arguments_invalid", "arguments_invalid", "arguments_invalid"],
    ],
    "the policy is asked, whatever the name": [
      "const codes: string[] = [];\nfor (const name of ['kit.forbidden', 'kit__forbidden']) await callTool(name, {}).catch((error) => codes.push(error.code));\nawait kit.forbidden({}).catch((error) => codes.push(error.code));\nreturn codes;",
      ["tool_denied", "tool_denied", "tool_denied"],
    ],
    "allSettled and any tell failures apart": [
      "const all = await Promise.allSettled([kit.echo({}), kit.fails({})]);\nreturn [all.map(({ status }) => status), await Promise.any([kit.fails({}), kit.echo({ n: 1 })])];",
      [["fulfilled", "rejected"], { n: 1 }],
    ],
    "searchTools finds": [
      "const { results } = await sluice.searchTools('get item', { limit: 1, server: 'kit' });\nreturn results.map(({ kind, id, server, call }) => [kind, id, server, call]);",
      [["tool", "kit.get-item", "kit", "kit.getItem"]],
    ],
    "describeTool has the module's text": [
      "import { describeTool } from 'sluice';\nconst { id, module } = await describeTool('kit__get-item');\nreturn [id, module === await fs.promises.readFile('./servers/kit/getItem.ts', 'utf8')];",
      ["kit.get-item", true],
    ],
    "progress returns nothing": ["return sluice.progress(1, 2, 'half') ?? null;", null],
  }),
  {
    area: "contract",
    name: "a grant bounds what may be called",
    code: "const codes: string[] = [];\nawait kit.getItem({ id: 1 }).then(() => codes.push('made'));\nfor (const name of ['kit.echo', 'kit__echo', 'secondKit.getItem']) await callTool(name, { id: 1 }).catch((error) => codes.push(error.code));\nreturn codes;",
    options: { grant: { tools: ["kit.get-item"] } },
    expected: { result: ["made", "tool_not_granted", "tool_not_granted", "tool_not_granted"] },
  },
  {
    area: "contract",
    name: "a failure that nobody catches has its tool and line",
    code: "const a = 1;\nawait kit.fails({});",
    expected: {
      error: { code: "tool_error", tool: "kit.fails", message: "the kit is broken", line: 2 },
      calls: { done: 0, failed: 1, open: 0 },
    },
  },
  {
    area: "contract",
    name: "calls that nobody awaits are waited for",
    code: "const a = 1;\nkit.slow({ ms: 50 });\nreturn a;",
    expected: { result: 1, warnings: ["unawaited_call"], calls: { done: 1, failed: 0, open: 0 } },
  },
  {
    area: "contract",
    name: "one of them that fails fails the program",
    code: "kit.fails({});\nreturn 1;",
    expected: { error: { code: "tool_error", tool: "kit.fails", hint: /await/ }, warnings: ["unawaited_call"] },
  },
  {
    area: "contract",
    name: "a callback of forEach is waited for",
    code: "[1, 2].forEach(async (n) => { await kit.echo({ n }); console.log(n); });",
    expected: { logs: ["1", "2"], warnings: ["unawaited_call", "unawaited_call"], calls: { done: 2 } },
  },
  {
    area: "contract",
    name: "a rejection that nobody handles fails the program",
    code: "Promise.reject(new Error('lost'));\nreturn await kit.echo({});",
    expected: { error: { message: "lost", line: 1 } },
  },
  {
    area: "contract",
    name: "a promise that nothing settles ends the program",
    code: "await new Promise(() => {});",
    expected: { error: { code: "never_settles" } },
  },
  {
    area: "contract",
    name: "a timer that still runs is dropped",
    code: "setTimeout(() => console.log('late'), 60_000);\nreturn 1;",
    expected: { result: 1, logs: [], warnings: ["timer_dropped"] },
  },
  {
    area: "contract",
    name: "a program that says nothing is told",
    code: "const a = 1;",
    expected: { warnings: ["nothing_returned"] },
  },
];
