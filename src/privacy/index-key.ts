/**
 * Whether a key is one that JavaScript puts before all others, in the order of size: then the order of an object's keys
 * tells which number is larger. See `OrdinaryOwnPropertyKeys` in ECMAScript.
 */
export function isIndexKey(key: string): boolean {
  return /^(?:0|[1-9]\d{0,9})$/.test(key) && Number(key) < 4_294_967_295;
}
