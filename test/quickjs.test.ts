import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkOutcome, type House, openHouse } from "./house.ts";

// The whole of what programs may rely on, on the engine for machines without Deno; and what is its own.

process.env["SLUICE_TEST_ENGINE"] = "quickjs";

// The conformance suite runs in full on this engine in `conformance.test.ts`; these hundreds more take minutes.
if (process.env["SLUICE_TEST_HOSTILE"] === "all") {
  describe("the guest contract", () => import("./guest-contract.test.ts") as Promise<unknown> as Promise<void>);
  describe("errors in programs", () => import("./errors-in-programs.test.ts") as Promise<unknown> as Promise<void>);
  describe("limits", () => import("./limits.test.ts") as Promise<unknown> as Promise<void>);
}
describe("determinism", () => import("./determinism.test.ts") as Promise<unknown> as Promise<void>);

let house: House;

beforeAll(async () => {
  house = await openHouse({ sandbox: { engine: "quickjs", memoryMb: 256 } });
});

afterAll(() => house[Symbol.asyncDispose]());

test("is what the outcome says", async () => {
  const { stats } = await house.run("return 1");
  expect(stats.engine).toBe("quickjs");
});

describe("what is too deep can be caught, and the program goes on", () => {
  const nested = "let a: any = []; for (let i = 0; i < 1e5; i++) a = [a];";
  const programs: Record<string, string> = {
    "a function": "const f = (): number => f() + 1; f();",
    "a getter": "const o = { get x(): number { return this.x; } }; o.x;",
    "a conversion": "const s = { toString(): string { return '' + s; } }; '' + s;",
    "a proxy": "const p: any = new Proxy({}, { get: (_, key, self) => self[key] }); p.x;",
    "a bound function": "let b: any = () => 1; for (let i = 0; i < 3000; i++) b = b.bind(null); b();",
    "JSON out": `${nested} JSON.stringify(a);`,
    "JSON in": "JSON.parse('['.repeat(1e6));",
    "a clone": `${nested} structuredClone(a);`,
    "a flat list": `${nested} a.flat(Infinity);`,
    "a joined list": `${nested} a.join();`,
    "a sort": "const s = (): number => [2, 1].sort(s).length; s();",
    "a replacement": "const r = (): string => 'a'.replace(/a/, r); r();",
    "a constructor": "class A { constructor() { new A(); } } new A();",
    "a chain of iterators": "function* g(): any { yield* g(); } [...g()];",
    "a toJSON": "const t = { toJSON(): string { return JSON.stringify(t); } }; JSON.stringify(t);",
    "an async function": "const f = async (): Promise<void> => { await f(); }; await f();",
    "an async iterator": "async function* g(): any { for await (const x of g()) yield x; } for await (const x of g());",
    "a reviver": "const v = (): any => JSON.parse('[1]', v); v();",
  };
  for (const [name, code] of Object.entries(programs)) {
    test(name, () =>
      check(`try { ${code} return "ended"; } catch (error) { return [error.name, await zoo.echo({ n: 1 })]; }`, [
        "RangeError",
        { n: 1 },
      ]),
    );
  }
  test("a promise's executor, which rejects where no function can be called any more", async () => {
    const { status, error } = await house.run("const f = (): void => { new Promise(f); }; f(); return 1;");
    expect([status, error?.code]).toEqual(["failed", "program_error"]);
  });
  test("a regular expression is refused or matched", async () => {
    const { status } = await house.run("return new RegExp('('.repeat(1e5) + ')'.repeat(1e5)).test('a')");
    expect(status).toBe("failed");
  });
});

describe("memory", () => {
  test("that is refused can be caught", () =>
    check(
      "try { new Uint8Array(2 ** 31); return 'there'; } catch (error) { return [error.message, await zoo.echo({ n: 1 })]; }",
      [expect.any(String), { n: 1 }],
    ));
  test("that is gone ends the program with its limit's name", async () => {
    const { status, error } = await house.run("const all = []; for (;;) all.push(new Uint8Array(50_000_000));");
    expect({ status, code: error?.code }).toEqual({ status: "killed", code: "memoryMb" });
  });
});

