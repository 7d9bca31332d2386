import { limits } from "../base/limits.ts";
import type { Place } from "./violation-text.ts";

/** Something that is wrong with a value, while it is being checked. */
export interface Found {
  place: Place | undefined;
  expected: string;
  got: string;
  /** A wrong type or a wrong constant may say that another alternative of the schema was meant. */
  mistake: "type" | "constant" | "absent" | "undeclared" | "other";
}

/** Adds one, unless enough is known already. */
export function add(
  found: Found[],
  place: Place | undefined,
  expected: string,
  got: string,
  mistake: Found["mistake"] = "other",
): void {
  if (found.length < limits.violationsMax) found.push({ place, expected, got, mistake });
}

/** Adds several. */
export function addAll(found: Found[], more: readonly Found[]): void {
  for (const one of more) if (found.length < limits.violationsMax) found.push(one);
}
