import type { ConformanceCase } from "../conformance-case.ts";
import { toCases } from "../conformance-case.ts";

/** The clock, timers, chance, and what comes from the web platform and Node. */
export const worldCases: ConformanceCase[] = [
  ...toCases("contract", {
    "clock: stands still between frames": [
      "const a = Date.now();\nlet n = 0;\nfor (let i = 0; i < 2e6; i++) n += i;\nreturn Date.now() - a;",
      0,
    ],
    "clock: moves with a call": [
      "const a = Date.now();\nawait kit.slow({ ms: 100 });\nreturn Date.now() - a >= 95;",
      true,
    ],
    "clock: a busy wait ends": [
      "const end = Date.now() + 20;\nlet turns = 0;\nwhile (Date.now() < end) turns += 1;\nconst until = performance.now() + 20;\nwhile (performance.now() < until) turns += 1;\nreturn turns > 1000;",
      true,
    ],
    "clock: Date, performance and Intl read the same one": [
      "await kit.echo({});\nconst now = Date.now();\nconst year = new Intl.DateTimeFormat('en', { year: 'numeric', timeZone: 'UTC' });\nreturn [Math.abs(new Date().getTime() - now) < 5, Math.abs(performance.timeOrigin + performance.now() - now) < 5, year.format() === String(new Date().getUTCFullYear()), Math.abs(new Date(Date()).getTime() - now) < 1500];",
      [true, true, true, true],
    ],
    "clock: the time zone is UTC": [
      "return [new Date(2020, 0, 1).toISOString(), new Date().getTimezoneOffset(), Intl.DateTimeFormat().resolvedOptions().timeZone];",
      ["2020-01-01T00:00:00.000Z", 0, "UTC"],
      { notOnWorker: "local time is the machine's" },
    ],
    "clock: Date is a Date": [
      "class D extends Date {}\nreturn [new Date(0) instanceof Date, new D(5).getTime(), Date.UTC(1970, 0, 2), Date.parse('1970-01-02'), Date.name, new Date(0).constructor === Date, typeof Date()];",
      [true, 5, 86_400_000, 86_400_000, "Date", true, "string"],
    ],
    "timers: ring in order, with their arguments": [
      "const order: number[] = [];\nsetTimeout((n) => order.push(n), 60, 3);\nsetTimeout((n) => order.push(n), 5, 1);\nsetTimeout((n) => order.push(n), 30, 2);\nawait new Promise((done) => setTimeout(done, 120));\nreturn order;",
      [1, 2, 3],
    ],
    "timers: an interval, and what is cleared": [
      "let n = 0;\nlet rang = false;\nclearTimeout(setTimeout(() => { rang = true; }, 5));\nclearTimeout(undefined);\nawait new Promise<void>((done) => { const id = setInterval(() => { n += 1; if (n === 3) { clearInterval(id); done(); } }, 5); });\nreturn [n, rang];",
      [3, false],
    ],
    "timers: microtasks come first": [
      "const order: string[] = [];\nsetTimeout(() => order.push('timer'), 0);\nqueueMicrotask(() => order.push('microtask'));\nPromise.resolve().then(() => order.push('then'));\norder.push('now');\nawait new Promise((done) => setTimeout(done, 20));\nreturn order;",
      ["now", "microtask", "then", "timer"],
    ],
    "timers: each answer has a turn of its own": [
      "const order: string[] = [];\nawait Promise.all([1, 2].map(async (n) => { await kit.slow({ ms: 30 }); order.push('answer'); await null; await null; order.push('after'); }));\nreturn order;",
      ["answer", "after", "answer", "after"],
    ],
    "crypto: digests": [
      "const hex = async (name: any) => Buffer.from(await crypto.subtle.digest(name, new TextEncoder().encode('abc'))).toString('hex').slice(0, 8);\nreturn [await hex('SHA-256'), await hex('sha-1'), await hex({ name: 'SHA-384' }), await hex('SHA-512')];",
      ["ba7816bf", "a9993e36", "cb00753f", "ddaf35a1"],
    ],
    "crypto: random values": [
      "const view = crypto.getRandomValues(new Uint32Array(4));\nconst values = Array.from({ length: 1000 }, Math.random);\nreturn [/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()), crypto.randomUUID() !== crypto.randomUUID(), new Set(view).size, values.every((v) => v >= 0 && v < 1), new Set(values).size];",
      [true, true, 4, true, 1000],
    ],
    "platform: AbortController and AbortSignal": [
      "const c = new AbortController();\nlet heard = 0;\nc.signal.addEventListener('abort', () => { heard += 1; });\nc.signal.onabort = () => { heard += 1; };\nc.abort(new Error('why'));\nconst late = AbortSignal.timeout(20);\nawait new Promise((done) => late.addEventListener('abort', done));\nreturn [heard, c.signal.reason.message, late.reason.name, AbortSignal.any([AbortSignal.abort('a')]).reason];",
      [2, "why", "TimeoutError", "a"],
    ],
    "platform: Buffer": [
      "return [Buffer.from('héllo').toString('base64'), Buffer.concat([Buffer.from([1]), Buffer.alloc(1)]).toString('hex'), Buffer.byteLength('é'), Buffer.isBuffer(Buffer.from('')), Buffer.from('-__-YQ', 'base64url').toString('hex')];",
      ["aMOpbGxv", "0100", 2, true, "fbfffe61"],
    ],
    "platform: URL and URLSearchParams": [
      "const url = new URL('../b?x=1#h', 'https://a.example/c/d');\nurl.searchParams.append('y', '2 3');\nreturn [url.href, String(new URLSearchParams({ q: 'a b' })), URL.canParse('nope'), new URL('https://BÜCHER.example/').hostname];",
      ["https://a.example/b?x=1&y=2+3#h", "q=a+b", false, "xn--bcher-kva.example"],
    ],
    "platform: structuredClone": [
      "const a: any = { d: new Date(5), m: new Map([[1, { x: 1 }]]), s: new Set([1]), e: new RangeError('x'), list: [1, , 3] };\na.self = a;\nconst b = structuredClone(a);\nlet refused = '';\ntry { structuredClone(() => 1); } catch (error) { refused = error.name; }\nreturn [b !== a, b.self === b, b.d.getTime(), b.m.get(1), b.s.has(1), b.e instanceof RangeError, 1 in b.list, refused];",
      [true, true, 5, { x: 1 }, true, true, false, "DataCloneError"],
    ],
    "platform: texts and base64": [
      "return [new TextDecoder().decode(new TextEncoder().encode('é')), btoa('abc'), atob('YWJj'), encodeURIComponent('é'), escape('é')];",
      ["é", "YWJj", "abc", "%C3%A9", "%E9"],
    ],
    "platform: Intl in other languages": [
      "return [new Intl.NumberFormat('de').format(1234.5), new Date(0).toLocaleDateString('fr', { month: 'long', timeZone: 'UTC' }), ['ä', 'a', 'z'].sort(new Intl.Collator('sv').compare).join('')];",
      ["1.234,5", "janvier", "azä"],
    ],
    "platform: path": [
      "return [path.join('a', '..', 'b', './c'), path.basename('/a/b.txt', '.txt'), path.extname('a.tar.gz'), path.resolve('/a', '../b'), path.relative('/a/b', '/a/c'), path.parse('/a/b.c').name];",
      ["b/c", "b", ".gz", "/b", "../c", "b"],
    ],
    "files: written and read, in both forms": [
      "await fs.promises.mkdir('./workspace/kept/deep', { recursive: true });\nfs.writeFileSync('./workspace/kept/a.txt', 'é');\nawait fs.promises.appendFile('workspace/kept/a.txt', Buffer.from([33]));\nconst bytes = fs.readFileSync('/workspace/kept/a.txt');\nreturn [Buffer.isBuffer(bytes), bytes.toString(), fs.readdirSync('./workspace/kept'), fs.existsSync('./workspace/none'), (await fs.promises.stat('./workspace/kept/a.txt')).size];",
      [true, "é!", ["a.txt", "deep"], false, 3],
      { isSmoke: true },
    ],
    "files: what the last program wrote is there, and nothing else of it": [
      "return [fs.readFileSync('./workspace/left.txt', 'utf8'), typeof (globalThis as any).left, ([] as any).left ?? null, ({} as any).left ?? null, Date.now() > 0, JSON.stringify({})];",
      ["left", "undefined", null, null, true, "{}"],
      {
        before:
          "fs.writeFileSync('./workspace/left.txt', 'left');\n(globalThis as any).left = 1;\n(Array.prototype as any).left = 1;\n(Object.prototype as any).left = 1;\nDate.now = () => 0;\nJSON.stringify = () => 'x';",
      },
    ],
    "files: the modules of the tools": [
      "const index = await fs.promises.readFile('./servers/kit/index.ts', 'utf8');\nreturn [fs.readdirSync('.').sort(), index.includes('getItem'), fs.readFileSync('./skills/double.ts', 'utf8').includes('double')];",
      [["servers", "skills", "workspace"], true, true],
    ],
    "what is not there says what is": [
      "const said: string[] = [];\nfor (const use of [() => (fs as any).watch('.'), () => (sluice as any).saveSkil()]) try { use(); } catch (error) { said.push(error.message); }\nreturn [/fs\\.watch is not available.*readFile/.test(said[0]), /sluice\\.saveSkil is not available.*searchTools/.test(said[1])];",
      [true, true],
    ],
  }),
  {
    area: "contract",
    name: "timers: one that throws fails the program",
    code: "setTimeout(() => { throw new Error('in a timer'); }, 1);\nawait new Promise((done) => setTimeout(done, 200));",
    expected: { error: { message: "in a timer", line: 1 } },
  },
];
