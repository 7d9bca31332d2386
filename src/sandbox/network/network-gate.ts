import type { NetworkRecord } from "../../base/network-record.ts";
import { createHash } from "node:crypto";
import { type ErrorCode, SluiceError } from "../../base/errors.ts";
import { asText, type Json, type JsonObject } from "../../base/json.ts";
import { limits as bounds } from "../../base/limits.ts";
import { isPublicAddress } from "../../base/public-address.ts";
import { type AllowedHost, type AllowedUrl, toAllowedUrl } from "./allowed-url.ts";
import { type HeaderList, parseHeaders, toImpersonal } from "./request-headers.ts";
import { type Address, resolveBySystem, resolveHost, type Resolver } from "./resolve-host.ts";
import { createPlaces } from "../places.ts";
import { type IncomingResponse, sendRequest } from "./send-request.ts";

/** The one way from a program to the network; every act is a host call, and throws a SluiceError that the program can catch. */
export interface NetworkGate {
  /** One `fetch`: the response with the first piece of its body; a large body of the request comes beside the arguments. */
  fetch(args: JsonObject, signal: AbortSignal, largeBody?: Uint8Array): Promise<Json>;
  /** The next piece of a body. */
  fetchRest(args: JsonObject): Json;
}

export interface NetworkGateOptions {
  /** `sandbox.network` of the config. */
  network: {
    allow: readonly AllowedHost[];
    methods: readonly string[];
    bytesMax: number;
    timeoutMs: number;
    requestsMax: number;
  };
  /** Must have written the record when it returns; the request is not sent if it throws. */
  record: (record: NetworkRecord) => void;
  /** Asked before a request waits for its place; a rejection refuses it. */
  admit?: (host: string, signal: AbortSignal) => Promise<void>;
  /** What becomes of a response before a program sees it: text from outside is text from outside. */
  seal?: (response: { host: string; headers: [string, string][]; body: Buffer }) => Promise<SealedResponse>;
  /** Default: the system's. */
  resolver?: Resolver;
  /** Which addresses may be connected to; default: those of the open internet. */
  isOpenAddress?: (address: string) => boolean;
}

