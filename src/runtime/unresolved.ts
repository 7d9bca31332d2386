import { SluiceError } from "../base/errors.ts";
import type { Resolution } from "../catalogue/address.ts";
import type { Catalogue, CatalogueView } from "../catalogue/catalogue.ts";
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

/** A server whose tools are not known, and why. */
export interface MissingServer {
  key: string;
  reason: string;
}

/** The first of these servers with their reasons, and how many more there are. */
export function toServersText(missing: readonly MissingServer[]): string {
  const shown = missing.slice(0, 5).map(({ key, reason }) => `${key} (${reason.slice(0, 200)})`);
  return `${shown.join("; ")}${missing.length > shown.length ? ` and ${missing.length - shown.length} more` : ""}`;
}

/** Throws `upstream_unavailable` where no tool of any server is known: what is made of nothing would look complete. */
export function needTools(catalogue: CatalogueView, missing: readonly MissingServer[]): void {
  if (catalogue.servers().some(({ fetchedAt }) => fetchedAt !== undefined)) return;
  const why = missing.length === 0 ? "no server is configured that is not disabled" : toServersText(missing);
  throw new SluiceError("upstream_unavailable", `No tools of any server are known: ${why}`, {
    hint: "`sluice doctor` starts every server and says what is wrong with it",
  });
}
