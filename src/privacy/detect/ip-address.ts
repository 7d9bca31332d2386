import { isIP } from "node:net";

/** Whether a value is an address of the public internet: loopback, private and documentation addresses are nobody's. */
export function isPublicIp(value: string): boolean {
  const plain = value.replace(/\/\d{1,3}$/u, "").replace(/%.*$/u, "");
  const version = isIP(plain);
  if (version === 0) return false;
  return version === 4 ? isPublicV4(plain) : isPublicV6(plain.toLowerCase());
}

function isPublicV4(value: string): boolean {
  const [a = 0, b = 0, c = 0] = value.split(".").map(Number);
  if (a === 0 || a === 10 || a === 127 || a >= 224) return false;
  if (a === 172 && b >= 16 && b <= 31) return false;
  if (a === 192 && (b === 168 || (b === 0 && (c === 2 || c === 0)) || (b === 88 && c === 99))) return false;
  if (a === 169 && b === 254) return false;
  if (a === 100 && b >= 64 && b <= 127) return false;
  if ((a === 198 && b === 51 && c === 100) || (a === 203 && b === 0 && c === 113)) return false;
  return !(a === 198 && (b === 18 || b === 19));
}

function isPublicV6(value: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/u.exec(value);
  if (mapped !== null) return isPublicV4(mapped[1] ?? "");
  // 2000::/3 is all of the global unicast space; 2001:db8::/32 and 3fff::/20 are for documents.
  return /^[23][\da-f]{3}:/u.test(value) && !/^(?:2001:0?db8:|3fff:0)/u.test(value);
}
