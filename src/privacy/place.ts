const MEMBERS_KEPT = 200;

/** Where a member stands; one for all items of a list, so that long lists make few of them. */
export class Place {
  /** Keys from the outermost object, indices left out. */
  readonly path: readonly string[];
  /** The same with indices, as rules of the config write it: `rows[*].note`; by keys, and by what says what a member is. */
  readonly places: readonly string[];
  /** The same for the same place. */
  readonly id: string;
  #members = new Map<string, Place>();
  #items: Place | undefined;

  constructor(path: readonly string[], places: readonly string[]) {
    this.path = path;
    this.places = [...new Set(places)];
    this.id = [...path, ...this.places].join("\0");
  }

  /** `label`: what says what the member is in place of its key; "" for what is the value of the object that it is in. */
  member(key: string, label: string = key): Place {
    const name = label === key ? key : `${key}\0${label}`;
    const known = this.#members.get(name);
    if (known !== undefined) return known;
    const isValue = label === "" && key !== "";
    const [by, labelled = by] = this.places;
    const made = new Place(isValue ? this.path : [...this.path, label], [
      ...[join(by, key), isValue ? (labelled ?? "") : join(labelled, label)],
    ]);
    // Keys that are data would fill it.
    if (this.#members.size < MEMBERS_KEPT) this.#members.set(name, made);
    return made;
  }

  items(): Place {
    return (this.#items ??= new Place(
      this.path,
      this.places.map((place) => `${place}[*]`),
    ));
  }
}

const join = (place = "", key: string): string => (place === "" ? key : `${place}.${key}`);
