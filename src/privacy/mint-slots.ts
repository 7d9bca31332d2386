import { literalClass } from "./classes.ts";
import { toDecoded } from "./encoded-findings.ts";
import { isString, toKept, toRead } from "./json-text.ts";
import type { Slot } from "./slot.ts";
import type { FoundValue, Vault } from "./vault.ts";

/** Gives each finding its token, and each value its place in the vault. */
export function mintSlots(slots: readonly Slot[], server: string, vault: Vault): void {
  const values: FoundValue[] = [];
  for (const slot of slots) {
    for (const { start, end, class: name, of, isMixed = false, json, layers } of slot.findings) {
      const written = slot.text.slice(start, end);
      const isText = json === undefined || isString({ json });
      const surface = json === undefined ? (toDecoded(written) ?? written) : isText ? toRead({ json, layers }) : json;
      const writing = layers !== undefined && isText ? toKept(surface, { json, layers }) : undefined;
      // Nobody's: two writings of one may stand in one text.
      const isOwn = name === literalClass && writing !== undefined && writing !== "";
      values.push({
        ...{ class: name, isMixed, surface: isOwn ? writing : surface, isJson: slot.isNumber || !isText || isOwn },
        ...(of === undefined ? {} : { of }),
        ...(writing === undefined || isOwn ? {} : { writing }),
      });
    }
  }
  const tokens = vault.mint(values, server);
  let next = 0;
  for (const slot of slots)
    slot.tokens = slot.findings.map(({ start, end, json, isEncoded = false, quote = "" }) => {
      const token = tokens[next++] ?? "";
      if (json !== undefined) return quote + token + quote;
      // Where the value was percent-encoded, its token is: who decodes the text finds the token.
      return isEncoded || toDecoded(slot.text.slice(start, end)) !== undefined ? encodeURIComponent(token) : token;
    });
}
