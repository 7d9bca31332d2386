import { limits } from "../base/limits.ts";
import type { CatalogueServer, Tool } from "../catalogue/tool.ts";
import { toExportedTypes, toSummary } from "./module.ts";
import type { ModulePurpose } from "./module.ts";
import { toInlineComment } from "./part.ts";
import { toCleanLine, toCleanText } from "./text.ts";

/** `client.ts` of the tree: the one door that every module calls through. */
export const clientModule = `/** Calls a tool by its address (\`server.tool\`) with one input object; gives back the tool's data. */
export async function callTool<Output = any>(tool: string, input: unknown = {}): Promise<Output> {
  const { callTool: call } = globalThis as { callTool?: (tool: string, input: unknown) => Promise<unknown> };
  if (call === undefined) {
    throw new Error("Cannot call tools here: run this program with \`sluice run\`, or set globalThis.callTool first");
  }
  return (await call(tool, input)) as Output;
}

export { callTool as callMCPTool };
`;

/** `index.ts` of a server: every tool under its call name, with one sentence each. */
export function toIndexModule(server: CatalogueServer, purpose: ModulePurpose = "reading"): string {
  const lines = server.tools.map((tool) => {
    const summary = toInlineComment({ text: toSummary(tool), tags: [] });
    const types = purpose === "reading" ? [] : toExportedTypes(tool).map((name) => `type ${name}`);
    return `${summary}export { ${[tool.callName, ...types].join(", ")} } from "./${tool.callName}.js";`;
  });
  const head = `// The tools of the MCP server ${toCleanLine(server.key, limits.tagCharsMax)}: each has a module here with its types.\n`;
  return `${head}${lines.length === 0 ? "export {};" : lines.join("\n")}\n`;
}

/** `README.md` of a server: its own instructions, its tools with one sentence each, and what was wrong with it. */
export function toReadme(server: CatalogueServer): string {
  const instructions = toCleanText(server.instructions ?? "", limits.instructionsCharsMax);
  const tools = server.tools.map((tool) => `- \`${toCallText(server, tool)}\`${toDash(toSummary(tool))}`);
  const unknown =
    server.fetchedAt === undefined
      ? "This server has not been reached yet: its tools are not known."
      : "This server has no tools.";
  const sections = [
    `# ${toCleanLine(server.key, limits.tagCharsMax)}`,
    ...(instructions === "" ? [] : ["## Instructions of the server", instructions]),
    `## Tools (${server.tools.length})`,
    tools.length === 0 ? unknown : tools.join("\n"),
    ...(server.problems.length === 0
      ? []
      : [
          "## Problems",
          server.problems.map((problem) => `- ${toCleanLine(problem, limits.propertyDocCharsMax)}`).join("\n"),
        ]),
  ];
  return `${sections.join("\n\n")}\n`;
}

/** `README.md` of the tree: every server with its number of tools, and how a program uses them. */
export function toTreeReadme(
  servers: readonly { folder: string; server: CatalogueServer; toolCount: number }[],
): string {
  const list = servers.map(({ folder, server, toolCount }) => {
    const state =
      server.fetchedAt === undefined ? "not reached yet" : `${toolCount} ${toolCount === 1 ? "tool" : "tools"}`;
    return `- \`./servers/${toCleanLine(folder, limits.tagCharsMax)}\` (\`servers.${server.identifier}\`): ${state}`;
  });
  return `# Servers

Each folder is an MCP server: \`README.md\` lists its tools, \`index.ts\` exports them, \`<tool>.ts\` has the types of one.
Import a tool (\`import { getDocument } from "./servers/gdrive"\`), or call it on \`servers\` (\`servers.gdrive.getDocument({ … })\`).

${list.length === 0 ? "No server is configured." : list.join("\n")}
`;
}

/** What a program writes to call a tool: `gdrive.getDocument`. */
export function toCallText(server: CatalogueServer, tool: Tool): string {
  return `${server.identifier}.${tool.callName}`;
}

function toDash(summary: string): string {
  return summary === "" ? "" : `: ${summary}`;
}
