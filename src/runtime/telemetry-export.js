// The OpenTelemetry SDK with its OTLP exporter. The build puts what is used of it into one file: installed, its packages
// have 55 MB.
import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";

/** @typedef {import("./telemetry.ts").TelemetryExport} TelemetryExport */

/**
 * Starts exporting to where the standard `OTEL_*` variables say.
 * @param {{ version: string, traces: boolean, metrics: boolean }} options
 * @returns {TelemetryExport}
 */
export function startExport({ version, traces, metrics }) {
  const resource = defaultResource()
    .merge(resourceFromAttributes({ "service.name": "sluice", "service.version": version }))
    .merge(detectResources({ detectors: [envDetector] }));
  const tracers = new BasicTracerProvider({
    resource,
    spanProcessors: traces ? [new BatchSpanProcessor(new OTLPTraceExporter())] : [],
  });
  const exportIntervalMillis = Number(process.env["OTEL_METRIC_EXPORT_INTERVAL"] ?? 60_000);
  const meters = new MeterProvider({
    resource,
    readers: metrics
      ? [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter(), exportIntervalMillis })]
      : [],
  });
  const tracer = tracers.getTracer("sluice", version);
  const duration = meters.getMeter("sluice", version).createHistogram("mcp.client.operation.duration", {
    unit: "s",
    description: "How long a tool call took",
    advice: { explicitBucketBoundaries: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] },
  });
  return {
    start(name, attributes, { parent, isClient = false } = {}) {
      const within =
        parent === undefined ? context.active() : trace.setSpan(context.active(), /** @type {any} */ (parent));
      const kind = isClient ? SpanKind.CLIENT : SpanKind.INTERNAL;
      return tracer.startSpan(name, { kind, attributes }, within);
    },
    end(span, attributes, error) {
      const open = /** @type {import("@opentelemetry/api").Span} */ (span);
      open.setAttributes(attributes);
      if (error !== undefined) {
        open.setAttribute("error.type", error);
        open.setStatus({ code: SpanStatusCode.ERROR });
      }
      open.end();
    },
    record: (seconds, attributes) => duration.record(seconds, attributes),
    async close() {
      await Promise.allSettled([tracers.shutdown(), meters.shutdown()]);
    },
  };
}
