import type { Config } from "../config/config.ts";
import { limits } from "../base/limits.ts";
import type { Audit } from "../gateway/audit.ts";
import { type BreakerStore, createBreakerStore } from "../gateway/breaker-store.ts";
import { type Budget, createBudget } from "../gateway/budget.ts";
import { createFlow, type Flow } from "../gateway/flow.ts";
import { createLimit, type Limit } from "../gateway/limit.ts";
import type { Store } from "../store/store.ts";
import { createFileLabels, type FileLabels } from "./file-labels.ts";
import { createUsage, type Usage } from "./usage.ts";

/** What the gateway remembers of calls, executions and files. */
export interface Gate extends Disposable {
  usage: Usage;
  budget: Budget;
  flow: Flow;
  fileLabels: FileLabels;
  limit: Limit;
  breakers: BreakerStore;
}

export function openGate(config: Config, store: Store, audit: Audit): Gate {
  const { policy, servers } = config;
  const byKey = new Map(servers.map((server) => [server.key, server]));
  const usage = createUsage(store, { writeMs: limits.usageWriteMs });
  const breakers = createBreakerStore(store);
  return {
    usage,
    budget: createBudget(policy.budget, usage.day),
    flow: createFlow({ policy, serverOf: (key) => byKey.get(key) }),
    fileLabels: createFileLabels(store),
    limit: createLimit({
      ...{ audit, breakers, limits: policy.limits, retry: policy.retry, breaker: policy.breaker },
      trustOf: (key) => byKey.get(key)?.trust ?? "untrusted",
    }),
    breakers,
    [Symbol.dispose]: () => usage[Symbol.dispose](),
  };
}
