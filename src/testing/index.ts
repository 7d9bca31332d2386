// `sluice/testing`: the conformance suite, for those who write an engine or a wall, or try the sandbox on their machine.
export type { ConformanceArea, ConformanceCase, ExpectedOutcome, ExpectedText } from "./conformance-case.ts";
export { conformanceCases } from "./conformance-cases.ts";
export {
  type ConformanceOptions,
  type ConformanceReport,
  type ConformanceResult,
  runConformance,
} from "./run-conformance.ts";