describe("the web platform", () => {
  test("Intl is Node's, in UTC", () =>
    check(
      `const date = new Date(Date.UTC(2024, 1, 29, 13, 5));
      return [
        (1234567.891).toLocaleString('en-US'), (1234.5).toLocaleString('de', { style: 'currency', currency: 'EUR' }), (10n ** 20n).toLocaleString('en'),
        date.toLocaleString('en-US'), date.toLocaleDateString('fr', { dateStyle: 'full' }), date.toLocaleTimeString('en-US', { timeZone: 'Asia/Tokyo' }),
        ['ä', 'a', 'z'].sort(new Intl.Collator('sv').compare), 'a'.localeCompare('b'), new Intl.PluralRules('en', { type: 'ordinal' }).select(2),
        new Intl.ListFormat('en').format(new Set(['a', 'b', 'c'])), new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(-1, 'day'),
        [...new Intl.Segmenter('en', { granularity: 'word' }).segment('a bc')].map(({ segment }) => segment), new Intl.DisplayNames('en', { type: 'region' }).of('CH'),
        Intl.getCanonicalLocales('EN-us'), new Intl.Locale('zh-Hant-TW').script, Intl.NumberFormat.supportedLocalesOf(['en', 'xx']), new Intl.NumberFormat('en').format(Infinity),
      ];`,
      [
        "1,234,567.891",
        "1.234,50\u00a0€",
        "100,000,000,000,000,000,000",
        "2/29/2024, 1:05:00 PM",
        "jeudi 29 février 2024",
        "10:05:00 PM",
        ["a", "z", "ä"],
        -1,
        "two",
        "a, b, and c",
        "yesterday",
        ["a", " ", "bc"],
        "Switzerland",
        ["en-US"],
        "Hant",
        ["en"],
        "∞",
      ],
    ));
  test("what Intl refuses, it refuses here", () =>
    check(
      "return [() => new Intl.NumberFormat('not a tag'), () => new Intl.DateTimeFormat('en', { timeZone: 'Mars/Base' }), () => (Intl as any).NumberFormat.prototype.format].map((f) => { try { f(); return 'made'; } catch (error) { return error.name; } })",
      ["RangeError", "RangeError", "TypeError"],
    ));
  test("a URL and its parameters follow each other", () =>
    check(
      `const url = new URL('https://a.example/?a=1&b=%C3%A9+x');
      const { searchParams } = url;
      searchParams.append('c', 'd e&f');
      const first = url.href;
      url.search = '?z=1';
      const seen = [...searchParams];
      searchParams.delete('z');
      return [first, seen, url.href, [...new URLSearchParams([['a', "b'"], ['a', '~']])], String(new URLSearchParams([['a', "b'"]])), new URLSearchParams('a=1&a=2').getAll('a'), URL.parse('nope')];`,
      [
        "https://a.example/?a=1&b=%C3%A9+x&c=d+e%26f",
        [["z", "1"]],
        "https://a.example/",
        [
          ["a", "b'"],
          ["a", "~"],
        ],
        "a=b%27",
        ["1", "2"],
        null,
      ],
    ));
  test("structuredClone keeps cycles, views and kinds", () =>
    check(
      `const buffer = new ArrayBuffer(8);
      const a: any = { list: [1, , 3], date: new Date(5), set: new Set([1]), one: new Uint8Array(buffer, 0, 2), two: new Uint16Array(buffer, 2, 1), error: new RangeError('x') };
      a.self = a;
      const b = structuredClone(a);
      let refused = '';
      try { structuredClone(() => 1); } catch (error) { refused = error.name; }
      return [b.self === b, b.one.buffer === b.two.buffer, b.one.buffer !== buffer, b.error instanceof RangeError, 1 in b.list, b.date.getTime(), refused];`,
      [true, true, true, true, false, 5, "DataCloneError"],
    ));
  test("a Buffer has every encoding", () =>
    check(
      "const b = Buffer.from([0xfb, 0xff, 0xfe, 0x61]);\nreturn ['hex', 'base64', 'base64url', 'latin1', 'utf16le', 'utf8'].map((e: any) => b.toString(e)).concat(Buffer.from('-__-YQ', 'base64url').toString('hex'), Buffer.from('+//+YQ==', 'base64').toString('hex'), Buffer.from('a b\\nYQ', 'base64').toString('hex'))",
      [
        "fbfffe61",
        "+//+YQ==",
        "-__-YQ",
        "ûÿþa",
        "\ufffb\u61fe",
        "\ufffd\ufffd\ufffda",
        "fbfffe61",
        "fbfffe61",
        "69b610",
      ],
    ));
});

async function check(code: string, result: unknown): Promise<void> {
  checkOutcome(await house.run(code), { result });
}
