/** A key that takes a whole number. */
export interface IntegerKey {
  kind: "integer";
  about: string;
  default: number;
  min: number;
  max: number;
}

export function integer(limit: number, min: number, max: number, about: string): IntegerKey {
  return { kind: "integer", default: limit, min, max, about };
}
