import type { JsonObject } from "../base/json.ts";

/** One entry of `tools/list`, exactly as it goes over the wire. */
export interface ToolListing {
  name: string;
  description: string;
  inputSchema: JsonObject & { type: "object" };
  outputSchema?: JsonObject & { type: "object" };
  annotations: { readOnlyHint?: boolean; destructiveHint?: boolean; openWorldHint: boolean };
}

/** Sent once per connection: what the three tools are for, in a few words. */
export const instructions: string =
  "Sluice runs programs over the connected MCP tools. One simple call: call_tool. Several calls, loops or large data: " +
  "execute_code, which returns only what the program prints or returns. Look tools up with search_tools. " +
  "Personal data appears as tokens such as [EMAIL_1]: use them like the values; import { pii } from 'sluice' answers " +
  "questions about one. status paused: a person is asked; call again with resume.";

// The three definitions are in the model's context all the time: every word here is paid for on every turn, and a
// test holds them under 800 tokens together. Only the first output schema spells the whole outcome out.

const executeCode: ToolListing = {
  name: "execute_code",
  description: `Run TypeScript in a sandbox where the connected MCP tools are functions. Use it for several calls, loops, waiting, filtering or moving data: only what you console.log or return comes back.
Explore: fs.readdir('./servers') lists servers, './servers/<server>' its tools as typed modules to read; or search_tools.
A tool takes one object, returns its data, throws ToolError. Top-level await, import and return work; fs keeps files in ./workspace; no network or npm. If status is running, call again with resume: executionId.
Example:
import * as gdrive from './servers/gdrive';
const rows = await gdrive.getSheet({ sheetId: 'abc' });
const open = rows.filter(r => r.Status === 'open');
for (const { Id, Notes } of open) await crm.updateLead({ id: Id, notes: Notes });
return { count: open.length, first: open.slice(0, 3) };`,
  inputSchema: {
    type: "object",
    properties: {
      code: { type: "string" },
      timeoutMs: { type: "integer" },
      resume: { type: "string", description: "executionId to wait for, instead of code" },
    },
  },
  outputSchema: {
    type: "object",
    properties: {
      executionId: { type: "string" },
      status: { enum: ["completed", "failed", "killed", "paused", "denied", "running"] },
      result: {},
      logs: { type: "array", items: { properties: { stream: {}, text: {} } } },
      error: {
        type: "object",
        properties: {
          code: { type: "string" },
          message: { type: "string" },
          line: {},
          hint: {},
          tool: {},
        },
      },
      warnings: { type: "array" },
      pending: { type: "array" },
      calls: { type: "object" },
      spilled: { type: "array" },
    },
    required: ["executionId", "status", "logs", "calls"],
  },
  annotations: { destructiveHint: true, openWorldHint: true },
};

const searchTools: ToolListing = {
  name: "search_tools",
  description:
    "Find tools by what they do. detail: name, summary (sentence and signature), full (typed module). " +
    "An empty query with server lists all its tools. Programs write `call`; call_tool takes `id`.",
  inputSchema: {
    type: "object",
    properties: {
      query: { type: "string" },
      detail: { enum: ["name", "summary", "full"] },
      limit: { type: "integer" },
      server: { type: "string" },
    },
    required: ["query"],
  },
  outputSchema: {
    type: "object",
    properties: {
      results: {
        type: "array",
        items: {
          type: "object",
          properties: {
            id: { type: "string" },
            call: { type: "string" },
            summary: {},
            signature: {},
            module: {},
          },
        },
      },
      total: { type: "integer" },
      truncated: { type: "boolean" },
      hint: { type: "string" },
    },
    required: ["results", "total", "truncated"],
  },
  annotations: { readOnlyHint: true, openWorldHint: false },
};

const callTool: ToolListing = {
  name: "call_tool",
  description: "Call one tool: for a single simple call with a small answer. Otherwise use execute_code.",
  inputSchema: {
    type: "object",
    properties: {
      tool: { type: "string", description: "e.g. gdrive.getDocument" },
      arguments: { type: "object" },
    },
    required: ["tool"],
  },
  outputSchema: {
    type: "object",
    properties: { status: { type: "string" }, result: {}, error: { type: "object" } },
    required: ["status"],
  },
  annotations: { destructiveHint: true, openWorldHint: true },
};

/** The three tools of the surface, in the order they are listed. */
export const definitions: readonly ToolListing[] = [executeCode, searchTools, callTool];
