import { isUtf8 } from "node:buffer";
import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { SluiceError } from "../base/errors.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { Config, PrivacyMode } from "../config/config.ts";
import type { Audit } from "../gateway/audit.ts";
import type { Broker } from "../gateway/broker.ts";
import type { ToolCall } from "../gateway/call.ts";
import { createRules, matchesPattern } from "../gateway/pattern.ts";
import { toTrustOf } from "../gateway/trust.ts";
import { mayHaveTokens } from "../gateway/privacy.ts";
import type { StepParts } from "../gateway/steps.ts";
import { isFor } from "../privacy/is-for.ts";
import { createPrivacy, type Privacy } from "../privacy/privacy.ts";
import type { PrivacySettings, SealRequest } from "../privacy/privacy-core.ts";
import type { SealMode } from "../privacy/seal.ts";
import { createTokenGrammar } from "../privacy/token.ts";
import { purgeVault } from "../privacy/forget.ts";
import { loadVaultKey } from "../privacy/vault-key.ts";
import type { SealedResponse } from "../sandbox/network/network-gate.ts";
import type { Store } from "../store/store.ts";
import { toHostSecrets } from "./host-secrets.ts";

/** What one running Sluice has to do with personal data. Nothing is loaded, and no key made, before it is needed. */
export interface OpenPrivacy extends AsyncDisposable {
  /** Whether anything is sealed at all. */
  readonly isOn: boolean;
  /** Whoever reads personal data. Where the key is missing, what needs it rejects with `vault_key_lost` or `vault_unavailable`. */
  need(): Privacy;
  /** What a program sees of a response that it fetched; absent where nothing is sealed. Its origin is `network:<host>`. */
  readonly sealResponse?: (response: SealedResponse & { host: string }) => Promise<SealedResponse>;
  /** For the gateway; absent where nothing is sealed. */
  readonly steps: Pick<StepParts, "privacy" | "sealed">;
  /** Forgets every value of the workspace, also where its key is lost; says how many records went. */
  purge(): number;
  /** Starts what reads personal data ahead of need. */
  warm(): void;
}

/** Of the only workspace there is yet. */

export interface PrivacyParts {
  config: Config;
  store: Store;
  audit: Audit;
  broker: Broker;
}

