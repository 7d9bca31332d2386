// Reads personal data, so that the event loop does not: one request after another, each with plain data in and out.
import { parentPort, workerData } from "node:worker_threads";
import { SluiceError, toMessage } from "../base/errors.ts";
import type { Json } from "../base/json.ts";
import { toJsonSize } from "../base/json-size.ts";
import { limits } from "../base/limits.ts";
import { parseText } from "../base/read-result.js";
import { toSkeleton } from "../base/skeleton.ts";
import { createPrivacyCore, type PrivacyCore, type PrivacySettings, type SealRequest } from "./privacy-core.ts";

/** What is asked of the thread: a method of the core, and its arguments. */
export interface PrivacyRequest {
  id: number;
  method: string;
  arguments: unknown[];
}

export type PrivacyAnswer =
  | { id: number; value: unknown }
  | { id: number; error: { code: string; message: string; hint?: string } };

/** A value as bytes: JSON, or a text that may be. */
export interface LargeSealRequest extends Omit<SealRequest, "value"> {
  form: "json" | "auto";
  pieces: Uint8Array[];
}

const port = parentPort;
let core: PrivacyCore | undefined;

port?.on("message", ({ id, method, arguments: args }: PrivacyRequest) => {
  const handedOver: ArrayBuffer[] = [];
  let answer: PrivacyAnswer;
  try {
    core ??= createPrivacyCore(workerData as PrivacySettings);
    const value =
      method === "sealLarge"
        ? sealLarge(core, args[0] as LargeSealRequest, handedOver)
        : (core as unknown as Record<string, (...given: unknown[]) => unknown>)[method]?.(...args);
    answer = { id, value };
  } catch (error) {
    const { code, hint } = error instanceof SluiceError ? error : { code: "privacy_unavailable", hint: undefined };
    const message = error instanceof SluiceError ? error.message : `Cannot look for personal data: ${toMessage(error)}`;
    answer = { id, error: { code, message, ...(hint === undefined ? {} : { hint }) } };
  }
  port.postMessage(answer, handedOver);
});

function sealLarge(
  own: PrivacyCore,
  { form, pieces, ...request }: LargeSealRequest,
  handedOver: ArrayBuffer[],
): { bytes: Uint8Array; size: number; skeleton: Json; counts: Record<string, number>; withheld: number } {
  const text = Buffer.concat(pieces).toString("utf8");
  const value = (form === "json" ? JSON.parse(text) : parseText(text, limits.resultDepthMax)) as Json;
  const { value: sealed, ...rest } = own.seal({ ...request, value });
  // Not from the shared pool, whose memory cannot be handed over.
  const bytes = new Uint8Array(Buffer.from(JSON.stringify(sealed)));
  handedOver.push(bytes.buffer);
  return { bytes, size: toJsonSize(sealed, limits.resultBytesMax), skeleton: toSkeleton(sealed), ...rest };
}
