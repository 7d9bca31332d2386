import { dirname, join } from "node:path";
import { toMessage } from "../base/errors.ts";
import { type Flag, toFlags, toInstructionFlags } from "../catalogue/flags.ts";
import { createOtherServers } from "../catalogue/other-servers.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Tool } from "../catalogue/tool.ts";
import { type ChangedDefinition, createTrust, type Trust } from "../catalogue/trust.ts";
import { toDefinitionDiff } from "../codegen/definition-diff.ts";
import type { Config } from "../config/config.ts";
import type { Audit } from "../gateway/audit.ts";
import type { Store } from "../store/store.ts";
import type { Parts } from "./parts.ts";
import type { DefinitionChange, DefinitionFlag } from "./sluice.ts";

/** Where the pins of a configuration are: beside its file, so that both go into version control. */
export function toLockPath({ file, stateDir }: Config): string {
  return join(file === undefined ? stateDir : dirname(file), "sluice.lock.json");
}

/** The trust in definitions of one running Sluice; a change is logged, is an event, and is in the audit. */
export function createDefinitions(parts: {
  config: Config;
  store: Store;
  audit: Audit;
  catalogue: Catalogue;
  events: Parts["events"];
  log: (line: string) => void;
}): {
  trust: Trust;
  /** Takes what a server has listed; what cannot be pinned is logged, and said again by what needs the pin. */
  see: Trust["see"];
  /** What is shown of a tool where only what is pinned is. */
  toShown: Trust["toShown"];
  /** Shows what was accepted meanwhile, here or by another process, as its server says it. */
  showAccepted(): void;
  changes(tools: Iterable<Tool>): DefinitionChange[];
  accept(tools: Iterable<Tool>): DefinitionChange[];
  flags(): DefinitionFlag[];
} {
  const { config, store, audit, catalogue, events, log } = parts;
  const trust = createTrust({
    store,
    path: toLockPath(config),
    onChanged(change) {
      const { address, diff, pinned, hash } = toShown(change);
      const effect = config.policy.definitions === "pinned" ? "it is refused until accepted" : "it can still be called";
      log(
        [`${address}: its definition has changed since it was pinned; ${effect}`, ...diff].join(`\n${address}:   `) +
          `\n${address}: accept it with \`sluice tools --accept '${address}'\``,
      );
      events.emit({ kind: "definition-changed", tool: address, diff });
      try {
        audit.record({ kind: "definition-changed", tool: address, from: pinned, to: hash });
      } catch (error) {
        // Said by the next call, which is refused.
        log(toMessage(error));
      }
    },
  });

  /** By address: what is not shown, and of which server. */
  const withheld = new Map<string, Parameters<Trust["mayShow"]>>();

  function showAccepted(): void {
    const accepted = [...withheld].filter(([, one]) => trust.mayShow(...one));
    for (const [address] of accepted) withheld.delete(address);
    for (const server of new Set(accepted.map(([, [key]]) => key))) {
      catalogue.reread(server);
      events.emit({ kind: "tools-changed", server });
    }
  }

  return {
    trust,
    showAccepted,
    toShown(server, definition) {
      const shown = trust.toShown(server, definition);
      const address = `${server}.${definition.name}`;
      if (shown.isWithheld === true) withheld.set(address, [server, definition]);
      else withheld.delete(address);
      return shown;
    },
    see(server, definitions) {
      try {
        trust.see(server, definitions);
      } catch (error) {
        log(`${server}: ${toMessage(error)}`);
      }
    },
    changes: (tools) => trust.changed(tools).map(toShown),
    accept(tools) {
      const accepted = trust.accept(tools).map(toShown);
      for (const { address, pinned, hash } of accepted)
        audit.record({ kind: "definition-accepted", tool: address, from: pinned, to: hash });
      showAccepted();
      return accepted;
    },
    flags: () => findFlags(catalogue, trust),
  };
}

function toShown({ address, pinned, hash, was, is }: ChangedDefinition): DefinitionChange {
  const diff =
    was === undefined
      ? ["what it was is not known here: another machine has pinned it, or the state directory is new"]
      : toDefinitionDiff(was, is);
  return { address, pinned, hash, diff };
}

/** Every text that addresses the model, in the order of the config. */
function findFlags(catalogue: Catalogue, trust: Trust): DefinitionFlag[] {
  const servers = catalogue.servers();
  const toOthers = createOtherServers(
    servers.map(({ key, identifier, tools }) => ({ key, identifier, toolNames: tools.map(({ name }) => name) })),
  );
  const found: DefinitionFlag[] = [];
  const add = (address: string, flags: readonly Flag[]): void =>
    void found.push(...flags.map((flag) => ({ address, ...flag })));
  for (const { key, tools, instructions = "" } of servers) {
    const others = toOthers(key);
    add(key, toInstructionFlags(instructions, others));
    for (const tool of tools) add(tool.address, toFlags(trust.asListed(tool), others));
  }
  return found;
}