export function openPrivacy({ config, store, audit, broker }: PrivacyParts): OpenPrivacy {
  const { privacy } = config;
  const trustOf = toTrustOf(config.servers);
  const findMode = createRules(privacy.servers.map(({ server, mode }) => [server, mode] as const));
  const toMode = (key: string): PrivacyMode => findMode(key)?.rule ?? privacy.mode;
  const modes = new Map(config.servers.map(({ key }) => [key, toMode(key)]));
  const isOn = privacy.mode !== "off" || [...modes.values()].some((mode) => mode !== "off");
  const grammar = createTokenGrammar(privacy.own.map((own) => own.class));
  let reader: Privacy | undefined;

  function need(): Privacy {
    reader ??= createPrivacy(toSettings(config, store));
    return reader;
  }

  function toRequest({ tool, arguments: sent }: ToolCall, mode: SealMode): Omit<SealRequest, "value"> {
    const fields = privacy.fields
      .filter(({ tools }) => matchesPattern(tools, tool.address))
      .map(({ places }) => places);
    return {
      ...{ server: tool.server, mode, fields: Object.assign({}, ...fields) as Record<string, string> },
      isLocal: trustOf(tool.server) === "local",
      ...(tool.outputSchema === undefined ? {} : { schema: tool.outputSchema }),
      ...(mayHaveTokens(sent) ? { sent } : {}),
    };
  }

  function recordSealed(
    { executionId, callId, tool }: ToolCall,
    counts: Record<string, number>,
    withheld: number,
  ): void {
    if (withheld === 0 && Object.keys(counts).length === 0) return;
    try {
      audit.record({ kind: "sealed", executionId, callId, tool: tool.address, counts, withheld });
    } catch {
      // The call has happened: its result is told. The next call is refused instead.
    }
  }

  async function sealResponse({ host, headers, body }: SealedResponse & { host: string }): Promise<SealedResponse> {
    const server = `network:${host}`;
    const mode = toMode(server);
    // What is no text (an image, an archive) is not looked into.
    const text = isUtf8(body) && !body.includes(0) ? body.toString("utf8") : undefined;
    const value: Json = { headers: headers.map(([, one]) => one), text: text ?? "" };
    const sealed = await need().seal({
      ...{ value, server, mode: mode === "off" ? "literals" : mode, isLocal: false, fields: {} },
    });
    const shown = sealed.value as { headers: string[]; text: string };
    const given = text === undefined ? body : Buffer.from(shown.text);
    return {
      // The length is that of what is given: the real one tells how long the values are.
      headers: headers.map(([name], index) => [
        name,
        name === "content-length" && body.length > 0 ? String(given.length) : (shown.headers[index] ?? ""),
      ]),
      body: given,
    };
  }

  return {
    isOn,
    need,
    ...(isOn ? { sealResponse } : {}),
    purge() {
      const records = purgeVault(store, toScope(config));
      // With nothing left to be read, a lost key is replaced by a new one.
      void reader?.[Symbol.asyncDispose]();
      reader = undefined;
      return records;
    },
    warm() {
      if (isOn) need().warm();
    },
    steps: isOn
      ? {
          sealed(text) {
            const [first] = grammar.find(text);
            if (first?.kind !== "token") return undefined;
            return first.start === 0 && first.end === text.length ? "whole" : "part";
          },
          privacy: {
            resultBytesMax: config.sandbox.resultBytesMax,
            modeOf: (server) => modes.get(server) ?? privacy.mode,
            restore: (args, schema, server) => need().restore(args, schema, server),
            async seal(value, call, mode) {
              const sealed = await need().seal({ ...toRequest(call, mode), value });
              recordSealed(call, sealed.counts, sealed.withheld);
              return sealed;
            },
            async sealLarge(value, call, mode) {
              const sealed = await need().sealLarge(value, toRequest(call, mode));
              recordSealed(call, sealed.counts, sealed.withheld);
              return sealed;
            },
            release: {
              privacy,
              uses: async (args: JsonObject) => (mayHaveTokens(args) ? need().uses(args) : []),
              trustOf,
              isFor,
              remembered: (from, tool) => broker.remembered("edge", from, tool),
              record({ executionId, callId, tool }, edges) {
                for (const edge of edges)
                  audit.record({ kind: "edge", executionId, callId, tool: tool.address, ...edge });
              },
            },
          },
        }
      : {},
    async [Symbol.asyncDispose]() {
      await reader?.[Symbol.asyncDispose]();
    },
  };
}

/** The key, or why there is none. */
function toKey(file: string, mayMake: boolean): PrivacySettings["key"] {
  try {
    return loadVaultKey(file, process.env, mayMake);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    const { code, message, hint } = error;
    return { code, message, ...(hint === undefined ? {} : { hint }) };
  }
}

/** What one workspace has tokens for, another one has not. */
export function toScope({ workspace }: Pick<Config, "workspace">): string {
  return `workspace:${workspace}`;
}

/** Nothing that was sealed needs a key that is gone. */
export function mayMakeKey(store: Store): boolean {
  const kept = "SELECT 1 AS found FROM vault_value WHERE scope NOT LIKE 'session:%' AND class <> 'SECRET' LIMIT 1";
  return store.get(kept) === undefined;
}

function toSettings(config: Config, store: Store): PrivacySettings {
  const { privacy, stateDir } = config;
  const sessionKey = randomBytes(32);
  const isSession = privacy.vault === "session";
  return {
    directory: stateDir,
    scope: isSession ? `session:${randomUUID()}` : toScope(config),
    counterScope: toScope(config),
    key: isSession ? sessionKey : toKey(join(stateDir, "vault.key"), mayMakeKey(store)),
    sessionKey,
    ...{ classes: privacy.classes, prose: privacy.prose, own: privacy.own, mayMatch: privacy.matches },
    secrets: toHostSecrets(config.servers),
  };
}
