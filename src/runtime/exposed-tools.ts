import { isJsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { Tool } from "../catalogue/tool.ts";
import { toCleanSchema } from "../codegen/clean-schema.ts";
import { toCleanText } from "../codegen/text.ts";
import { matchesPattern } from "../gateway/pattern.ts";
import type { Skills } from "../skills/skills.ts";
import { toSkillSchema } from "./skill-program.ts";
import type { ExposedTool } from "./sluice.ts";

/** The given tools, and the trusted skills that patterns like `skill:*` of `expose` name, as MCP definitions. */
export async function toExposedTools(
  patterns: readonly string[],
  named: readonly Tool[],
  skills: Skills,
): Promise<ExposedTool[]> {
  const ofSkills = patterns.filter((pattern) => pattern.startsWith("skill:"));
  const tools = named.map((tool) => ({
    name: `${tool.server}__${tool.name}`,
    address: tool.address,
    ...(tool.description === undefined ? {} : { description: toCleanText(tool.description, limits.toolDocCharsMax) }),
    inputSchema: isJsonObject(tool.inputSchema) ? toCleanSchema(tool.inputSchema) : { type: "object" },
    ...(tool.annotations === undefined ? {} : { annotations: toCleanSchema(tool.annotations) }),
  }));
  return ofSkills.length === 0 ? tools : [...tools, ...(await exposeSkills(ofSkills, skills))];
}

async function exposeSkills(patterns: readonly string[], skills: Skills): Promise<ExposedTool[]> {
  const exposed: ExposedTool[] = [];
  for (const { name, description, trust, outdated, tools } of await skills.list()) {
    const address = `skill:${name}`;
    // A draft is called by those who wrote it; what a client shows its model, a person has let through.
    if (trust !== "trusted" || outdated.length > 0 || !patterns.some((pattern) => matchesPattern(pattern, address)))
      continue;
    const call = await skills.callOf(name, skills.find(name)?.files ?? new Map());
    if (call === undefined) continue;
    const calls = tools.length === 0 ? "" : ` Calls ${tools.slice(0, 20).join(", ")}.`;
    exposed.push({
      name: `skill__${name}`,
      address,
      description: toCleanText(`${description}${calls}`, limits.toolDocCharsMax),
      inputSchema: toCleanSchema(toSkillSchema(call)),
    });
  }
  return exposed;
}
