import type { JsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { configKeys, verdicts, type Key } from "./keys.ts";
import { serverKeys } from "./server-keys.ts";

/** The JSON Schema of the config file, made from the table that the checks use; published as `config.schema.json`. */
export function toConfigSchema(): JsonObject {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Sluice",
    ...toSchema(configKeys),
    required: ["mcpServers"],
  };
}

function toSchema(key: Key): JsonObject {
  const description = key.about;
  switch (key.kind) {
    case "section": {
      const members = Object.entries(key.members).map(([name, member]) => [name, toSchema(member)]);
      return { type: "object", description, additionalProperties: false, properties: Object.fromEntries(members) };
    }
    case "integer":
      return { type: "integer", description, minimum: key.min, maximum: key.max, default: key.default };
    case "choice":
      return { enum: [...key.choices], description, default: key.default };
    case "flag":
      return { type: "boolean", description, default: key.default };
    case "text":
      return { type: "string", description, minLength: 1 };
    case "path":
      return { type: "string", description, minLength: 1, default: key.default };
    case "patterns":
      return {
        type: "array",
        description,
        maxItems: limits.patternsMax,
        items: { type: "string", maxLength: limits.patternCharsMax },
      };
    case "hosts":
      return {
        type: "array",
        description,
        maxItems: limits.patternsMax,
        items: { type: "string", maxLength: limits.patternCharsMax },
      };
    case "methods":
      return { type: "array", description, items: { enum: [...key.choices] }, default: [...key.default] };
    case "verdicts":
      return {
        type: "object",
        description,
        maxProperties: limits.patternsMax,
        additionalProperties: { enum: [...verdicts] },
      };
    case "custom":
      return { description, ...key.schema };
    case "ignored":
      return { type: "string", description };
    case "servers":
      return { type: "object", description, maxProperties: limits.serversMax, additionalProperties: toServerSchema() };
  }
}

/** Open: entries hold keys of other clients too. */
function toServerSchema(): JsonObject {
  const types: Record<string, JsonObject> = {
    text: { type: "string" },
    texts: { type: "array", items: { type: "string" } },
    "text-map": { type: "object", additionalProperties: { type: "string" } },
    flag: { type: "boolean" },
    milliseconds: { type: "number", exclusiveMinimum: 0 },
  };
  const properties = [...serverKeys].map(([name, { type, about }]) => [name, { ...types[type], description: about }]);
  const anyOf = ["command", "url", "serverUrl", "httpUrl"].map((name) => ({ required: [name] }));
  return { type: "object", properties: Object.fromEntries(properties), anyOf };
}
