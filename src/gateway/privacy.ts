import type { LargeValue } from "../base/large-json.ts";
import type { Json, JsonObject, JsonSchema } from "../base/json.ts";
import { toArgumentText } from "../base/argument-text.ts";
import { toJsonSize } from "../base/json-size.ts";
import { limits } from "../base/limits.ts";
import type { PrivacyMode } from "../config/config.ts";
import { mayHaveLookAlikes } from "../privacy/look-alikes.ts";
import type { SealMode } from "../privacy/seal.ts";
import type { CallOutcome, SealedCounts, Step, ToolCall } from "./call.ts";
import { toTooLarge, withBoundedWords } from "./unwrap.ts";

/** What is asked of whoever reads personal data. */
export interface SealParts {
  /** Replaces tokens by what is behind them; rejects where that cannot be done. */
  restore: (args: JsonObject, schema: JsonSchema, server: string) => Promise<JsonObject>;
  seal: (value: Json, call: ToolCall, mode: SealMode) => Promise<{ value: Json } & SealedCounts>;
  sealLarge: (
    value: LargeValue,
    call: ToolCall,
    mode: SealMode,
  ) => Promise<{ value: LargeValue; size: number; skeleton: Json } & SealedCounts>;
  modeOf: (server: string) => PrivacyMode;
  /** Of one answer, once it is sealed. */
  resultBytesMax: number;
}

/**
 * The innermost step: restores on the way out and seals on the way back, errors too. Nothing of an answer passes that
 * was not looked at: where that fails, the call does.
 */
export function privacy({ restore, seal, sealLarge, modeOf, resultBytesMax }: SealParts): Step {
  async function around(call: ToolCall, next: (call: ToolCall) => Promise<CallOutcome>): Promise<CallOutcome> {
    const { server, inputSchema } = call.tool;
    const args = mayHaveTokens(call.arguments) ? await restore(call.arguments, inputSchema, server) : call.arguments;
    const outcome = await next({ ...call, arguments: args });
    const mode = toSealMode(modeOf(server), args !== call.arguments);
    if (mode === "literals" && !mayNameTokens(outcome)) return outcome;
    switch (outcome.kind) {
      case "data": {
        const { value, ...sealed } = await seal(outcome.data, call, mode);
        const bytes = toJsonSize(value, limits.resultBytesMax) + (outcome.mediaBytes ?? 0);
        return { ...outcome, data: value, bytes, sealed };
      }
      case "large": {
        const { value, size, skeleton, ...sealed } = await sealLarge(outcome.value, call, mode);
        return { ...outcome, value, skeleton, bytes: size + (outcome.mediaBytes ?? 0), sealed };
      }
      case "error": {
        const { message, hint } = outcome;
        const words: JsonObject = hint === undefined ? { message } : { message, hint };
        // The words are Sluice's own as well as the server's: in none of the modes is all of it hidden.
        const { value } = await seal(words, call, mode === "strict" ? "seal" : mode);
        return { ...outcome, ...(value as { message: string; hint?: string }) } satisfies CallOutcome;
      }
    }
  }

  // Bounds are those of what is sealed: how long a value is, or a part of it, would be told by what is over them.
  return async (call, next) => {
    const outcome = await around(call, next);
    if (outcome.kind === "error") return withBoundedWords(outcome);
    return (outcome.bytes ?? 0) > resultBytesMax ? toTooLarge(resultBytesMax) : outcome;
  };
}

/**
 * A server that is not sealed still gives no value back that it was just handed behind a token, and names no token of
 * another's value.
 */
function toSealMode(mode: PrivacyMode, wasGiven: boolean): SealMode {
  if (mode !== "off") return mode;
  return wasGiven ? "seal" : "literals";
}

/** What is large is looked at in the thread alone. */
function mayNameTokens(outcome: CallOutcome): boolean {
  switch (outcome.kind) {
    case "data":
      return hasText(outcome.data, mayHaveLookAlikes);
    case "large":
      return true;
    case "error":
      return mayHaveLookAlikes(`${outcome.message}${outcome.hint ?? ""}`);
  }
}

/** Whether it is worth asking: the beginning of a token stands somewhere, plain or percent-encoded. */
export function mayHaveTokens(args: JsonObject): boolean {
  const text = toArgumentText(args);
  // A list may begin with one of the three words.
  return (text.includes("[") || text.includes("%5")) && /\[(?!(?:true|false|null)[,\]])[A-Z]|%5B/i.test(text);
}

/** Whether a text or key of a value is one. */
function hasText(value: Json, isOne: (text: string) => boolean): boolean {
  if (typeof value === "string") return isOne(value);
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some((item) => hasText(item, isOne));
  return Object.entries(value).some(([key, member]) => isOne(key) || hasText(member, isOne));
}
