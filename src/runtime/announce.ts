import { type JsonObject, parseJsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { Config } from "../config/config.ts";
import type { Audit } from "../gateway/audit.ts";
import type { Broker, RememberedAnswer } from "../gateway/broker.ts";
import type { Store } from "../store/store.ts";
import { createApprovalSecret } from "./approval-secret.ts";
import type { HealthCheck } from "./sluice.ts";
import { type Guards, toGuards, widened } from "./widened.ts";

interface AnnounceParts {
  config: Config;
  store: Store;
  audit: Pick<Audit, "record">;
  broker: Pick<Broker, "atStart">;
  log: (line: string) => void;
}

/**
 * Says what opens more than a person may think of: answers that were given for always, and settings that are wider than
 * when this state directory was last used. Gives back the same for `sluice doctor`.
 */
export function announce(parts: AnnounceParts): HealthCheck[] {
  return [announceAnswers(parts), announceConfig(parts)];
}

function announceAnswers({ broker, log }: AnnounceParts): HealthCheck {
  const { atStart } = broker;
  const name = "remembered answers";
  if (atStart.length === 0) return { name, ok: true, detail: "none" };
  const shown = atStart.slice(0, limits.widenedShownMax).map(toAnswerLine);
  const more = atStart.length > shown.length ? `, and ${atStart.length - shown.length} more` : "";
  const detail = `${atStart.length} in force: ${shown.join(", ")}${more}`;
  log(`remembered answers: ${detail}`);
  return { name, ok: true, detail };
}

/** An answer for always, in one line: `allow edge hr → crm.note`. */
export function toAnswerLine({ kind, origins, tool, answer }: RememberedAnswer): string {
  return `${answer} ${kind} ${origins.length === 0 ? "" : `${origins.join(" + ")} → `}${tool}`;
}

/** One process after another compares with what the one before it had: of two configs in turn each is said to be wider. */
function announceConfig({ config, store, audit, log }: AnnounceParts): HealthCheck {
  const guards = toGuards(config, createApprovalSecret(store).isSet());
  const before = readSetting(store, "guards") as unknown as Guards | undefined;
  const changes = before === undefined ? [] : widened(before, guards);
  let last = readWidened(store);
  if (changes.length > 0) {
    const shown = changes.slice(0, limits.widenedShownMax);
    if (changes.length > shown.length) shown.push(`and ${changes.length - shown.length} more`);
    // Before it is kept: what could not be recorded is said again at the next start.
    audit.record({ kind: "config-widened", changes: shown });
    const at = new Date().toISOString();
    // A small change does not hide the one before it.
    const all = [...shown.map((change) => `${change} (${at})`), ...last.changes];
    last = { at, changes: all.slice(0, limits.widenedShownMax) };
    writeSetting(store, "widened", last);
  }
  if (JSON.stringify(before) !== JSON.stringify(guards)) writeSetting(store, "guards", guards);
  // Not only once: the first start may be a command whose log nobody reads.
  if (Date.now() - Date.parse(last.at) < limits.widenedSaidMs)
    for (const change of last.changes) log(`config-widened: ${change}`);
  const detail = last.changes.length === 0 ? "was never widened here" : `widened: ${last.changes.join("; ")}`;
  return { name: "policy", ok: true, detail };
}

/** What was widened here, the newest first, and when that was. */
function readWidened(store: Store): { at: string; changes: string[] } {
  const { at, changes } = readSetting(store, "widened") ?? {};
  return {
    at: typeof at === "string" ? at : "",
    changes: Array.isArray(changes) ? changes.filter((change) => typeof change === "string") : [],
  };
}

function readSetting(store: Store, name: string): JsonObject | undefined {
  const text = store.get<{ value: string }>("SELECT value FROM setting WHERE name = ?", [name])?.value;
  return text === undefined ? undefined : parseJsonObject(text);
}

function writeSetting(store: Store, name: string, value: unknown): void {
  store.run("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", [name, JSON.stringify(value)]);
}
