import type { Catalogue } from "../catalogue/catalogue.ts";
import type { ServerConfig } from "../config/config.ts";
import type { Upstreams } from "../upstream/upstreams.ts";
import type { Discovery } from "./discovery.ts";
import type { Gate } from "./gate.ts";
import type { ServerReport } from "./sluice.ts";

/** What is known of a server, without connecting. */
export function toServerReport(
  { key, disabledReason, isBroken }: ServerConfig,
  {
    catalogue,
    upstreams,
    discovery,
    gate,
  }: { catalogue: Catalogue; upstreams: Upstreams; discovery: Discovery; gate: Gate },
): ServerReport {
  const known = catalogue.server(key);
  const state = upstreams.state(key);
  const reason = disabledReason ?? upstreams.reason(key);
  const protocol = discovery.protocol(key);
  const breaker = gate.breakers.load(key);
  return {
    key,
    state:
      disabledReason !== undefined
        ? "disabled"
        : state === "ready"
          ? "ready"
          : state === "failed"
            ? "failed"
            : known?.fetchedAt === undefined
              ? "unknown"
              : "known",
    tools: catalogue.toolCount(key),
    ...(reason === undefined ? {} : { reason }),
    ...(isBroken === true ? { isBroken } : {}),
    ...(protocol === undefined ? {} : { protocol }),
    ...(breaker === undefined ? {} : { breaker }),
    problems: known?.problems ?? [],
  };
}
