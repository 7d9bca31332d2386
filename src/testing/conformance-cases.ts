import { borderCases } from "./cases/border.ts";
import { contractCases } from "./cases/contract.ts";
import { crashCases } from "./cases/crash.ts";
import { fileCases } from "./cases/files.ts";
import { globalCases } from "./cases/globals.ts";
import { killCases } from "./cases/kill.ts";
import { limitCases } from "./cases/limits.ts";
import { networkCases } from "./cases/network.ts";
import type { ConformanceCase } from "./conformance-case.ts";

/** Every program of the suite; those with `isSmoke` are the few that show every area. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...contractCases,
  ...globalCases,
  ...limitCases,
  ...killCases,
  ...crashCases,
  ...borderCases,
  ...fileCases,
  ...networkCases,
];
