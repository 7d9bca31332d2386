import { SluiceError } from "../base/errors.ts";
import type { Resolution } from "../catalogue/address.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { CatalogueServer } from "../catalogue/tool.ts";

/** The server that a name begins with, if it begins with one: `crm.x`, `crm__x`. */
export function serverIn(name: string, catalogue: Catalogue): CatalogueServer | undefined {
  for (const match of name.slice(0, 400).matchAll(/\.|__/g)) {
    const server = catalogue.server(name.slice(0, match.index));
    if (server !== undefined) return server;
  }
  return undefined;
}

/** The error for a name that no tool has, with what was perhaps meant. */
export function toUnresolved(name: string, resolution: Exclude<Resolution, { kind: "found" }>): SluiceError {
  const shown = name.slice(0, 200);
  if (resolution.kind === "ambiguous") {
    return new SluiceError("tool_ambiguous", `"${shown}" is the name of several tools`, {
      hint: `Use one of: ${resolution.candidates.slice(0, 10).join(", ")}`,
    });
  }
  const hint =
    resolution.nearest.length === 0
      ? "Find tools with search_tools, or list ./servers"
      : `Did you mean ${resolution.nearest.join(", ")}?`;
  return new SluiceError("tool_not_found", `There is no tool "${shown}"`, { hint });
}
