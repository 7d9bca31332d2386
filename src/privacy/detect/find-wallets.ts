import { createHash } from "node:crypto";
import type { Report } from "./candidate.ts";

const candidates =
  /(?<![A-Za-z0-9])(?:0x[0-9a-fA-F]{40}|(?:bc1|ltc1)[02-9ac-hj-np-z]{38,60}|[13LMD][1-9A-HJ-NP-Za-km-z]{25,34})(?![A-Za-z0-9])/g;
const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** Addresses of wallets: Ethereum and bech32 by form, base58 by its checksum. The class WALLET is nobody's default. */
export function findWallets(text: string, report: Report): void {
  for (const { index, 0: surface } of text.matchAll(candidates)) {
    if (/^(?:0x|bc1|ltc1)/.test(surface) || isBase58Check(surface)) report("WALLET", index, index + surface.length, 3);
  }
}

function isBase58Check(surface: string): boolean {
  let value = 0n;
  for (const character of surface) value = value * 58n + BigInt(alphabet.indexOf(character));
  const bytes = Buffer.from(value.toString(16).padStart(50, "0"), "hex");
  if (bytes.length !== 25) return false;
  const hash = (data: Uint8Array) => createHash("sha256").update(data).digest();
  return hash(hash(bytes.subarray(0, 21)))
    .subarray(0, 4)
    .equals(bytes.subarray(21));
}