/** A response as a program sees it. */
export interface SealedResponse {
  headers: [string, string][];
  body: Buffer;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** One request on its way through its redirects. */
interface Hop {
  target: AllowedUrl;
  method: string;
  headers: HeaderList;
  body: Buffer | undefined;
}

/** The gate of one execution. */
export function createNetworkGate(options: NetworkGateOptions): NetworkGate {
  const { network, record, admit, seal, resolver = resolveBySystem, isOpenAddress = isPublicAddress } = options;
  const places = createPlaces(bounds.networkInFlightMax);
  /** Bodies that the guest has not taken whole. */
  const unread = new Map<number, Buffer[]>();
  let requests = 0;
  let heldBytes = 0;

  function hold(bytes: number): void {
    heldBytes += bytes;
    if (bytes > 0 && heldBytes > bounds.networkHeldBytesMax)
      throw new SluiceError(
        "networkHeldBytesMax",
        `The responses of this program hold more than ${bounds.networkHeldBytesMax} bytes (networkHeldBytesMax)`,
        { hint: "Fetch fewer at once" },
      );
  }

  function countRequest(url: string): number {
    requests += 1;
    if (requests <= network.requestsMax) return requests;
    const refuse = (): never => {
      throw new SluiceError(
        "networkRequestsMax",
        `The program made more than ${network.requestsMax} requests (networkRequestsMax)`,
      );
    };
    // The first is on record: a program may ask a million times.
    return requests === network.requestsMax + 1 ? check(requests, url, refuse) : refuse();
  }

  /** Checks what comes next; what is refused is on record too. */
  function check<T>(requestId: number, url: string, act: () => T): T {
    try {
      return act();
    } catch (error) {
      if (error instanceof SluiceError) {
        const host = URL.canParse(url) ? new URL(url).hostname.slice(0, 260) : "";
        record({ kind: "network-refused", requestId, host, code: error.code });
      }
      throw error;
    }
  }

  function parse(url: string, args: JsonObject, largeBody: Uint8Array | undefined): Hop {
    const target = toAllowedUrl(url, network.allow);
    const method = (asText(args["method"]) || "GET").toUpperCase();
    if (!network.methods.includes(method))
      throw new SluiceError(
        "network_denied",
        `The method ${JSON.stringify(method.slice(0, 20))} is not allowed; sandbox.network.methods has ${network.methods.join(", ")}`,
      );
    const body = toBody(args, largeBody);
    if (body !== undefined && (method === "GET" || method === "HEAD"))
      throw new SluiceError("network_invalid", `A request with the method ${method} has no body`);
    if (body !== undefined && body.length > network.bytesMax)
      throw new SluiceError(
        "networkBytesMax",
        `The request's body has ${body.length} bytes; networkBytesMax is ${network.bytesMax}`,
      );
    return { target, method, headers: parseHeaders(args["headers"]), body };
  }

  async function send(
    requestId: number,
    { target, method, headers, body }: Hop,
    signal: AbortSignal,
    follows: boolean,
  ): Promise<IncomingResponse> {
    const { url, host, port } = target;
    record({
      kind: "network-request",
      requestId,
      method,
      host,
      port,
      pathSha256: createHash("sha256")
        .update(url.pathname + url.search)
        .digest("hex"),
      bytes: body?.length ?? 0,
    });
    const started = performance.now();
    const ended = (how: { status: number; bytes: number } | { code: ErrorCode; bytes: number }): void =>
      recordEnd({ kind: "network-response", requestId, host, ...how, ms: Math.round(performance.now() - started) });
    try {
      const addresses = await untilAborted(resolveHost(host, resolver, isOpenAddress), signal);
      const response = await sendRequest({
        target,
        addresses,
        method,
        headers,
        body,
        bytesMax: network.bytesMax,
        hold,
        signal,
        wantsBody: (status) => !(follows && REDIRECTS.has(status)),
      });
      ended({ status: response.status, bytes: toLength(response.body) });
      return response;
    } catch (error) {
      const isLate = signal.aborted && (signal.reason as Error | undefined)?.name === "TimeoutError";
      ended({ code: isLate ? "networkMs" : error instanceof SluiceError ? error.code : "network_error", bytes: 0 });
      throw error;
    }
  }

  /** The request has happened: it is not hidden when its end cannot be recorded. The next one is refused instead. */
  function recordEnd(end: NetworkRecord): void {
    try {
      record(end);
    } catch {
      // Said by the next request.
    }
  }

  async function follow(args: JsonObject, signal: AbortSignal, largeBody: Uint8Array | undefined): Promise<Json> {
    const first = asText(args["url"]);
    const redirect = asText(args["redirect"]) || "follow";
    let requestId = countRequest(first);
    let hop = check(requestId, first, () => parse(first, args, largeBody));
    for (let redirects = 0; ; redirects += 1) {
      const response = await send(requestId, hop, signal, redirect !== "manual");
      const location = response.headers.find(([name]) => name === "location")?.[1];
      if (!REDIRECTS.has(response.status) || location === undefined || redirect === "manual")
        return toReply(requestId, hop.target.url, await sealed(hop.target.host, response), redirects > 0);
      if (redirect === "error")
        throw new SluiceError(
          "network_error",
          `"${hop.target.host}" redirects, and the program asked for an error then`,
        );
      if (redirects >= bounds.networkRedirectsMax)
        throw new SluiceError(
          "network_error",
          `More than ${bounds.networkRedirectsMax} redirects (networkRedirectsMax)`,
        );
      requestId = countRequest(location);
      const last = hop;
      hop = check(requestId, location, () => toNextHop(last, response.status, location, network));
    }
  }

  async function sealed(host: string, response: IncomingResponse): Promise<IncomingResponse> {
    if (seal === undefined) return response;
    const whole = Buffer.concat(response.body);
    const { headers, body } = await seal({
      host,
      headers: response.headers.map(([name, value]) => [name, value]),
      body: whole,
    });
    hold(body.length - whole.length);
    const pieces: Buffer[] = [];
    for (let from = 0; from < body.length; from += bounds.networkPieceBytes)
      pieces.push(body.subarray(from, from + bounds.networkPieceBytes));
    return { ...response, headers, body: pieces };
  }

  /** A body crosses the border in pieces, so that no frame of it holds the host up. */
  function toReply(
    requestId: number,
    url: URL,
    { status, statusText, headers, body }: IncomingResponse,
    redirected: boolean,
  ): Json {
    const shown = new URL(url);
    shown.hash = "";
    return {
      url: shown.href,
      status,
      statusText,
      redirected,
      headers: headers.map(([name, value]) => [name, value]),
      ...takePiece(requestId, body),
    };
  }

  function takePiece(requestId: number, body: Buffer[]): { base64: string; rest?: number } {
    const parts: Buffer[] = [];
    for (let bytes = 0; bytes < bounds.networkPieceBytes && body.length > 0;) {
      const part = body.shift() as Buffer;
      bytes += part.length;
      parts.push(part);
    }
    const piece = Buffer.concat(parts);
    hold(-piece.length);
    const base64 = piece.toString("base64");
    if (body.length === 0) {
      unread.delete(requestId);
      return { base64 };
    }
    unread.set(requestId, body);
    return { base64, rest: requestId };
  }

  return {
    async fetch(args, signal, largeBody) {
      // Before anything is set up for it: a program may ask ten thousand times.
      if (network.allow.length === 0) check(countRequest(asText(args["url"])), asText(args["url"]), refuseAll);
      if (admit !== undefined)
        await admit(toHost(asText(args["url"])), signal).catch((error: unknown) => {
          check(countRequest(asText(args["url"])), asText(args["url"]), () => {
            throw error;
          });
        });
      const leave = await places.enter(signal);
      const deadline = AbortSignal.timeout(network.timeoutMs);
      try {
        return await follow(args, AbortSignal.any([signal, deadline]), largeBody);
      } catch (error) {
        if (signal.aborted) throw new SluiceError("cancelled", "The request was cancelled", { cause: error });
        if (deadline.aborted)
          throw new SluiceError("networkMs", `The request took longer than ${network.timeoutMs} ms (networkMs)`);
        throw error;
      } finally {
        leave();
      }
    },
    fetchRest(args) {
      const entry = unread.get(Number(args["id"]));
      if (entry === undefined) throw new SluiceError("network_invalid", "There is no such response");
      return takePiece(Number(args["id"]), entry);
    },
  };
}

function refuseAll(): never {
  throw new SluiceError("network_denied", "fetch is not available: this sandbox has no network", {
    hint: "Use a tool of a server instead; hosts are allowed by sandbox.network.allow in the config",
  });
}

function toLength(parts: readonly Buffer[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function toBody(args: JsonObject, large: Uint8Array | undefined): Buffer | undefined {
  if (large !== undefined) return Buffer.from(large.buffer, large.byteOffset, large.length);
  if (typeof args["text"] === "string") return Buffer.from(args["text"]);
  if (typeof args["base64"] === "string") return Buffer.from(args["base64"], "base64");
  return undefined;
}

/** Where a redirect leads, checked like a first request; nothing personal goes to another origin. */
function toNextHop(
  { target, method, headers, body }: Hop,
  status: number,
  location: string,
  { allow, methods }: NetworkGateOptions["network"],
): Hop {
  const next = toAllowedUrl(location, allow, target.url);
  if (target.isSecure && !next.isSecure)
    throw new SluiceError("network_denied", `"${target.host}" redirects from https to http, which is not followed`);
  const isSame = next.url.origin === target.url.origin;
  const becomesGet = (status === 303 && method !== "HEAD") || ((status === 301 || status === 302) && method === "POST");
  if (becomesGet && !methods.includes("GET"))
    throw new SluiceError(
      "network_denied",
      `"${target.host}" redirects to GET, which sandbox.network.methods does not have`,
    );
  const kept = isSame ? headers : toImpersonal(headers);
  return becomesGet
    ? { target: next, method: "GET", headers: kept.filter(([name]) => !name.startsWith("content-")), body: undefined }
    : { target: next, method, headers: kept, body };
}

/** A lookup cannot be stopped, but nobody has to wait for it. */
async function untilAborted(work: Promise<Address[]>, signal: AbortSignal): Promise<Address[]> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(new SluiceError("cancelled", "The request was cancelled"));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
    work.catch(() => undefined);
  }
}

function toHost(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "";
}
