import { setMaxListeners } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { readFileSync, readdirSync } from "node:fs";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { SluiceError } from "../src/base/errors.ts";
import type { JsonObject } from "../src/base/json.ts";
import { limits } from "../src/base/limits.ts";
import { isPublicAddress } from "../src/base/public-address.ts";
import { parseHostRule } from "../src/config/hosts.ts";
import { deno } from "../src/sandbox/engines/deno.ts";
import { runExecution } from "../src/sandbox/execution.ts";
import { createDiskRoot } from "../src/sandbox/disk-root.ts";
import { createFileGate } from "../src/sandbox/file-gate.ts";
import { linkProgram, type NameSource } from "../src/sandbox/link.ts";
import type { NetworkRecord } from "../src/base/network-record.ts";
import { createNetworkGate, type NetworkGateOptions } from "../src/sandbox/network/network-gate.ts";
import { startGuest } from "../src/sandbox/start-guest.ts";
import { none } from "../src/sandbox/walls/none.ts";
import { createWatchdog } from "../src/sandbox/watchdog.ts";
import { openWorkspace } from "../src/sandbox/workspace.ts";
import { openHouse } from "./house.ts";

describe("addresses", () => {
  const closed = [
    ["this network", "0.0.0.0", "0.1.2.3"],
    ["private", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"],
    ["shared by providers", "100.64.0.1", "100.127.255.254"],
    ["loopback", "127.0.0.1", "127.1.2.3", "::1"],
    ["link-local and metadata", "169.254.169.254", "169.254.0.1", "fe80::1", "fe80::1%eth0"],
    ["metadata elsewhere", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"],
    ["multicast, reserved, broadcast", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "ff02::1"],
    [
      "documentation and benchmarks",
      "192.0.2.1",
      "198.51.100.1",
      "203.0.113.1",
      "198.18.0.1",
      "2001:db8::1",
      "3fff::1",
    ],
    ["unspecified", "::"],
    ["mapped IPv4", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:7f00:1", "::ffff:0:127.0.0.1"],
    ["compatible IPv4", "::127.0.0.1", "::8.8.8.8"],
    ["NAT64", "64:ff9b::7f00:1", "64:ff9b:1::1"],
    ["6to4", "2002:7f00:1::", "2002:0a00:0001::1"],
    ["Teredo and other assignments", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "2001:20::1"],
    ["unique local, site-local, discard", "fc00::1", "fd12:3456::1", "fec0::1", "100::1"],
    ["no address", "", "localhost", "1", "127.1", "0x7f000001", "2130706433", "[::1]", "8.8.8.8 ", "8.8.8.8\0"],
  ];
  for (const [name, ...addresses] of closed) {
    test(`${name}: closed`, () => expect(addresses.filter(isPublicAddress)).toEqual([]));
  }
  test("of the open internet: open", () => {
    const open = [
      "1.1.1.1",
      "8.8.8.8",
      "93.184.215.14",
      "100.63.255.255",
      "172.32.0.1",
      "2606:4700::1111",
      "2a00:1450::1",
    ];
    expect(open.filter(isPublicAddress)).toEqual(open);
  });
  test("IPv4 inside IPv6 is never open, whatever it is", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(isPublicAddress(`::ffff:${address}`)).toBe(false);
        expect(isPublicAddress(`64:ff9b::${address}`)).toBe(false);
        expect(isPublicAddress(`::${address}`)).toBe(false);
      }),
    );
  });
});

describe("hosts of the config", () => {
  test.each([
    ["api.example.com", { host: "api.example.com", anyBelow: false }],
    ["API.Example.COM.", { host: "api.example.com", anyBelow: false }],
    ["*.example.org:8443", { host: "example.org", anyBelow: true, port: 8443 }],
    ["bücher.example", { host: "xn--bcher-kva.example", anyBelow: false }],
    ["example.com:80", { host: "example.com", anyBelow: false, port: 80 }],
    ["[2606:4700::1111]:443", { host: "[2606:4700::1111]", anyBelow: false, port: 443 }],
    ["8.8.8.8", { host: "8.8.8.8", anyBelow: false }],
  ])("%s", (text, rule) => expect(parseHostRule(text)).toEqual(rule));
  test.each([
    "",
    "*",
    "*.*",
    "a.*.com",
    "*.com",
    "https://example.com",
    "example.com/path",
    "user@example.com",
    "example.com?",
    "a b",
    "localhost",
    "x.localhost",
    "127.0.0.1",
    "10.0.0.1",
    "[::1]",
    "0x7f.1",
    "2130706433",
    "example.com:0",
    "example.com:99999",
    "*.8.8.8.8",
    "169.254.169.254",
    "x".repeat(2_000),
    "%65xample.com",
  ])("%j is refused", (text) => expect(parseHostRule(text)).toEqual({ problem: expect.any(String) as string }));
});

