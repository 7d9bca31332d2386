import { setTimeout } from "node:timers/promises";
import type { InputRequiredResult, ServerContext } from "@modelcontextprotocol/server";
import { ProtocolError, ProtocolErrorCode, Server } from "@modelcontextprotocol/server";
import { SluiceError, toMessage } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { toNearest } from "../base/nearest.ts";
import { readVersion } from "../base/version.ts";
import type { OutcomeError } from "../runtime/outcome.ts";
import type { ExposedTool, Sluice, WaitOptions } from "../runtime/sluice.ts";
import { definitions, instructions } from "./definitions.ts";
import { createRounds, elicitAnswers, type Rounds } from "./elicit-answer.ts";
import { createProgress } from "./progress.ts";
import { serveResources } from "./resources.ts";
import { parseCallInput, parseExecuteInput, parseSearchInput } from "./tool-input.ts";
import type { ResultForm, ToolResult } from "./tool-result.ts";
import { toExposedResult, toOutcomeResult, toRefusal, toSearchRefusal, toSearchResult } from "./tool-result.ts";

/** What the operator decided about this surface; all of it comes from the config. */
export interface McpServerOptions {
  /** After this many milliseconds an execution answers `running`. */
  answerMs: number;
  /** Whether the config names tools in `expose`: only then is the runtime asked for them. */
  exposes: boolean;
}

/** The first revision whose clients read `structuredContent`. */
const structuredSince = "2025-06-18";

/**
 * One MCP server over a running Sluice, for one connection. The caller connects it, and disposes the Sluice. Expected
 * outcomes, bad input too, are results; a protocol error means that the request itself was none of ours.
 */
