import { builtFile } from "../base/built-file.ts";
import { toMessage } from "../base/errors.ts";
import { inTime } from "../base/in-time.ts";
import { limits } from "../base/limits.ts";
import { readVersion } from "../base/version.ts";
import type { Step } from "../gateway/call.ts";
import type { SluiceEvent } from "./sluice.ts";

type Attributes = Record<string, string | number | boolean>;

/** What the bundled exporter offers; a span is its own business. */
export interface TelemetryExport {
  start(name: string, attributes: Attributes, options?: { parent?: object | undefined; isClient?: boolean }): object;
  end(span: object, attributes: Attributes, error?: string): void;
  record(seconds: number, attributes: Attributes): void;
  close(): Promise<void>;
}

/** Spans (execution, its calls, their tries) and the duration of tries; names and sizes only, no content. */
export interface Telemetry extends AsyncDisposable {
  readonly step: Step;
  hear(event: SluiceEvent): void;
}

/** What the standard variables ask for (OpenTelemetry's environment variable specification). */
export function readExporters(env: NodeJS.ProcessEnv): { traces: boolean; metrics: boolean } {
  const isOn = (signal: "TRACES" | "METRICS"): boolean => {
    if (env["OTEL_SDK_DISABLED"]?.toLowerCase() === "true") return false;
    const exporter = env[`OTEL_${signal}_EXPORTER`];
    if (exporter !== undefined && exporter !== "") return exporter.split(",").some((name) => name.trim() === "otlp");
    return Boolean(env["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? env[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`]);
  };
  return { traces: isOn("TRACES"), metrics: isOn("METRICS") };
}

/** Starts exporting if the environment configures an exporter; `undefined` if not. */
export async function openTelemetry(
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
): Promise<Telemetry | undefined> {
  const exporters = readExporters(env);
  if (!exporters.traces && !exporters.metrics) return undefined;
  try {
    const file = builtFile("./telemetry-export.js", import.meta.url).href;
    const { startExport } = (await import(file)) as {
      startExport: (options: object) => TelemetryExport;
    };
    return createTelemetry(startExport({ version: readVersion(), ...exporters }));
  } catch (error) {
    log(`OpenTelemetry: nothing is exported: ${toMessage(error)}`);
    return undefined;
  }
}

export function createTelemetry(out: TelemetryExport): Telemetry {
  const executions = new Map<string, object>();
  const calls = new Map<string, object>();
  const attempts = new Map<string, { span: object; attributes: Attributes }>();
  const keyOf = ({ executionId, callId }: { executionId: string; callId: number }): string =>
    `${executionId} ${callId}`;
  const ofTool = (tool: string): Attributes => ({
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": tool,
    "gen_ai.tool.type": "function",
  });

  function hear(event: SluiceEvent): void {
    switch (event.kind) {
      case "execution-started": {
        const attributes = { ...ofTool("execute_code"), "sluice.execution.id": event.executionId };
        executions.set(event.executionId, out.start("execute_tool execute_code", attributes));
        return;
      }
      case "execution-ended": {
        const span = executions.get(event.executionId);
        executions.delete(event.executionId);
        const error = event.status === "completed" ? undefined : event.status;
        if (span !== undefined) out.end(span, { "sluice.status": event.status }, error);
        return;
      }
      case "tool-call-started": {
        const key = keyOf(event);
        const name = event.tool.slice(event.tool.indexOf(".") + 1);
        const attributes = { "mcp.method.name": "tools/call", "gen_ai.tool.name": name, "sluice.tool": event.tool };
        const span = out.start(`tools/call ${name}`, attributes, { parent: calls.get(key), isClient: true });
        attempts.set(key, { span, attributes });
        return;
      }
      case "tool-call-ended": {
        const key = keyOf(event);
        const attempt = attempts.get(key);
        attempts.delete(key);
        if (attempt === undefined) return;
        out.end(attempt.span, {}, event.code);
        // Of the request alone: what a call waits for, a person too, is in the spans around.
        out.record(event.durationMs / 1_000, {
          ...attempt.attributes,
          ...(event.code === undefined ? {} : { "error.type": event.code }),
        });
        return;
      }
    }
  }

  return {
    hear,
    async step(call, next) {
      const { executionId, tool } = call;
      const key = keyOf(call);
      const span = out.start(
        `execute_tool ${tool.address}`,
        { ...ofTool(tool.address), "gen_ai.tool.call.id": key, "sluice.execution.id": executionId },
        { parent: executions.get(executionId) },
      );
      calls.set(key, span);
      const outcome = await next(call);
      calls.delete(key);
      const error = outcome.kind === "error" ? outcome.code : undefined;
      out.end(span, { "sluice.tries": outcome.tries ?? 1 }, error);
      return outcome;
    },
    async [Symbol.asyncDispose]() {
      await inTime(out.close(), limits.telemetryCloseMs);
    },
  };
}
