import { limits } from "../base/limits.ts";
import { type Place, toDeclaredPath } from "../base/place.ts";

/** Something that is wrong with a value, while it is being checked. */
export interface Found {
  place: Place | undefined;
  expected: string;
  got: string;
  /** A wrong type or a wrong constant may say that another alternative of the schema was meant. */
  mistake: "type" | "constant" | "absent" | "undeclared" | "other";
}

/** What is wrong with a value, up to `limits.violationsMax`; `isByPath`: of the items of a list, each mistake once. */
export class Findings {
  readonly list: Found[] = [];
  readonly #known: Set<string> | undefined;

  constructor({ isByPath = false }: { isByPath?: boolean } = {}) {
    this.#known = isByPath ? new Set() : undefined;
  }

  get isFull(): boolean {
    return this.list.length >= limits.violationsMax;
  }

  add(place: Place | undefined, expected: string, got: string, mistake: Found["mistake"] = "other"): void {
    this.addAll([{ place, expected, got, mistake }]);
  }

  addAll(more: readonly Found[]): void {
    for (const one of more) if (!this.isFull && this.#isNew(one)) this.list.push(one);
  }

  #isNew({ place, expected, mistake }: Found): boolean {
    if (this.#known === undefined) return true;
    const key = `${toDeclaredPath(place)}\n${mistake} ${expected}`;
    return !this.#known.has(key) && this.#known.add(key).size > 0;
  }
}