export function createMcpServer(sluice: Sluice, options: McpServerOptions): Server {
  const rounds = createRounds(sluice);
  const server = new Server(
    { name: "sluice", title: "Sluice", version: readVersion() },
    {
      instructions,
      capabilities: { tools: options.exposes ? { listChanged: true } : {}, resources: {} },
      requestState: { verify: (state, context) => rounds.verify(state, context) },
      // Without exposed tools the list never changes.
      ...(!options.exposes && { cacheHints: { "tools/list": { ttlMs: limits.toolListTtlMs, cacheScope: "private" } } }),
    },
  );
  const toForm = (): ResultForm => {
    const revision = server.getNegotiatedProtocolVersion();
    return revision !== undefined && revision < structuredSince ? "text" : "structured";
  };
  const listExposed = async (): Promise<ExposedTool[]> => (options.exposes ? await sluice.exposedTools() : []);

  server.setRequestHandler("tools/list", async () => {
    // A server that hangs at its start must not keep the client from our own three.
    const exposed = await Promise.race([listExposed(), setTimeout(limits.exposedMs, [], { ref: false })]);
    return { tools: [...definitions, ...exposed.map(toListing)] };
  });

  server.setRequestHandler("tools/call", async (request, context) => {
    const name = request.params.name;
    const args = (request.params.arguments ?? {}) as JsonObject;
    const form = toForm();
    try {
      switch (name) {
        case "execute_code":
          return await executeCode(sluice, args, form, options, context, rounds);
        case "search_tools":
          return await searchTools(sluice, args, form);
        case "call_tool":
          return await callTool(sluice, args, form, options, context, rounds);
      }
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      return name === "search_tools" ? toSearchRefusal(toOutcomeError(error)) : toRefusal(toOutcomeError(error), form);
    }
    const exposed = await listExposed();
    const tool = exposed.find((candidate) => candidate.name === name);
    if (tool === undefined) {
      const names = [...definitions, ...exposed].map((candidate) => candidate.name);
      const nearest = toNearest(name, names);
      const remedy = nearest === undefined ? `Known are ${names.join(", ")}` : `Did you mean ${nearest}?`;
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool ${JSON.stringify(name)}. ${remedy}`);
    }
    const { signal } = context.mcpReq;
    return await rounds.answer(context, {
      start: () => sluice.callTool(tool.address, args, { signal }),
      resume: (executionId, wait) => sluice.resume(executionId, { signal, ...wait }),
      toResult: toExposedResult,
    });
  });

  serveResources(sluice, server);
  const stopWatching = options.exposes ? watchExposed(sluice, server) : undefined;
  const stopAsking = elicitAnswers(sluice, server);
  server.onclose = () => {
    stopWatching?.();
    stopAsking();
  };
  return server;
}

async function executeCode(
  sluice: Sluice,
  args: JsonObject,
  form: ResultForm,
  { answerMs }: McpServerOptions,
  context: ServerContext,
  rounds: Rounds,
): Promise<ToolResult | InputRequiredResult> {
  const parsed = parseExecuteInput(args);
  if (parsed.kind === "problem") return toRefusal(toInvalidInput(parsed.problem), form);
  const { input } = parsed;
  return await withProgress(context, async (wait) => {
    const options = { ...wait, answerMs };
    return await rounds.answer(context, {
      start: () =>
        input.kind === "resume"
          ? sluice.resume(input.executionId, options)
          : sluice.executeCode(input.code, {
              ...options,
              ...(input.timeoutMs !== undefined && { timeoutMs: input.timeoutMs }),
            }),
      resume: (executionId, wait) => sluice.resume(executionId, { ...options, ...wait }),
      toResult: (result) => toOutcomeResult(result, form),
    });
  });
}

async function searchTools(sluice: Sluice, args: JsonObject, form: ResultForm): Promise<ToolResult> {
  const parsed = parseSearchInput(args);
  if (parsed.kind === "problem") return toSearchRefusal(toInvalidInput(parsed.problem));
  const { query, ...options } = parsed.input;
  return toSearchResult(await sluice.searchTools(query, options), form);
}

async function callTool(
  sluice: Sluice,
  args: JsonObject,
  form: ResultForm,
  { answerMs }: McpServerOptions,
  context: ServerContext,
  rounds: Rounds,
): Promise<ToolResult | InputRequiredResult> {
  const parsed = parseCallInput(args);
  if (parsed.kind === "problem") return toRefusal(toInvalidInput(parsed.problem), form);
  const { tool, arguments: given } = parsed.input;
  const options = { signal: context.mcpReq.signal, answerMs };
  return await rounds.answer(context, {
    start: () => sluice.callTool(tool, given, options),
    resume: (executionId, wait) => sluice.resume(executionId, { ...options, ...wait }),
    toResult: (result) => toOutcomeResult(result, form),
  });
}

/** Runs the work with the request's signal, and with reports if the client sent a progress token. */
async function withProgress<Result>(
  context: ServerContext,
  work: (wait: WaitOptions) => Promise<Result>,
): Promise<Result> {
  const { signal, _meta, notify } = context.mcpReq;
  const progressToken = _meta?.progressToken;
  if (progressToken === undefined) return await work({ signal });
  using progress = createProgress((report) => {
    // A report that cannot be sent any more is no loss: the connection's own end ends the work.
    notify({ method: "notifications/progress", params: { progressToken, ...report } }).catch(() => {});
  });
  return await work({ signal, onProgress: (message, numbers) => progress.report(message, numbers) });
}

function toInvalidInput(problem: string): OutcomeError {
  return { code: "invalid_input", message: problem };
}

function toOutcomeError({ code, message, hint }: SluiceError): OutcomeError {
  return { code, message, ...(hint !== undefined && { hint }) };
}

function toListing({ name, description, inputSchema, annotations }: ExposedTool): {
  name: string;
  inputSchema: { type: "object" };
} {
  return {
    name,
    ...(description !== undefined && { description }),
    inputSchema: { ...inputSchema, type: "object" },
    ...(annotations !== undefined && { annotations }),
  };
}

/** Tells the client when an upstream's tools changed, as long as the connection lives. */
function watchExposed(sluice: Sluice, server: Server): () => void {
  return sluice.events.on((event) => {
    if (event.kind !== "tools-changed" || server.transport === undefined) return;
    server.sendToolListChanged().catch((error: unknown) => server.onerror?.(new Error(toMessage(error))));
  });
}
