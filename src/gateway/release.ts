import type { JsonObject, JsonSchema } from "../base/json.ts";
import { guardedClasses } from "../base/personal-data-classes.ts";
import type { PrivacyConfig, Trust } from "../config/config.ts";
import type { CallOutcome, Step, ToolCall } from "./call.ts";
import type { Edge, EdgeVerdict } from "./edge.ts";
import type { SealedUse } from "../privacy/privacy-core.ts";
import { matchesPattern } from "./pattern.ts";
import { isTrusted } from "./trust.ts";

export interface ReleaseParts {
  uses: (args: JsonObject) => Promise<readonly SealedUse[]>;
  privacy: Pick<PrivacyConfig, "consent" | "release">;
  trustOf: (server: string) => Trust;
  /** Whether an argument is made for this class: by its schema's format, or by its name. */
  isFor: (name: string, path: readonly string[], schema: JsonSchema) => boolean;
  /** What a person has said of this flow once for all. */
  remembered: (from: readonly string[], tool: string) => "allow" | "deny" | undefined;
  /** Told of every edge, allowed or not. */
  record: (call: ToolCall, edges: readonly Edge[]) => void;
  /** Resolves when what was recorded is on the disk. */
  flush: () => Promise<void>;
}

/**
 * Decides where personal data may go, on sealed arguments and without asking: back to where it came from always; else
 * by a rule, by an answer that was remembered, or by consent. What needs a person is left to the next steps as a question.
 */
export function release(parts: ReleaseParts): Step {
  return async (call, next) => {
    const uses = await parts.uses(call.arguments);
    if (uses.length === 0) return next(call);
    const edges = toEdges(uses.map((use) => ({ use, verdict: decide(use, call, parts) })));
    parts.record(call, edges);
    const denied = edges.find(({ verdict }) => verdict === "deny");
    if (denied !== undefined) return refuse(call, denied);
    // What leaves is on record for good before it leaves.
    await parts.flush();
    const asked = edges.filter(({ verdict }) => verdict === "ask");
    if (asked.length === 0) return next(call);
    return next({ ...call, edges: asked });
  };
}

function decide(
  { class: name, origins, path, isWhole }: SealedUse,
  { tool }: ToolCall,
  parts: ReleaseParts,
): EdgeVerdict {
  const { privacy, trustOf, isFor, remembered } = parts;
  const others = origins.filter((origin) => origin !== tool.server);
  if (others.length === 0 && origins.length > 0) return "return";
  const hasRule = (origin: string): boolean =>
    privacy.release.some(
      ({ from, to, classes }) =>
        matchesPattern(from, origin) &&
        matchesPattern(to, tool.address) &&
        (classes.includes(name) || classes.includes("*")),
    );
  if (others.length > 0 && others.every(hasRule)) return "rule";
  if (guardedClasses.some((guarded) => guarded === name)) return "deny";
  if (privacy.consent === "open") return "open";
  if (
    privacy.consent === "matching" &&
    isTrusted(trustOf(tool.server)) &&
    isWhole &&
    isFor(name, path, tool.inputSchema)
  )
    return "matching";
  const answer = remembered(others, tool.address);
  return answer === undefined ? "ask" : answer === "allow" ? "remembered" : "deny";
}

function toEdges(decided: readonly { use: SealedUse; verdict: EdgeVerdict }[]): Edge[] {
  const edges = new Map<string, { edge: Edge; tokens: Set<string>; paths: Set<string> }>();
  for (const { use, verdict } of decided) {
    const key = JSON.stringify([use.class, use.origins, verdict]);
    const known = edges.get(key) ?? {
      edge: { class: use.class, from: [...use.origins], tokens: [], paths: [], verdict } satisfies Edge,
      tokens: new Set<string>(),
      paths: new Set<string>(),
    };
    known.tokens.add(use.token);
    known.paths.add(use.path.join("."));
    edges.set(key, known);
  }
  return [...edges.values()].map(({ edge, tokens, paths }) => ({ ...edge, tokens: [...tokens], paths: [...paths] }));
}

function refuse({ tool }: ToolCall, { class: name, from, tokens }: Edge): CallOutcome {
  const origin = from.length === 0 ? "an unknown server" : from.join(", ");
  const isGuarded = guardedClasses.some((guarded) => guarded === name);
  return {
    kind: "error",
    code: "release_denied",
    message: `Cannot call ${tool.address}: ${tokens.slice(0, 3).join(", ")} came from ${origin}, and ${isGuarded ? `${name} goes nowhere else without a rule` : "a person has denied this flow"}`,
    hint: `Do the work without it; the operator may permit it: "privacy": { "release": [{ "from": ${JSON.stringify(from[0] ?? "*")}, "to": ${JSON.stringify(tool.address)}, "classes": ["${name}"] }] }`,
  };
}
