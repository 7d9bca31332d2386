import type { JsonObject } from "../../base/json.ts";
import type { ConformanceCase } from "../conformance-case.ts";

/** One host may be reached; nothing answers for it, and no case asks its name of anybody. */
export const ALLOWED: JsonObject = { network: { allow: ["allowed.example", "*.below.example:8443"] } };

/** Asks for each URL; the code of each refusal. */
const ask = (urls: readonly string[], more = "{}"): string =>
  `const codes: string[] = [];\nfor (const url of ${JSON.stringify(urls)}) await fetch(url, ${more}).then((response) => codes.push("answered " + response.status), (error) => codes.push(error.code ?? error.message));\nreturn codes;`;

const refused = (
  name: string,
  urls: readonly string[],
  code: string,
  more: Partial<ConformanceCase> = {},
): ConformanceCase => ({
  area: "network",
  name,
  code: ask(urls),
  expected: { result: urls.map(() => code) },
  ...more,
});

/** The machine itself, in every spelling; a server listens there. */
const LOOPBACK = [
  "http://127.0.0.1:@PORT@/",
  "http://localhost:@PORT@/",
  "http://LOCALHOST.:@PORT@/",
  "http://127.1:@PORT@/",
  "http://2130706433:@PORT@/",
  "http://0x7f000001:@PORT@/",
  "http://0177.0.0.1:@PORT@/",
  "http://127.0.0.1.:@PORT@/",
  "http://①②⑦.0.0.1:@PORT@/",
  "http://127。0。0。1:@PORT@/",
  "http://[::1]:@PORT@/",
  "http://[::ffff:127.0.0.1]:@PORT@/",
  "http://[::ffff:7f00:1]:@PORT@/",
  "http://[64:ff9b::7f00:1]:@PORT@/",
  "http://0.0.0.0:@PORT@/",
  "http://0:@PORT@/",
  "http://[::]:@PORT@/",
];

const INSIDE = [
  "http://169.254.169.254/latest/meta-data/",
  "http://metadata.google.internal/computeMetadata/v1/",
  "http://[fd00:ec2::254]/",
  "http://100.100.100.200/",
  "http://10.0.0.1/",
  "http://172.16.0.1/",
  "http://192.168.1.1/",
  "http://[fe80::1]/",
  "http://[fc00::1]/",
  "http://[::ffff:169.254.169.254]/",
];

export const networkCases: readonly ConformanceCase[] = [
  {
    area: "network",
    name: "none: fetch says so, and what to do",
    code: "await fetch('https://example.com/');",
    expected: { error: { message: /no network/, hint: /tool/, line: 1 } },
    isSmoke: true,
  },
  {
    area: "network",
    name: "none: the machine itself is not there",
    code: `const answered: string[] = [];\nfor (const url of ${JSON.stringify(LOOPBACK)}) await fetch(url).then(() => answered.push(url), () => 0);\nreturn answered;`,
    expected: { result: [] },
  },
  {
    area: "network",
    name: "none: nothing else of the platform connects",
    code: "const there: string[] = [];\nfor (const name of ['WebSocket', 'EventSource', 'XMLHttpRequest', 'WebTransport', 'Request', 'navigator', 'Deno', 'process', 'RTCPeerConnection', 'Image', 'importScripts']) if (typeof (globalThis as any)[name] !== 'undefined') there.push(name);\nfor (const name of ['net', 'tls', 'http', 'https', 'http2', 'dgram', 'dns', 'undici', 'node:net', 'node:dns']) await import(name).then(() => there.push(name), () => 0);\nreturn there;",
    expected: { result: [] },
  },
  refused("allowed: the machine itself is refused, in every spelling", LOOPBACK, "network_denied", {
    sandbox: ALLOWED,
  }),
  refused("allowed: what is inside, and metadata, is refused", INSIDE, "network_denied", { sandbox: ALLOWED }),
  refused(
    "allowed: other names and ports are refused",
    [
      "https://other.example/",
      "https://allowed.example.other.example/",
      "https://notallowed.example/",
      "https://sub.allowed.example/",
      "https://allowed.example:8080/",
      "http://allowed.example:22/",
      "https://below.example:8443/",
      "https://a.below.example/",
      "https://a.below.example:443/",
      "https://allowed.example%2eother.example/",
      "https://allowed.examplе/",
    ],
    "network_denied",
    { sandbox: ALLOWED },
  ),
  refused(
    "allowed: what is no URL of the web is refused",
    [
      "file://@OUTSIDE@",
      "ftp://allowed.example/",
      "data:text/plain,x",
      "blob:https://allowed.example/x",
      "javascript:1",
      "gopher://allowed.example/",
      "ws://allowed.example/",
      "https://user:secret@allowed.example/",
      "https://user@allowed.example/",
      "//allowed.example/",
      "https://",
      "not a url",
      "",
    ],
    "network_invalid",
    { sandbox: ALLOWED },
  ),
  {
    area: "network",
    name: "allowed: methods, headers and bodies have bounds",
    code: "const url = 'https://allowed.example/';\nconst codes: string[] = [];\nfor (const init of [{ method: 'TRACE' }, { method: 'CONNECT' }, { method: 'GET\\r\\nHost: x' }, { headers: { 'a\\r\\nb': 'c' } }, { headers: { a: 'b\\r\\nc: d' } }, { headers: Object.fromEntries(Array.from({ length: 100 }, (_, n) => ['h' + n, 'x'])) }, { headers: { a: 'x'.repeat(20_000) } }] as any[]) await fetch(url, init).then(() => codes.push('answered'), (error) => codes.push(/^network_(denied|invalid)$/.test(error.code) ? 'refused' : String(error.code ?? error.message)));\nawait fetch(url + 'x'.repeat(10_000)).catch((error) => codes.push(error.code));\nreturn codes;",
    expected: {
      result: ["refused", "refused", "refused", "refused", "refused", "refused", "refused", "network_invalid"],
    },
    sandbox: ALLOWED,
  },
  {
    area: "network",
    name: "allowed: what is not a text is read once",
    code: "let reads = 0;\nconst url: any = { toString() { reads += 1; return reads > 1 ? 'http://127.0.0.1:@PORT@/' : 'http://other.example/'; } };\nconst code = await fetch(url).then(() => 'answered', (error) => error.code);\nreturn [code, reads];",
    expected: { result: ["network_denied", 1] },
    sandbox: ALLOWED,
  },
];
