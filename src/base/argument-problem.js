/** @typedef {import("./json.ts").Json} Json */

/**
 * @param {Json | undefined} value
 * @param {number} bytes
 * @param {import("./argument-problem.d.ts").ArgumentBounds} bounds
 */
export function toArgumentProblem(value, bytes, { argumentBytesMax, argumentDepthMax, argumentValuesMax }) {
  if (bytes > argumentBytesMax) return `have ${bytes} bytes; argumentBytesMax is ${argumentBytesMax}`;
  let left = argumentValuesMax;
  /** @param {Json | undefined} one @param {number} depth @returns {"depth" | "values" | undefined} */
  const look = (one, depth) => {
    if (typeof one !== "object" || one === null) return undefined;
    if (depth === 0) return "depth";
    const members = Array.isArray(one) ? one : Object.values(one);
    left -= members.length;
    if (left < 0) return "values";
    for (const member of members) {
      const found = look(member, depth - 1);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  switch (look(value, argumentDepthMax)) {
    case "depth":
      return `are nested too deep; argumentDepthMax is ${argumentDepthMax}`;
    case "values":
      return `have more than ${argumentValuesMax} values; argumentValuesMax is ${argumentValuesMax}: make several calls`;
  }
  return undefined;
}
