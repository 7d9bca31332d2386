import { hash } from "node:crypto";
import type { Config, ServerConfig } from "../config/config.ts";
import { toRuleText } from "../gateway/flow.ts";
import { isTrusted } from "../gateway/trust.ts";

/** One setting that guards something. */
interface Guard {
  /** As a person reads it; no secret. */
  shown: string;
  /** How much it lets through: more is wider. */
  rank: number;
  /** How much is let through where the setting is absent. */
  none: number;
}

/** Name of a setting, as the config has it, → what it is. Plain data: it is kept from one start to the next. */
export type Guards = Readonly<Record<string, Guard>>;

/** Wider than every amount; JSON has no infinity. */
const UNBOUNDED = Number.MAX_VALUE;

const modes = ["strict", "seal", "off"];

/** What lets through more than before, a sentence each: `policy.tools "crm.delete*": deny → nothing`. */
export function widened(before: Guards, after: Guards): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => {
    const was = Object.hasOwn(before, name) ? before[name] : undefined;
    const is = Object.hasOwn(after, name) ? after[name] : undefined;
    const none = (was ?? is)?.none ?? 0;
    return (is?.rank ?? none) > (was?.rank ?? none)
      ? [`${name}: ${was?.shown ?? "nothing"} → ${is?.shown ?? "nothing"}`]
      : [];
  });
}

/** The guards of a config. `hasSecret`: `sluice approvals allow` asks for one. */
export function toGuards(config: Config, hasSecret: boolean): Guards {
  const { policy, privacy, sandbox, approvals, servers } = config;
  return Object.fromEntries([
    step("policy.preset", policy.preset, ["strict", "balanced", "open"]),
    step("policy.programs", policy.programs, ["approve", "allow"]),
    step("policy.definitions", policy.definitions, ["pinned", "warn"]),
    ...Object.entries(policy.tools).map(([pattern, verdict]) => rule(`policy.tools "${pattern}"`, verdict)),
    ...policy.flows.map((flow) => rule(`policy.flows "${toRuleText(flow)}"`, flow.verdict)),
    ...Object.entries(policy.alerts).map(([name, mode]) => step(`policy.alerts.${name}`, mode, ["end", "note", "off"])),
    ...(["perExecution", "perSession", "perDay", "approveAbove"] as const).flatMap((level) =>
      Object.entries(policy.budget[level]).map(([name, max]) => bound(`policy.budget.${level}.${name}`, Number(max))),
    ),
    ...Object.entries(policy.limits).flatMap(([key, limit]) =>
      Object.entries(limit).map(([name, max]) => bound(`policy.limits "${key}".${name}`, Number(max))),
    ),
    ...(hasSecret ? [held("approvals secret", "set")] : []),
    ...(approvals.notify === undefined ? [] : [held(`approvals.notify ${toPlace(approvals.notify.url)}`, "told")]),
    step("privacy.mode", privacy.mode, modes),
    step("privacy.consent", privacy.consent, ["ask", "matching", "open"]),
    ...privacy.classes.map((name) => held(`privacy.classes ${name}`, "sealed")),
    ...privacy.servers.map(({ server, mode }) =>
      step(`privacy.servers "${server}"`, mode, modes, modes.indexOf(privacy.mode)),
    ),
    ...privacy.release.flatMap(({ from, to, classes }) =>
      classes.map((name) => given(`privacy.release ${name} from "${from}" to "${to}"`)),
    ),
    step("sandbox.wall", sandbox.wall, ["container", "bwrap", "auto", "none"]),
    step("sandbox.floor", sandbox.floor, ["container", "bwrap", "none"]),
    step("sandbox.trusted", String(sandbox.trusted), ["false", "true"]),
    ...sandbox.network.allow.map(({ host, anyBelow, port }) =>
      given(`sandbox.network.allow ${anyBelow ? "*." : ""}${host}${port === undefined ? "" : `:${port}`}`),
    ),
    ...sandbox.network.methods.map((method) => given(`sandbox.network.methods ${method}`)),
    ...servers.flatMap(toServerGuards),
  ]);
}

/** Of a server that is new, or gone, nothing was widened. */
function toServerGuards({ key, trust, reads, sends }: ServerConfig): [string, Guard][] {
  const isInside = sends === undefined ? isTrusted(trust) : sends === "inside";
  const all = [
    step(`mcpServers.${key}.trust`, trust, ["untrusted", "public", "internal", "local"]),
    step(`mcpServers.${key}.sends`, isInside ? "inside" : "outside", ["outside", "inside"]),
    step(`mcpServers.${key}.reads`, reads === "ordinary" ? "ordinary" : "labelled", ["labelled", "ordinary"]),
  ];
  return all.map(([name, guard]) => [name, { ...guard, none: guard.rank }]);
}

/** One of several values, from the strictest to the widest; `none`: what holds without it. */
function step(name: string, value: string, values: readonly string[], none = values.length - 1): [string, Guard] {
  return [name, { shown: value, rank: values.indexOf(value), none }];
}

/** Without it the preset or a broader rule decides: to allow by name is wider than that, to refuse or to ask is not. */
function rule(name: string, verdict: string): [string, Guard] {
  return [name, { shown: verdict, rank: ["deny", "approve", "", "allow"].indexOf(verdict), none: 2 }];
}

function bound(name: string, max: number): [string, Guard] {
  return [name, { shown: String(max), rank: max, none: UNBOUNDED }];
}

/** Something that holds as long as it is there. */
function held(name: string, shown: string): [string, Guard] {
  return [name, { shown, rank: 0, none: 1 }];
}

/** Something that permits as long as it is there. */
function given(name: string): [string, Guard] {
  return [name, { shown: "allowed", rank: 1, none: 0 }];
}

/** Whoever knows the address of a webhook can often write to it. */
function toPlace(url: string): string {
  return `${URL.canParse(url) ? new URL(url).host : "?"} (${hash("sha256", url).slice(0, 8)})`;
}