/** What the loopback server was asked. */
interface Asked {
  host: string;
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

let server: ReturnType<typeof createServer>;
let port: number;
let asked: Asked[];
let records: NetworkRecord[];
let answer: (request: Asked, response: ServerResponse) => void;

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const { headers, method = "", url: path = "" } = request;
      const one = { host: headers.host ?? "", method, path, headers, body };
      asked.push(one);
      answer(one, response);
    });
    request.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  asked = [];
  records = [];
  answer = (_, response) => response.end("hello");
});
afterEach(() => server.closeAllConnections());

/** A gate to the loopback server under the names `a.test`, `b.test` and `*.c.test`; everything else leads to 10.0.0.1. */
function gate(more: Partial<NetworkGateOptions["network"]> = {}, options: Partial<NetworkGateOptions> = {}) {
  return createNetworkGate({
    network: {
      allow: [
        { host: "a.test", anyBelow: false, port },
        { host: "b.test", anyBelow: false, port },
        { host: "c.test", anyBelow: true, port },
        { host: "inside.test", anyBelow: false, port },
        { host: "both.test", anyBelow: false, port },
        { host: "usual.test", anyBelow: false },
      ],
      methods: ["GET", "HEAD", "POST", "PUT"],
      bytesMax: 1_000_000,
      timeoutMs: 2_000,
      requestsMax: 50,
      ...more,
    },
    record: (record) => records.push(record),
    resolver: async (host) => {
      if (host === "inside.test") return [{ address: "10.0.0.1", family: 4 }];
      if (host === "both.test")
        return [
          { address: "127.0.0.1", family: 4 },
          { address: "10.0.0.1", family: 4 },
        ];
      if (host === "gone.test") throw Object.assign(new Error("queryA"), { code: "ENOTFOUND" });
      return [{ address: "127.0.0.1", family: 4 }];
    },
    isOpenAddress: (address) => address === "127.0.0.1",
    ...options,
  });
}

const never = new AbortController().signal;
setMaxListeners(0, never);

async function get(
  path: string,
  args: JsonObject = {},
  through = gate(),
): Promise<{ status: number; text: string } & JsonObject> {
  const url = path.includes("://") ? path : `http://a.test:${port}${path}`;
  let part = (await through.fetch({ url, ...args }, never)) as JsonObject;
  const head = part;
  const pieces = [part];
  while (part["rest"] !== undefined) {
    part = through.fetchRest({ id: part["rest"] }) as JsonObject;
    pieces.push(part);
  }
  const text = Buffer.concat(pieces.map(({ base64 }) => Buffer.from(base64 as string, "base64"))).toString();
  return { ...head, status: head["status"] as number, text };
}

/** The code of what is refused. */
async function refused(act: Promise<unknown>): Promise<string> {
  try {
    await act;
  } catch (error) {
    expect(error).toBeInstanceOf(SluiceError);
    return (error as SluiceError).code;
  }
  return "not refused";
}

