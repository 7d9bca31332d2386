/** Texts that begin alike, each with what it stands for; at one place of a text the longest is tried first. */
export class LongestFirst<Value> {
  #lengths: number[] = [];
  #values = new Map<string, Value>();

  /** The first one counts. */
  add(text: string, value: Value): void {
    if (this.#values.has(text)) return;
    this.#values.set(text, value);
    if (this.#lengths.includes(text.length)) return;
    this.#lengths.push(text.length);
    this.#lengths.sort((one, other) => other - one);
  }

  /** The first that stands here and is accepted. `slice` gives so many characters from the place on, fewer at the end of the text. */
  find(slice: (length: number) => string, accepts: (value: Value, length: number) => boolean): Value | undefined {
    for (const length of this.#lengths) {
      const text = slice(length);
      // What is cut at the end of the text has its turn as a shorter one.
      const value = text.length < length ? undefined : this.#values.get(text);
      if (value !== undefined && accepts(value, length)) return value;
    }
    return undefined;
  }
}
