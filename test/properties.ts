import * as fc from "fast-check";

/** Of every property: one seed, so that a run of the tests tells of the code and not of the day; `npm run fuzz -- --properties` takes new ones. */
export const propertySeed: number = Number(process.env["SLUICE_TEST_SEED"] ?? 1);

const times = Number(process.env["SLUICE_TEST_TIMES"] ?? 1);

/** How many cases a property has where it has so many in the tests. */
export function toRuns(runs: number): number {
  return runs * times;
}

fc.configureGlobal({ seed: propertySeed, numRuns: toRuns(100) });
