import { isJsonObject, type JsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { ToolDefinition } from "../base/tool-definition.ts";

/** The tools of one server as they come in, page by page: good ones kept, broken ones named. */
export interface ToolList {
  readonly tools: ToolDefinition[];
  /** One sentence each. */
  readonly problems: string[];
  /** Adds one entry of `tools/list`. */
  add(entry: unknown): void;
}

/** A list that parses each definition by itself, so that one broken tool costs no other. */
export function createToolList(): ToolList {
  const names = new Set<string>();
  const tools: ToolDefinition[] = [];
  const problems: string[] = [];
  let entries = 0;
  let surplus = false;
  return {
    tools,
    problems,
    add: (entry) => {
      entries++;
      if (tools.length >= limits.toolsPerServerMax) {
        if (!surplus)
          problems.push(
            `It lists more than ${limits.toolsPerServerMax} tools (toolsPerServerMax); the rest is left out`,
          );
        surplus = true;
        return;
      }
      const parsed = parseTool(entry, entries, problems);
      if (parsed === undefined) return;
      if (names.has(parsed.name)) {
        problems.push(`Tool "${parsed.name}" is listed twice; the first one is kept`);
        return;
      }
      names.add(parsed.name);
      tools.push(parsed);
    },
  };
}

function parseTool(entry: unknown, position: number, problems: string[]): ToolDefinition | undefined {
  const leaveOut = (what: string): undefined => {
    problems.push(`${what}; it is left out`);
  };
  if (!isJsonObject(entry)) return leaveOut(`Entry ${position} of its tool list is not an object`);
  const { name } = entry;
  if (typeof name !== "string" || name.trim() === "") return leaveOut(`Entry ${position} of its tool list has no name`);
  if (Buffer.byteLength(name) > limits.toolNameBytesMax) {
    return leaveOut(
      `The name of tool "${name.slice(0, 40)}…" is longer than ${limits.toolNameBytesMax} bytes (toolNameBytesMax)`,
    );
  }
  const tool = `Tool ${JSON.stringify(name)}`;
  if (isForAppsOnly(entry)) return undefined;
  // Depth first: the stringifier itself recurses.
  if (isDeeperThan(entry, limits.definitionDepthMax))
    return leaveOut(`${tool} is nested deeper than ${limits.definitionDepthMax} levels (definitionDepthMax)`);
  if (Buffer.byteLength(JSON.stringify(entry)) > limits.definitionBytesMax) {
    return leaveOut(`${tool} has a definition over ${limits.definitionBytesMax} bytes (definitionBytesMax)`);
  }
  const inputSchema = parseInputSchema(entry["inputSchema"], tool, problems);
  if (inputSchema === undefined) return undefined;
  const definition: ToolDefinition = { name, inputSchema };
  for (const key of ["title", "description"] as const) {
    const value = entry[key];
    if (typeof value === "string") definition[key] = value;
    else if (value !== undefined && value !== null)
      problems.push(`${tool} has something under "${key}" that is not a string; it is ignored`);
  }
  for (const key of ["outputSchema", "annotations", "_meta"] as const) {
    const value = entry[key];
    if (isJsonObject(value)) definition[key] = value;
    else if (value !== undefined && value !== null)
      problems.push(`${tool} has something under "${key}" that is not an object; it is ignored`);
  }
  return definition;
}

function parseInputSchema(schema: unknown, tool: string, problems: string[]): JsonObject | undefined {
  if (schema === undefined || schema === null) {
    problems.push(`${tool} has no inputSchema; any object is taken`);
    return { type: "object" };
  }
  if (!isJsonObject(schema)) {
    problems.push(`${tool} has an inputSchema that is not an object; it is left out`);
    return undefined;
  }
  const { type } = schema;
  if (type === "object") return schema;
  if (type === undefined) {
    problems.push(`${tool} has an inputSchema without "type"; it is read as "object"`);
    return { type: "object", ...schema };
  }
  if (Array.isArray(type) && type.includes("object")) return { ...schema, type: "object" };
  problems.push(
    `${tool} has an inputSchema of type ${JSON.stringify(type)} where only "object" can be called; it is left out`,
  );
  return undefined;
}

/** Tools that a server means for its own user interface alone (MCP Apps) are not for a model. */
function isForAppsOnly(entry: JsonObject): boolean {
  const meta = entry["_meta"];
  const ui = isJsonObject(meta) ? meta["ui"] : undefined;
  const visibility = isJsonObject(ui) ? ui["visibility"] : undefined;
  return Array.isArray(visibility) && visibility.length > 0 && !visibility.includes("model");
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((member) => isDeeperThan(member, levels - 1));
}
