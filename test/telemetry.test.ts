import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTelemetry, readExporters } from "../src/runtime/telemetry.ts";
import { openHouse } from "./house.ts";

// A collector that understands OTLP over HTTP with JSON, as the OpenTelemetry specification has it.

interface Span {
  name: string;
  kind: number;
  spanId: string;
  parentSpanId?: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  status?: { code?: number };
}

interface Traces {
  resourceSpans: { resource: { attributes: Span["attributes"] }; scopeSpans: { spans: Span[] }[] }[];
}

interface Metrics {
  resourceMetrics: {
    scopeMetrics: { metrics: { name: string; unit: string; histogram: { dataPoints: object[] } }[] }[];
  }[];
}

let received: { path: string; body: unknown }[];
let endpoint: string;
let server: ReturnType<typeof createServer>;
const before = { ...process.env };

beforeEach(async () => {
  received = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({ path: request.url ?? "", body: JSON.parse(Buffer.concat(chunks).toString()) });
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith("OTEL_")) delete process.env[name];
  Object.assign(process.env, before);
  server.close();
});

const valueOf = (span: Span, key: string): unknown => {
  const found = span.attributes.find((attribute) => attribute.key === key);
  return found === undefined ? undefined : Object.values(found.value)[0];
};

test("an execution, its calls and their tries are spans; calls have durations; nothing of their content is there", async () => {
  process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint;
  process.env["OTEL_SERVICE_NAME"] = "my-agent";
  {
    await using house = await openHouse();
    await house.run('await zoo.echo({ secret: "hush" }); await zoo.fails({}).catch(() => 0); return "quiet"');
  }
  const bodies = (path: string): unknown[] => received.filter((one) => one.path === path).map(({ body }) => body);
  const traces = (bodies("/v1/traces") as Traces[]).flatMap(({ resourceSpans }) => resourceSpans);
  expect(traces[0]?.resource.attributes).toContainEqual({ key: "service.name", value: { stringValue: "my-agent" } });
  const spans = traces.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  const execution = spans.find(({ name }) => name === "execute_tool execute_code");
  const calls = spans.filter(({ parentSpanId }) => parentSpanId === execution?.spanId);
  expect(calls.map(({ name }) => name).sort()).toEqual(["execute_tool zoo.echo", "execute_tool zoo.fails"]);
  for (const call of calls) {
    const [attempt, ...more] = spans.filter(({ parentSpanId }) => parentSpanId === call.spanId);
    expect([more.length, attempt?.kind, valueOf(attempt as Span, "mcp.method.name")]).toEqual([0, 3, "tools/call"]);
  }
  const failed = calls.find(({ name }) => name.endsWith("fails")) as Span;
  expect([failed.status?.code, valueOf(failed, "error.type")]).toEqual([2, "tool_error"]);
  expect(valueOf(execution as Span, "sluice.status")).toBe("completed");
  const metric = (bodies("/v1/metrics") as Metrics[])[0]?.resourceMetrics[0]?.scopeMetrics[0]?.metrics[0];
  expect(metric).toMatchObject({ name: "mcp.client.operation.duration", unit: "s" });
  expect(metric?.histogram.dataPoints).toHaveLength(2);
  expect(JSON.stringify(received)).not.toContain("hush");
  expect(JSON.stringify(received)).not.toContain("quiet");
});

test("a try has its own time and the code of its own error", () => {
  const recorded: [number, object][] = [];
  const ended: (string | undefined)[] = [];
  const telemetry = createTelemetry({
    start: () => ({}),
    end: (_, __, error) => void ended.push(error),
    record: (seconds, attributes) => void recorded.push([seconds, attributes]),
    close: () => Promise.resolve(),
  });
  const about = { executionId: "e", callId: 1, tool: "f.ro" };
  const ends = [
    { ok: false, code: "upstream_disconnected", durationMs: 250 },
    { ok: true, durationMs: 1_500 },
  ] as const;
  for (const end of ends) {
    telemetry.hear({ kind: "tool-call-started", ...about });
    telemetry.hear({ kind: "tool-call-ended", ...about, ...end });
  }
  expect(ended).toEqual(["upstream_disconnected", undefined]);
  const attributes = { "mcp.method.name": "tools/call", "gen_ai.tool.name": "ro", "sluice.tool": "f.ro" };
  expect(recorded).toEqual([
    [0.25, { ...attributes, "error.type": "upstream_disconnected" }],
    [1.5, attributes],
  ]);
});

test("without an exporter nothing is loaded or sent", async () => {
  await using house = await openHouse();
  await house.run("return await zoo.echo({})");
  expect(received).toEqual([]);
});

test.each([
  [{}, false, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://x" }, true, true],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://x" }, true, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://x", OTEL_METRICS_EXPORTER: "none" }, true, false],
  [{ OTEL_TRACES_EXPORTER: "otlp" }, true, false],
  [{ OTEL_TRACES_EXPORTER: "console" }, false, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://x", OTEL_SDK_DISABLED: "true" }, false, false],
])("what the variables %j ask for", (env, traces, metrics) => {
  expect(readExporters(env)).toEqual({ traces, metrics });
});
