import type { ErrorCode } from "./errors.ts";

/** What is told of each request, before it leaves and when it has ended; a path only as a hash. */
export type NetworkRecord =
  | {
      kind: "network-request";
      requestId: number;
      method: string;
      host: string;
      port: number;
      pathSha256: string;
      bytes: number;
    }
  | {
      kind: "network-response";
      requestId: number;
      host: string;
      status?: number;
      code?: ErrorCode;
      bytes: number;
      ms: number;
    }
  | { kind: "network-refused"; requestId: number; host: string; code: ErrorCode };
