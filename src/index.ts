// The library: everything that an embedder may use.
export { createSluice, type SluiceOptions } from "./runtime/create-sluice.ts";
export type * from "./runtime/sluice.ts";
export type * from "./runtime/outcome.ts";
export type { Rerank, RerankCandidate } from "./runtime/rerank.ts";
export type { Grant } from "./gateway/call.ts";
export type { Config } from "./config/config.ts";
export { type ErrorCode, type Fault, SluiceError } from "./base/errors.ts";
