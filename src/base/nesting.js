/** @typedef {import("./json.ts").Json} Json */

/**
 * @param {Json} value
 * @param {number} depthMax
 * @returns {boolean}
 */
export function isNestedDeeper(value, depthMax) {
  if (typeof value !== "object" || value === null) return false;
  if (depthMax === 0) return true;
  const members = Array.isArray(value) ? value : Object.values(value);
  return members.some((member) => isNestedDeeper(member, depthMax - 1));
}
