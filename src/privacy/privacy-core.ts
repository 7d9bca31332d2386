import type { OwnClassConfig } from "../config/config.ts";
import type { Json, JsonObject, JsonSchema } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { isNestedDeeper } from "../base/nesting.js";
import { createStore, type Store } from "../store/store.ts";
import { countryOf } from "./country.ts";
import { createDetector, type Detector } from "./detect/detector.ts";
import { createDisguisedValues, createFormsOf } from "./disguised-values.ts";
import { createEchoes } from "./echoes.ts";
import { parseFieldRules } from "./field-rules.ts";
import { textClass } from "./classes.ts";
import { createKnownValues } from "./known-values.ts";
import { createNet } from "./net.ts";
import { toFinder } from "./own-class.ts";
import { answerQuestion, type Question } from "./questions.ts";
import { findTokens, restoreArguments, restoredValues, toUnknown } from "./restore.ts";
import { type Sealed, type SealMode, type SealParts, sealValue } from "./seal.ts";
import { createTokenGrammar, toTokenText } from "./token.ts";
import { createVault, type Vault } from "./vault.ts";
import { createMissingKey, createVaultKey } from "./vault-key.ts";

/** What the part of Sluice that sees personal data is made from; plain data, because it lives in a thread. */
export interface PrivacySettings {
  /** Folder of the store. */
  directory: string;
  /** Scope of the vault: tokens of another one mean nothing. */
  scope: string;
  /** Under which its numbers are counted, if not its own. */
  counterScope?: string;
  /** 32 bytes; or why there is none: then nothing can be sealed or restored, and all else works. */
  key: Uint8Array | { code: string; message: string; hint?: string };
  /** 32 bytes. */
  sessionKey: Uint8Array;
  classes: readonly string[];
  prose: boolean;
  own: readonly OwnClassConfig[];
  mayMatch: boolean;
  /** Secrets of the host: known from the beginning. */
  secrets: readonly string[];
}

/** What a value is sealed as. */
export interface SealRequest {
  value: Json;
  server: string;
  mode: SealMode;
  /** The server is this machine's own: only what is dangerous anywhere is sealed. */
  isLocal: boolean;
  schema?: JsonSchema;
  fields: Readonly<Record<string, string>>;
  /** The arguments of the call that it answers, with tokens: what is behind them is sealed in any form. */
  sent?: JsonObject;
}

/** A token in the arguments of a call, with what a decision about it needs. */
export interface SealedUse {
  token: string;
  class: string;
  /** Servers that its value came from. */
  origins: string[];
  path: readonly string[];
  isWhole: boolean;
}

/** Everything that reads personal data. Each method takes and gives plain data; errors are `SluiceError`s. */
export interface PrivacyCore extends Disposable {
  seal(request: SealRequest): Sealed;
  uses(args: JsonObject): SealedUse[];
  /** Notes with each value that it is sent to `server`. */
  restore(args: JsonObject, schema: JsonSchema, server: string): JsonObject;
  /** What leaves for the model, and the texts that come one after another with it; `hits`: the classes that should not have been in them. */
  clean(value: Json, texts: readonly string[]): { value: Json; texts: string[]; hits: string[] };
  ask(question: Question): Json;
  /** What a person may see of a value: `a•••@acme.io`. */
  masked(token: string): string;
  show(token: string): { value: string; class: string; origins: string[] } | null;
  stats(): ReturnType<Vault["stats"]>;
  forget(value: string): number;
}

/** Sealed wherever it comes from. */
const dangerous = ["SECRET", "CARD"];