describe("one request", () => {
  test("reaches the host under its name, on the checked address", async () => {
    expect(await get("/x?y=1")).toMatchObject({
      status: 200,
      text: "hello",
      url: `http://a.test:${port}/x?y=1`,
      redirected: false,
    });
    expect(asked).toMatchObject([{ host: `a.test:${port}`, method: "GET", path: "/x?y=1" }]);
    expect(asked[0]?.headers).not.toHaveProperty("authorization");
  });
  test("sends method, headers and body", async () => {
    await get("/", {
      method: "post",
      headers: [
        ["Content-Type", "application/json"],
        ["X-Own", "1"],
      ],
      text: '{"é":1}',
    });
    expect(asked).toMatchObject([
      {
        method: "POST",
        body: '{"é":1}',
        headers: { "content-type": "application/json", "x-own": "1", "content-length": "8" },
      },
    ]);
    await get("/", { method: "PUT", base64: Buffer.from("bytes").toString("base64") });
    expect(asked[1]).toMatchObject({ method: "PUT", body: "bytes" });
  });
  test("is on record before it leaves, with its path as a hash", async () => {
    answer = (_, response) => {
      expect(records.at(-1)).toMatchObject({ kind: "network-request", method: "POST", host: "a.test", port, bytes: 3 });
      response.end("hello");
    };
    await get("/secret-path", { method: "POST", text: "abc" });
    expect(records).toMatchObject([
      { kind: "network-request", requestId: 1, pathSha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      { kind: "network-response", requestId: 1, host: "a.test", status: 200, bytes: 5 },
    ]);
    expect(JSON.stringify(records)).not.toContain("secret-path");
  });
  test("is not sent when it cannot be recorded", async () => {
    const record = (): void => {
      throw new SluiceError("audit_unavailable", "full");
    };
    expect(await refused(get("/", {}, gate({}, { record })))).toBe("audit_unavailable");
    expect(asked).toEqual([]);
  });
  test("of names below an allowed domain", async () => {
    expect((await get(`http://x.y.c.test:${port}/`)).status).toBe(200);
    expect((await get(`http://X.C.TEST.:${port}/`)).status).toBe(200);
    expect(asked.map(({ host }) => host)).toEqual([`x.y.c.test:${port}`, `x.c.test:${port}`]);
  });
});

describe("refused before anything leaves:", () => {
  const cases: Record<string, [url: string, code: string]> = {
    "a host that is not named": ["http://other.test:PORT/", "network_denied"],
    "the domain itself of *.": ["http://c.test:PORT/", "network_denied"],
    "a name that only ends like it": ["http://evilc.test:PORT/", "network_denied"],
    "a name that only begins like it": ["http://a.test.evil.test:PORT/", "network_denied"],
    "another port": ["http://a.test:1/", "network_denied"],
    "the usual port, where one is named": ["http://a.test/", "network_denied"],
    "a port, where none is named": ["http://usual.test:PORT/", "network_denied"],
    "a name in full-width letters that is another": ["http://ｏther.test:PORT/", "network_denied"],
    loopback: ["http://127.0.0.1:PORT/", "network_denied"],
    "loopback as a number": ["http://2130706433:PORT/", "network_denied"],
    "loopback as IPv6": ["http://[::1]:PORT/", "network_denied"],
    "user and password": ["http://user:pw@a.test:PORT/", "network_invalid"],
    "a host hidden behind a user": ["http://a.test:PORT@other.test:PORT/", "network_invalid"],
    "a file": ["file:///etc/passwd", "network_invalid"],
    data: ["data:text/plain,x", "network_invalid"],
    "a websocket": ["ws://a.test:PORT/", "network_invalid"],
    "no URL": ["http://", "network_invalid"],
    "a long URL": [`http://a.test:PORT/${"x".repeat(9_000)}`, "network_invalid"],
    "a name that leads inside": ["http://inside.test:PORT/", "network_denied"],
    "a name that leads inside too": ["http://both.test:PORT/", "network_denied"],
  };
  for (const [name, [url, code]] of Object.entries(cases)) {
    test(name, async () => {
      expect(await refused(get(url.replaceAll("PORT", String(port))))).toBe(code);
      expect(asked).toEqual([]);
      expect(records.at(-1)).toMatchObject({ code });
    });
  }
  const headers: Record<string, [string, string]> = {
    "a line break in a header": ["x", "1\r\nhost: other.test"],
    "a name with a space": ["x y", "1"],
    host: ["Host", "other.test"],
    "content-length": ["content-length", "0"],
    "transfer-encoding": ["Transfer-Encoding", "chunked"],
    "proxy-authorization": ["Proxy-Authorization", "x"],
    "a header that is too long": ["x", "1".repeat(20_000)],
  };
  for (const [name, header] of Object.entries(headers)) {
    test(`header: ${name}`, async () => {
      expect(await refused(get("/", { headers: [header] }))).toBe("network_invalid");
      expect(asked).toEqual([]);
    });
  }
  test("methods that are not allowed, or hold more than a method", async () => {
    for (const method of ["DELETE", "CONNECT", "TRACE", "GET / HTTP/1.1\r\nx: y", "__proto__"])
      expect(await refused(get("/", { method }))).toBe("network_denied");
    expect(await refused(get("/", { method: "GET", text: "body" }))).toBe("network_invalid");
    expect(asked).toEqual([]);
  });
  test("frames that no runner sends", async () => {
    for (const args of [
      { url: 1 },
      { headers: "x" },
      { headers: [["a"]] },
      { headers: [[1, 2]] },
      { headers: { a: "b" } },
    ] as JsonObject[])
      expect(await refused(get("/", args))).toBe("network_invalid");
    expect(() => gate().fetchRest({ id: 1 })).toThrow("no such response");
    expect(() => gate().fetchRest({ id: "__proto__" })).toThrow("no such response");
  });
});

describe("the name is resolved once", () => {
  test("and the connection goes to what was checked, whatever the name says next", async () => {
    let lookups = 0;
    const resolver = async () => {
      lookups += 1;
      return [{ address: lookups === 1 ? "127.0.0.1" : "10.0.0.1", family: 4 }];
    };
    expect((await get("/", {}, gate({}, { resolver }))).status).toBe(200);
    expect(lookups).toBe(1);
  });
  test("and a name that does not exist is an error that says so", async () => {
    const resolver = (): Promise<never> => Promise.reject(Object.assign(new Error("x"), { code: "ENOTFOUND" }));
    await expect(get("/", {}, gate({}, { resolver }))).rejects.toThrow("could not be resolved (ENOTFOUND)");
    expect(await refused(get("/", {}, gate({}, { resolver: async () => [] })))).toBe("network_error");
  });
  test("and a lookup that never ends ends with its time", async () => {
    const slow = gate({ timeoutMs: 100 }, { resolver: () => new Promise(() => undefined) });
    expect(await refused(get("/", {}, slow))).toBe("networkMs");
  });
});

describe("redirects", () => {
  const redirectTo = (location: string, status = 302): void => {
    answer = ({ path }, response) =>
      path === "/from" ? response.writeHead(status, { location }).end("moved") : response.end("there");
  };
  test("are followed, also relative ones", async () => {
    redirectTo("/to#part");
    expect(await get("/from")).toMatchObject({
      status: 200,
      text: "there",
      url: `http://a.test:${port}/to`,
      redirected: true,
    });
    expect(records.map(({ kind, requestId }) => [kind, requestId])).toEqual([
      ["network-request", 1],
      ["network-response", 1],
      ["network-request", 2],
      ["network-response", 2],
    ]);
  });
  test.each([
    "http://other.test/",
    "http://127.0.0.1:1/",
    "http://169.254.169.254/latest/meta-data",
    "http://inside.test:PORT/",
    "file:///etc/passwd",
    "http://u:p@a.test:PORT/",
  ])("to %s are checked again", async (location) => {
    redirectTo(location.replace("PORT", String(port)));
    expect(await refused(get("/from"))).toMatch(/network_(denied|invalid)/);
    expect(asked).toHaveLength(1);
  });
  test("take no credentials to another host", async () => {
    redirectTo(`http://b.test:${port}/to`, 307);
    const headers = [
      ["authorization", "Bearer x"],
      ["cookie", "a=b"],
      ["x-api-key", "k"],
      ["accept", "text/plain"],
    ];
    await get("/from", { headers, method: "POST", text: "body" });
    expect(asked[1]).toMatchObject({
      host: `b.test:${port}`,
      method: "POST",
      body: "body",
      headers: { accept: "text/plain" },
    });
    expect(Object.keys(asked[1]?.headers ?? {})).not.toEqual(expect.arrayContaining(["authorization"]));
    for (const name of ["authorization", "cookie", "x-api-key"]) expect(asked[1]?.headers).not.toHaveProperty(name);
  });
  test("keep them on the same one", async () => {
    redirectTo("/to");
    await get("/from", { headers: [["authorization", "Bearer x"]] });
    expect(asked[1]?.headers).toHaveProperty("authorization", "Bearer x");
  });
  test("turn POST into GET as browsers do", async () => {
    for (const [status, method] of [
      [301, "GET"],
      [302, "GET"],
      [303, "GET"],
      [307, "POST"],
      [308, "POST"],
    ] as const) {
      asked = [];
      redirectTo("/to", status);
      await get("/from", { method: "POST", text: "body" });
      expect(asked[1]).toMatchObject({ method, body: method === "GET" ? "" : "body" });
    }
  });
  test("without end are ended", async () => {
    answer = (_, response) => response.writeHead(302, { location: "/again" }).end();
    expect(await refused(get("/"))).toBe("network_error");
    expect(asked).toHaveLength(limits.networkRedirectsMax + 1);
  });
  test("are shown or refused if asked for", async () => {
    redirectTo("/to");
    expect(await get("/from", { redirect: "manual" })).toMatchObject({ status: 302, text: "moved" });
    expect(await refused(get("/from", { redirect: "error" }))).toBe("network_error");
    expect(asked.every(({ path }) => path === "/from")).toBe(true);
  });
});

describe("bounds", () => {
  test("of a response, also one without a length", async () => {
    answer = (_, response) => {
      response.write("x".repeat(600_000));
      response.end("x".repeat(600_000));
    };
    expect(await refused(get("/"))).toBe("networkBytesMax");
    expect(await get("/", {}, gate({ bytesMax: 1_200_000 }))).toMatchObject({ text: "x".repeat(1_200_000) });
  });
  test("of a response that never ends", async () => {
    answer = (_, response) => {
      const more = (): unknown => response.writable && response.write("x".repeat(65_536), more);
      more();
    };
    expect(await refused(get("/"))).toBe("networkBytesMax");
  });
  test.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
  ] as const)("of what %s unpacks to", async (encoding, pack) => {
    const small = pack(Buffer.from("hällo"));
    const bomb = pack(Buffer.alloc(8_000_000));
    answer = ({ path }, response) =>
      response.writeHead(200, { "content-encoding": encoding }).end(path === "/bomb" ? bomb : small);
    expect(await get("/")).toMatchObject({ text: "hällo" });
    expect(await refused(get("/bomb"))).toBe("networkBytesMax");
  });
  test("of layers of compression, and of broken ones", async () => {
    answer = (_, response) =>
      response.writeHead(200, { "content-encoding": "gzip, gzip" }).end(gzipSync(gzipSync("x")));
    expect(await refused(get("/"))).toBe("network_error");
    answer = (_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end("no gzip");
    expect(await refused(get("/"))).toBe("network_error");
  });
  test("of a request's body", async () => {
    expect(await refused(get("/", { method: "POST", text: "x".repeat(1_000_001) }))).toBe("networkBytesMax");
    expect(asked).toEqual([]);
  });
  test("of headers that come back", async () => {
    answer = (_, response) => response.writeHead(200, { x: "1".repeat(30_000) }).end();
    expect(await refused(get("/"))).toBe("network_error");
  });
  test("of time: no answer, and an answer that trickles", async () => {
    answer = () => undefined;
    const started = performance.now();
    expect(await refused(get("/", {}, gate({ timeoutMs: 150 })))).toBe("networkMs");
    answer = (_, response) => void setInterval(() => response.write("x"), 20).unref();
    expect(await refused(get("/", {}, gate({ timeoutMs: 150 })))).toBe("networkMs");
    expect(records.at(-1)).toMatchObject({ kind: "network-response", code: "networkMs" });
    expect(performance.now() - started).toBeLessThan(3_000);
  });
  test("of requests of one execution, redirects included", async () => {
    const few = gate({ requestsMax: 2 });
    await get("/", {}, few);
    await get("/", {}, few);
    expect(await refused(get("/", {}, few))).toBe("networkRequestsMax");
    expect(asked).toHaveLength(2);
    // What is over it is on record once: a program may ask a million times.
    const before = records.length;
    for (let n = 0; n < 3; n += 1) await refused(get("/", {}, few));
    expect(records.filter((one) => "code" in one && one.code === "networkRequestsMax")).toHaveLength(1);
    expect(records.length - before).toBeLessThanOrEqual(1);
  });
  test("of requests at once: the others wait, and their time starts with them", async () => {
    let open = 0;
    let most = 0;
    answer = (_, response) => {
      most = Math.max(most, (open += 1));
      setTimeout(() => {
        open -= 1;
        response.end("x");
      }, 60);
    };
    const through = gate({ timeoutMs: 1_000 });
    const all = await Promise.all(Array.from({ length: 20 }, () => get("/", {}, through)));
    expect(all.every(({ status }) => status === 200)).toBe(true);
    expect(most).toBe(limits.networkInFlightMax);
  });
  test("of responses that nobody takes", async () => {
    answer = (_, response) => response.end(Buffer.alloc(30_000_000));
    const through = gate({ bytesMax: 60_000_000 });
    const url = `http://a.test:${port}/`;
    for (let n = 0; n < 4; n += 1) await through.fetch({ url }, never);
    expect(await refused(through.fetch({ url }, never))).toBe("networkHeldBytesMax");
    // What was taken makes room.
    let part: JsonObject = { rest: 1 };
    while (part["rest"] !== undefined) part = through.fetchRest({ id: 1 }) as JsonObject;
    expect(await through.fetch({ url }, never)).toMatchObject({ status: 200 });
  });
  test("the host does not stall over a large response", async () => {
    answer = (_, response) => response.end(Buffer.alloc(30_000_000, "x"));
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    await gate({ bytesMax: 60_000_000 }).fetch({ url: `http://a.test:${port}/` }, never);
    delay.disable();
    expect(delay.max / 1e6).toBeLessThan(250);
  });
});

