import type { Catalogue, CatalogueView } from "../catalogue/catalogue.ts";
import type { CatalogueServer } from "../catalogue/tool.ts";

/**
 * The catalogue as one program sees it until its end: as it was when the program started, and the servers that were not
 * known then as they are. A tool that came later is found by its name too.
 */
export function createProgramView(catalogue: Catalogue): CatalogueView {
  const started = catalogue.snapshot();
  let live: readonly CatalogueServer[] | undefined;
  let servers = started.servers();
  const isUnknown = ({ fetchedAt }: CatalogueServer): boolean => fetchedAt === undefined;
  const unknownKeys = servers.filter(isUnknown).map(({ key }) => key);
  const hasUnknown = unknownKeys.length > 0;
  const isOfUnknown = (address: string): boolean => unknownKeys.some((key) => address.startsWith(`${key}.`));

  function merged(): readonly CatalogueServer[] {
    const now = catalogue.servers();
    if (live === now || !hasUnknown) return servers;
    live = now;
    servers = started
      .servers()
      .map((server) => (isUnknown(server) ? (catalogue.server(server.key) ?? server) : server));
    return servers;
  }

  return {
    servers: merged,
    server(name) {
      const server = started.server(name);
      return server !== undefined && isUnknown(server) ? catalogue.server(server.key) : server;
    },
    toolCount(key) {
      const server = started.server(key);
      return (server !== undefined && isUnknown(server) ? catalogue : started).toolCount(key);
    },
    resolve(name) {
      const found = started.resolve(name);
      if (found.kind === "found" && !hasUnknown) return found;
      const now = catalogue.resolve(name);
      if (found.kind !== "found") return now;
      // A bare name is one tool's until a server that was not known then turns out to have one of that name too.
      return now.kind === "ambiguous" && now.candidates.some(isOfUnknown) ? now : found;
    },
  };
}