/** `now`: milliseconds since the epoch; `ticks`: those that the time of sealing is counted in, `busy`: those of them that this process had a processor. */
export function createPrivacyCore(
  settings: PrivacySettings,
  now: () => number = Date.now,
  ticks: () => number = toWallMs,
  busy: () => number = ticks === toWallMs ? toBusyMs : ticks,
): PrivacyCore {
  // It holds up its own thread only: a result that it cannot seal would be lost after its call has happened.
  const store: Store = createStore(settings.directory, { waitMs: limits.storeBusyMs });
  const vault = createVault({
    store,
    scope: settings.scope,
    counterScope: settings.counterScope,
    key: settings.key instanceof Uint8Array ? createVaultKey(settings.key) : createMissingKey(settings.key),
    sessionKey: createVaultKey(settings.sessionKey),
    now,
  });
  const grammar = createTokenGrammar(settings.own.map(({ class: name }) => name));
  const own = settings.own.map((one) => ({ class: one.class, find: toFinder(one) }));
  const known = createKnownValues();
  const disguised = createDisguisedValues();
  const classes = new Set([...settings.classes, ...settings.own.map(({ class: name }) => name)]);
  const everywhere = new Set(dangerous.filter((name) => classes.has(name)));
  const detector = createDetector({ classes, prose: settings.prose, own });
  let local: Detector | undefined;
  const net = createNet({ detector, grammar, known, disguised });

  /** What other threads and processes have minted meanwhile. */
  function update(): void {
    const { isReset, values } = vault.changes();
    if (isReset) {
      known.clear();
      disguised.clear();
      for (const surface of settings.secrets)
        for (const list of [known, disguised]) list.add({ class: "SECRET", surface });
    }
    for (const value of values) {
      if (isStructure(value)) continue;
      known.add(value);
      disguised.add(value);
    }
  }

  function readToken(text: string): ReturnType<Vault["read"]> {
    const [only] = grammar.find(text.trim());
    return only?.kind === "token" ? vault.read(only.token) : undefined;
  }

  return {
    seal({ value, server, mode, isLocal, schema, fields, sent }) {
      update();
      const echoes = sent === undefined ? undefined : createEchoes(restoredValues(sent, { grammar, vault }));
      if (isLocal) local ??= createDetector({ classes: everywhere, prose: false });
      const parts: SealParts = {
        ...{ grammar, vault, known, now: ticks, busy },
        ...(echoes === undefined ? {} : { echoes }),
        ...(vault.hasSentTo(server) ? { disguised } : {}),
        ...(isLocal && local !== undefined
          ? { detector: local, classes: everywhere }
          : { detector, classes, hasOwn: own.length > 0 }),
      };
      const rules = parseFieldRules(fields);
      return sealValue(value, { server, mode, fields: rules, ...(schema === undefined ? {} : { schema }) }, parts);
    },
    uses(args) {
      const origins = new Map<string, string[]>();
      return findTokens(args, grammar).map(({ token, path, isWhole }) => {
        const text = toTokenText(token);
        let from = origins.get(text);
        if (from === undefined) {
          if (!vault.has(token)) throw toUnknown(text);
          origins.set(text, (from = vault.origins(token)));
        }
        return { token: text, class: token.class, path, isWhole, origins: from };
      });
    },
    restore(args, schema, server) {
      const restored = restoreArguments(args, schema, { grammar, vault });
      vault.noteSent(
        findTokens(args, grammar).map(({ token }) => token),
        server,
      );
      return restored;
    },
    clean(value, texts) {
      update();
      const hits: string[] = [];
      return { value: net.cleanValue(value, hits), texts: net.cleanTexts(texts, hits), hits };
    },
    ask: (question) =>
      answerQuestion(question, {
        ...{ grammar, vault, now, countryOf, mayMatch: settings.mayMatch },
        sortSecret: settings.key instanceof Uint8Array ? settings.key : settings.sessionKey,
      }),
    masked: (token) => toMasked(readToken(token)?.surface ?? ""),
    show(text) {
      const entry = readToken(text);
      if (entry === undefined) return null;
      return { value: entry.surface, class: entry.token.class, origins: vault.origins(entry.token) };
    },
    stats: () => vault.stats(),
    forget: (value) => vault.forgetIf(createFormsOf(value, classes)) + vault.forget(value, classes),
    [Symbol.dispose]: () => store[Symbol.dispose](),
  };
}

/** So much nesting says nothing but how it is nested, over pieces that are long enough to be looked for. */
const structureDepth = 16;

/** What was withheld for its depth: lists or objects in one another, which are nobody's and stand in others too. */
function isStructure({ class: name, surface }: { class: string; surface: string }): boolean {
  if (name !== textClass || !/^[[{]/.test(surface)) return false;
  try {
    return isNestedDeeper(JSON.parse(surface) as Json, structureDepth);
  } catch {
    return false;
  }
}

function toWallMs(): number {
  return performance.now();
}

function toBusyMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** As much as a person needs to recognise a value, and no more. */
function toMasked(value: string): string {
  const at = value.lastIndexOf("@");
  if (at > 0) return `${value.slice(0, 1)}•••${value.slice(at)}`;
  if (value.length < 5) return "•••";
  return `${value.slice(0, 1)}•••${/\d\d$/.test(value) ? value.slice(-2) : ""}`;
}
