import { isJsonObject, type JsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { AlertMode, AlertRule, LimitRule, RetryConfig } from "./config.ts";
import { type CustomKey, record } from "./privacy.ts";
import { checkPattern, type ConfigPath, type Problems, toGot } from "./problems.ts";

/** What a rule of `policy.limits` may say, and from what to what. */
const rules: Readonly<Record<keyof LimitRule, { min: number; max: number; whole: boolean; about: string }>> = {
  perSecond: { min: 0.001, max: 100_000, whole: false, about: "Calls that begin per second, on average." },
  burst: { min: 1, max: 100_000, whole: true, about: "Calls that begin at once after a pause; default: `perSecond`." },
  inFlight: { min: 1, max: 100_000, whole: true, about: "Calls that are under way at once." },
};

const limitsSchema: JsonObject = {
  type: "object",
  additionalProperties: {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(
      Object.entries(rules).map(([name, { min, max, whole, about }]) => [
        name,
        { type: whole ? "integer" : "number", minimum: min, maximum: max, description: about },
      ]),
    ),
  },
};

export const alertRules: readonly AlertRule[] = [
  ...(["leak-caught", "denials", "first-use-with-personal-data", "bulk-outside"] as const),
  ...(["failing-loop", "limits", "definition-changed", "built-from-text"] as const),
];
const alertModes: readonly AlertMode[] = ["off", "note", "end"];

/** The keys of the section `policy` that have a form of their own. */
export const policyKeys: Readonly<Record<"limits" | "retryTools" | "alerts", CustomKey>> = {
  alerts: {
    kind: "custom",
    about: "What each alert does: `note` (the default) tells of it, `end` ends the execution too, `off` nothing.",
    schema: {
      type: "object",
      additionalProperties: false,
      properties: Object.fromEntries(alertRules.map((rule) => [rule, { enum: [...alertModes] }])),
    },
    read(value, path, problems): Record<AlertRule, AlertMode> {
      const given = record(value, path, problems, '{ "failing-loop": "end" }');
      for (const [rule, mode] of given) {
        if (!alertRules.some((known) => known === rule))
          problems.addUnknown([...path, rule], alertRules, "unknown rule");
        else if (!alertModes.some((known) => known === mode))
          problems.add([...path, rule], `expected "off", "note" or "end", got ${toGot(mode)}`);
      }
      const defaults = alertRules.map((rule) => [rule, "note"] as const);
      return Object.fromEntries([...defaults, ...given]) as Record<AlertRule, AlertMode>;
    },
  },
  limits: {
    kind: "custom",
    about:
      "How often is called, by server (`crm`; `*`: each that has no rule of its own) or by tool (`crm.create*`, each tool for itself). What waits for its turn is served fairly between programs.",
    schema: limitsSchema,
    read(value, path, problems): Record<string, LimitRule> {
      const given = record(value, path, problems, '{ "crm": { "perSecond": 5 } }').map(
        ([name, rule]) => [name, readRule(rule, [...path, name], problems)] as const,
      );
      return { "*": { inFlight: limits.callsPerServerMax }, ...Object.fromEntries(given) };
    },
  },
  retryTools: {
    kind: "custom",
    about:
      "Address pattern to `always` (a second try does no harm) or `never`; the most literal characters win. Without a rule: reads and idempotent tools of a server trusted as internal, and calls that surely did not run.",
    schema: { type: "object", additionalProperties: { enum: ["always", "never"] } },
    read(value, path, problems): RetryConfig["tools"] {
      return Object.fromEntries(
        record(value, path, problems, '{ "crm.create*": "never" }').map(([pattern, rule]) => {
          checkPattern(pattern, [...path, pattern], problems);
          if (rule !== "always" && rule !== "never")
            problems.add([...path, pattern], `expected "always" or "never", got ${toGot(rule)}`);
          return [pattern, rule as "always" | "never"];
        }),
      );
    },
  },
};

function readRule(value: unknown, path: ConfigPath, problems: Problems): LimitRule {
  if (!isJsonObject(value)) {
    problems.add(path, `expected an object like { "perSecond": 5 }, got ${toGot(value)}`);
    return {};
  }
  for (const [name, number] of Object.entries(value)) {
    const rule = Object.hasOwn(rules, name) ? rules[name as keyof LimitRule] : undefined;
    if (rule === undefined) problems.addUnknown([...path, name], Object.keys(rules));
    else if (
      typeof number !== "number" ||
      number < rule.min ||
      number > rule.max ||
      (rule.whole && !Number.isInteger(number))
    )
      problems.add(
        [...path, name],
        `expected a ${rule.whole ? "whole " : ""}number from ${rule.min} to ${rule.max}, got ${toGot(number)}`,
      );
  }
  if (Object.keys(value).length === 0) problems.add(path, "it limits nothing: set perSecond or inFlight");
  return value;
}
