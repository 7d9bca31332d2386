import * as http from "node:http";
import * as https from "node:https";
import { type Duplex, pipeline, Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { SluiceError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { AllowedUrl } from "./allowed-url.ts";
import type { HeaderList } from "./request-headers.ts";
import type { Address } from "./resolve-host.ts";

/** One request to a host that was checked and resolved. */
export interface OutgoingRequest {
  target: AllowedUrl;
  /** The only addresses that are connected to. */
  addresses: readonly Address[];
  method: string;
  headers: HeaderList;
  body: Buffer | undefined;
  /** Of the response's body, before and after decompression. */
  bytesMax: number;
  /** Told of every part of the body that is kept, and of its negative sum when it is dropped; may refuse by throwing. */
  hold(bytes: number): void;
  signal: AbortSignal;
  /** Whether the body of a response is wanted; that of a redirect which is followed is not read. */
  wantsBody(status: number): boolean;
}

export interface IncomingResponse {
  status: number;
  statusText: string;
  headers: HeaderList;
  /** As it came: one text of it could be large enough to hold the host up. */
  body: Buffer[];
}

/** Sends one request on a connection of its own, and reads the whole response. Throws `network_error` or `networkBytesMax`. */
export async function sendRequest(request: OutgoingRequest): Promise<IncomingResponse> {
  const { target } = request;
  try {
    const response = await open(request);
    const status = response.statusCode ?? 0;
    const isRead = request.method !== "HEAD" && request.wantsBody(status);
    if (!isRead) response.destroy();
    return {
      status,
      statusText: (response.statusMessage ?? "").slice(0, 200),
      headers: toHeaderList(response.rawHeaders),
      body: isRead ? await readBody(response, request) : [],
    };
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    // Node's messages name addresses; its codes do not.
    const why = code ?? (/certificate/i.test(message) ? "certificate" : "connection failed");
    throw new SluiceError("network_error", `The request to "${target.host}" failed (${why})`, { cause: error });
  }
}

function open({ target, addresses, method, headers, body, signal }: OutgoingRequest): Promise<http.IncomingMessage> {
  const { url, host, port, isSecure } = target;
  const outgoing: Record<string, string | string[]> = {
    host: url.port === "" ? host : `${host}:${port}`,
    "accept-encoding": "gzip, deflate, br",
  };
  if (!headers.some(([name]) => name === "accept")) outgoing["accept"] = "*/*";
  if (!headers.some(([name]) => name === "user-agent")) outgoing["user-agent"] = "sluice";
  for (const [name, value] of headers) {
    const before = outgoing[name];
    outgoing[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  if (body !== undefined || ["POST", "PUT", "PATCH"].includes(method))
    outgoing["content-length"] = String(body?.length ?? 0);
  const bare = host.replace(/^\[|\]$/g, "");
  const options: https.RequestOptions = {
    method,
    host: bare,
    port,
    path: url.pathname + url.search,
    headers: outgoing,
    // A connection of its own: nothing is shared between programs, and no proxy of the environment is asked.
    agent: isSecure ? new https.Agent({ keepAlive: false }) : new http.Agent({ keepAlive: false }),
    // Pinned: the name is not resolved again between the check and the connection.
    lookup: (_host, { all }, callback) => {
      const [first] = addresses;
      if (all === true) callback(null, [...addresses]);
      else callback(null, first?.address ?? "", first?.family);
    },
    maxHeaderSize: limits.networkHeaderBytesMax,
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    rejectUnauthorized: true,
    ...(bare === host ? { servername: host } : {}),
    signal,
  };
  return new Promise((resolve, reject) => {
    const request = (isSecure ? https : http).request(options);
    // Bounded by `networkHeadersMax` on both sides.
    request.maxHeadersCount = limits.networkHeadersMax;
    request.on("response", resolve);
    request.on("error", reject);
    // Neither is asked for: without a listener Node closes the connection.
    request.end(body);
  });
}

async function readBody(
  response: http.IncomingMessage,
  { bytesMax, hold, signal }: Pick<OutgoingRequest, "bytesMax" | "hold" | "signal">,
): Promise<Buffer[]> {
  const check = (bytes: number): void => {
    if (bytes > bytesMax)
      throw new SluiceError("networkBytesMax", `The response is larger than ${bytesMax} bytes (networkBytesMax)`);
  };
  // Counted as it is sent too: what unpacks to nothing can go on for ever.
  async function* received(): AsyncGenerator<Buffer> {
    let bytes = 0;
    for await (const chunk of response) {
      bytes += (chunk as Buffer).length;
      check(bytes);
      yield chunk as Buffer;
    }
  }
  const body = decode(Readable.from(received(), { objectMode: false }), response.headers["content-encoding"]);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += (chunk as Buffer).length;
      check(bytes);
      chunks.push(chunk as Buffer);
      hold((chunk as Buffer).length);
      signal.throwIfAborted();
    }
  } catch (error) {
    hold(-chunks.reduce((sum, { length }) => sum + length, 0));
    throw error;
  } finally {
    body.destroy();
    response.destroy();
  }
  return chunks;
}

/** The body without its compression: one layer, since two are only ever an attack. */
function decode(body: Readable, contentEncoding: string | undefined): Readable {
  const decoder = toDecoder((contentEncoding ?? "").trim().toLowerCase());
  // The reader of the decoder gets the error; nobody else is to.
  return decoder === undefined ? body : pipeline(body, decoder, () => undefined);
}

function toDecoder(encoding: string): Duplex | undefined {
  switch (encoding) {
    case "":
    case "identity":
      return undefined;
    case "gzip":
    case "x-gzip":
      return createGunzip();
    case "deflate":
      return createInflate();
    case "br":
      return createBrotliDecompress();
  }
  throw new SluiceError(
    "network_error",
    `The response is encoded as ${JSON.stringify(encoding.slice(0, 40))}, which cannot be read`,
  );
}

function toHeaderList(raw: readonly string[]): HeaderList {
  const headers: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) headers.push([(raw[at] ?? "").toLowerCase(), raw[at + 1] ?? ""]);
  return headers;
}
