/** The index of the last of `count` ascending numbers that is not over `most`; -1: there is none. */
export function lastUpTo(count: number, numberAt: (index: number) => number, most: number): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numberAt(middle) <= most) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