test("a cancelled request is gone", async () => {
  answer = () => undefined;
  const stop = new AbortController();
  const waits = gate().fetch({ url: `http://a.test:${port}/` }, stop.signal);
  setTimeout(() => stop.abort(), 600);
  expect(await refused(waits)).toBe("cancelled");
  await new Promise((resolve) => setTimeout(resolve, 50));
  const open = await new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
  expect(open).toBe(0);
});

describe("fetch in a program", () => {
  let folder: string;
  const nothing: NameSource = {
    resolveImport: () => Promise.resolve({ kind: "builtin", name: "path" }),
    serverByIdentifier: () => undefined,
    server: () => undefined,
    allServers: () => [],
    readSkill: () => Promise.resolve(""),
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-network-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function run(code: string) {
    using watchdog = createWatchdog();
    const guest = await startGuest(deno, none, { memoryMb: 256 });
    await guest.ready;
    const source = code.replaceAll("PORT", String(port));
    return await runExecution({
      guest,
      program: await linkProgram(source, nothing),
      source,
      host: {
        invokeTool: () => Promise.resolve({ json: "1" }),
        search: () => Promise.resolve({}),
        describe: () => Promise.resolve({}),
        importAtRunTime: () => Promise.resolve({ kind: "servers" }),
        onProgress: () => undefined,
        onLog: () => undefined,
      },
      files: createFileGate({
        modules: { list: () => undefined, read: () => undefined },
        skills: createDiskRoot(folder),
        workspace: await openWorkspace(join(folder, "workspace"), limits),
        writable: true,
        limits,
      }),
      network: gate({ bytesMax: 5_000_000 }),
      limits: { ...limits, timeoutMs: 10_000 },
      watchdog,
      signal: never,
    });
  }

  test("gives what programs expect of a response", async () => {
    answer = ({ method, body, headers }, response) =>
      response
        .writeHead(201, "Made", { "content-type": "application/json", "set-cookie": ["a=1", "b=2"] })
        .end(JSON.stringify({ method, body, type: headers["content-type"], own: headers["x-own"] }));
    const end = await run(`
      const response = await fetch(new URL("http://a.test:PORT/x"), {
        method: "POST", headers: { "X-Own": "1" }, body: new URLSearchParams({ q: "é" }) });
      const copy = response.clone();
      const seen = [];
      response.headers.forEach((value, name) => seen.push(name));
      const again = await response.json();
      return [response.ok, response.status, response.statusText, response.url, response.redirected, response.bodyUsed,
        response.headers.get("Content-Type"), response.headers.has("nothing"), response.headers.getSetCookie(), seen.includes("content-type"),
        Object.fromEntries(response.headers)["set-cookie"], again, (await copy.text()).length > 10,
        await response.text().catch((error) => error.message), copy instanceof Object];`);
    expect(end.error).toBeUndefined();
    expect(end.value).toEqual([
      true,
      201,
      "Made",
      `http://a.test:${port}/x`,
      false,
      true,
      "application/json",
      false,
      ["a=1", "b=2"],
      true,
      "a=1, b=2",
      { method: "POST", body: "q=%C3%A9", type: "application/x-www-form-urlencoded;charset=UTF-8", own: "1" },
      true,
      "The body was read before: keep what the first reading gave",
      true,
    ]);
  });
  test("carries bytes both ways, also in several pieces", async () => {
    const bytes = Buffer.from(Array.from({ length: 700_000 }, (_, n) => n % 256));
    answer = (_, response) => response.end(bytes);
    const end = await run(`
      const data = await (await fetch("http://a.test:PORT/")).bytes();
      const buffer = await (await fetch("http://a.test:PORT/", { method: "POST", body: new Uint8Array([1, 2]) })).arrayBuffer();
      return [data.length, data.every((byte, at) => byte === at % 256), buffer.byteLength];`);
    expect(end).toMatchObject({ status: "completed", value: [700_000, true, 700_000] });
  });
  test("throws a TypeError with the code, at the program's own line", async () => {
    const end = await run(`
      const codes = [];
      for (const url of ["http://other.test/", "nothing", "http://inside.test:PORT/"])
        await fetch(url).catch((error) => codes.push(error instanceof TypeError, error.code));
      console.log(codes.join());
      await fetch("http://other.test/");`);
    expect(end.logs[0]?.text).toBe("true,network_denied,true,network_invalid,true,network_denied");
    expect(end).toMatchObject({
      status: "failed",
      error: {
        code: "network_denied",
        message: expect.stringContaining('"other.test" is not in sandbox.network.allow') as string,
        place: { line: 6 },
      },
    });
  });
  test("ends with its signal, and the program goes on", async () => {
    answer = ({ path }, response) => (path === "/never" ? undefined : response.end("later"));
    const end = await run(`
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 600);
      const names = [];
      await fetch("http://a.test:PORT/never", { signal: stop.signal }).catch((error) => names.push(error.name));
      await fetch("http://a.test:PORT/never", { signal: AbortSignal.timeout(600) }).catch((error) => names.push(error.name));
      await fetch("http://a.test:PORT/", { signal: stop.signal }).catch((error) => names.push(error.name));
      return [...names, await (await fetch("http://a.test:PORT/")).text()];`);
    expect(end).toMatchObject({ status: "completed", value: ["AbortError", "TimeoutError", "AbortError", "later"] });
    expect(asked).toHaveLength(3);
  });
  test("without await is waited for, with a warning", async () => {
    const end = await run(`fetch("http://a.test:PORT/", { method: "POST", body: "x" });\nreturn 1`);
    expect(end).toMatchObject({ status: "completed", value: 1, warnings: [{ code: "unawaited_call", line: 1 }] });
    expect(asked).toHaveLength(1);
  });
  test("says what a response does not have", async () => {
    const end = await run(
      `const response = await fetch("http://a.test:PORT/");\nconsole.log(response);\nreturn response.body.getReader()`,
    );
    expect(end.error?.message).toContain("response.body is not available");
  });
});

test("through a config, nothing inside is ever reached, and the audit says what was tried", async () => {
  await using house = await openHouse({
    mcpServers: {},
    sandbox: { guestsWarm: 0, network: { allow: [`localtest.me:${port}`, "*.example.com"] } },
  });
  const outcome = await house.run(`
    const codes = [];
    for (const url of ["http://127.0.0.1:${port}/", "http://localhost:${port}/", "http://[::1]:${port}/", "http://169.254.169.254/", "http://0/"])
      await fetch(url).catch((error) => codes.push(error.code));
    return codes;`);
  expect(outcome).toMatchObject({ status: "completed", result: Array.from({ length: 5 }, () => "network_denied") });
  expect(asked).toEqual([]);
  const folder = join(house.stateDir, "audit");
  const lines = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), "utf8").trim().split("\n"));
  expect(lines.filter((line) => line.includes('"kind":"network-refused"'))).toHaveLength(5);
});
