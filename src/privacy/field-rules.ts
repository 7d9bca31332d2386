/** What the config says of one place in a tool's results: `rows[*].note` is a NAME. */
export interface FieldRule {
  class: string;
  /** `place`: keys joined by dots, `[*]` for every item of a list. */
  matches(place: string): boolean;
}

/** Reads `{ "rows[*].note": "NAME" }`; `*` alone stands for any key. A leading list needs no `[*]`. */
export function parseFieldRules(fields: Readonly<Record<string, string>>): FieldRule[] {
  return Object.entries(fields).map(([pattern, name]) => {
    const steps = toSteps(pattern);
    return {
      class: name,
      matches(place) {
        const given = toSteps(place);
        const from = steps[0] === "[*]" ? 0 : given.findIndex((step) => step !== "[*]");
        const rest = given.slice(Math.max(0, from));
        // What is said of a list is said of its items.
        while (rest.length > steps.length && rest.at(-1) === "[*]") rest.pop();
        return rest.length === steps.length && steps.every((step, index) => step === "*" || step === rest[index]);
      },
    };
  });
}

function toSteps(place: string): string[] {
  return place
    .replaceAll("[*]", ".[*]")
    .split(".")
    .filter((step) => step !== "");
}
