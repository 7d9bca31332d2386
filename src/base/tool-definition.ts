import type { JsonObject, JsonSchema } from "./json.ts";

/** A tool as its server defined it, in MCP's own words (`Tool` of the specification), parsed and bounded. */
export interface ToolDefinition {
  /** The tool's original name. */
  name: string;
  title?: string;
  description?: string;
  inputSchema: JsonSchema;
  outputSchema?: JsonSchema;
  annotations?: JsonObject;
  _meta?: JsonObject;
}
