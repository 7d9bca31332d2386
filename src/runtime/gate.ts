import { priceOf } from "../config/budget.ts";
import type { Config, Trust } from "../config/config.ts";
import { toMessage } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { type Alert, type Alerts, createAlerts } from "../gateway/alerts.ts";
import type { Audit } from "../gateway/audit.ts";
import { type BreakerStore, createBreakerStore } from "../gateway/breaker-store.ts";
import { type Budget, createBudget } from "../gateway/budget.ts";
import { createFlow, type Flow } from "../gateway/flow.ts";
import { createLimit, type Limit } from "../gateway/limit.ts";
import { isTrusted, toTrustOf } from "../gateway/trust.ts";
import type { Store } from "../store/store.ts";
import { createFileLabels, type FileLabels } from "./file-labels.ts";
import type { Parts } from "./parts.ts";
import type { SluiceEvent } from "./sluice.ts";
import { createUsage, type Usage } from "./usage.ts";

/** What the gateway remembers of calls, executions and files. */
export interface Gate extends Disposable {
  trustOf: (server: string) => Trust;
  usage: Usage;
  budget: Budget;
  flow: Flow;
  alerts: Alerts;
  fileLabels: FileLabels;
  limit: Limit;
  breakers: BreakerStore;
}

export interface GateParts {
  config: Config;
  store: Store;
  audit: Audit;
  events: Parts["events"];
  /** For lines that may quote what is somebody's. */
  log: (line: string) => void;
  /** For lines that are ours alone. */
  logPlain: (line: string) => void;
}

export function openGate({ config, store, audit, events, log, logPlain }: GateParts): Gate {
  const raise = (alert: Alert): void => {
    try {
      audit.record({ kind: "alert", ...alert });
    } catch (error) {
      // It is about what has happened or was asked for: it is told all the same, and the next call is refused.
      logPlain(`an alert is not in the audit: ${toMessage(error)}`);
    }
    events.emit({ kind: "alert", ...alert });
    log(`alert ${alert.rule}${alert.executionId === undefined ? "" : ` of ${alert.executionId}`}: ${alert.evidence}`);
  };
  const { policy, servers } = config;
  const byKey = new Map(servers.map((server) => [server.key, server]));
  const usage = createUsage(store, { writeMs: limits.usageWriteMs, log: logPlain });
  const breakers = createBreakerStore(store, logPlain);
  const trustOf = toTrustOf(servers);
  const flow = createFlow({ policy, serverOf: (key) => byKey.get(key) });
  const alerts = createAlerts({
    modes: policy.alerts,
    raise,
    isOutside: (tool) => flow.isOutside(tool),
    isKnown: (tool) => usage.callsPerExecution(tool) !== undefined,
    isRead: ({ server, annotations }) => annotations?.readOnlyHint === true && isTrusted(trustOf(server)),
  });
  events.on((event) => watchForAlerts(event, alerts));
  const budget = createBudget(policy.budget, usage.day, priceOf(policy.budget), logPlain);
  return {
    ...{ trustOf, usage, flow, alerts, budget },
    fileLabels: createFileLabels(store, config.workspace),
    limit: createLimit({
      ...{ audit, breakers, limits: policy.limits, retry: policy.retry, breaker: policy.breaker },
      trustOf,
    }),
    breakers,
    [Symbol.dispose]() {
      budget[Symbol.dispose]();
      usage[Symbol.dispose]();
    },
  };
}

/** What other parts have noticed and told as an event. */
function watchForAlerts(event: SluiceEvent, alerts: Alerts): void {
  if (event.kind === "leak-caught")
    alerts.note("leak-caught", {
      executionId: event.executionId,
      evidence: `what was about to leave for the model held ${event.classes.join(", ")}, and was taken out`,
    });
  if (event.kind === "definition-changed")
    alerts.note("definition-changed", { tool: event.tool, evidence: `${event.tool} is no longer what was pinned` });
}
