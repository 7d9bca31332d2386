/** What is left of JSON without its long strings, and these as the bytes of their text. */
export interface TakenStrings {
  rest: string;
  strings: Uint8Array[][];
}

/** Takes the long strings out of JSON while it comes; `toMark` names what stands for each in the rest. */
export declare function createLongStrings(toMark: (index: number) => string): {
  push(bytes: Uint8Array): void;
  /** `undefined` where the JSON is for the real parser: broken, or with half a surrogate pair. */
  end(): TakenStrings | undefined;
};
