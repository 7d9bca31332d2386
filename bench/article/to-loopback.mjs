// Loaded into the genuine servers (`node --import`): what they would send to their vendor over HTTPS goes to the server on
// loopback that SLUICE_BENCH_VENDOR names, with the vendor's host in a header. Nothing else of them is changed.
import http from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";

const loopback = new URL(process.env["SLUICE_BENCH_VENDOR"] ?? "http://127.0.0.1:9");
const agent = new http.Agent({ keepAlive: true });
const realFetch = globalThis.fetch;

globalThis.fetch = (input, init) => {
  const request = new Request(input, init);
  const url = new URL(request.url);
  if (url.protocol !== "https:") return realFetch(request);
  const headers = new Headers(request.headers);
  headers.set("x-vendor-host", url.host);
  return realFetch(new URL(url.pathname + url.search, loopback), {
    headers,
    ...{ method: request.method, body: request.body, signal: request.signal, duplex: "half" },
  });
};

/** @param {any} input @param {any} [options] @param {any} [listener] */
https.request = (input, options, listener) => {
  const isUrl = typeof input === "string" || input instanceof URL;
  const given = isUrl ? (typeof options === "function" ? {} : (options ?? {})) : input;
  const onAnswer = isUrl && typeof options !== "function" ? listener : options;
  const url = isUrl ? new URL(input) : undefined;
  const host = url?.host ?? given.hostname ?? given.host;
  return http.request(
    {
      ...{ method: given.method, signal: given.signal, timeout: given.timeout, agent },
      ...{
        host: loopback.hostname,
        port: loopback.port,
        path: url === undefined ? given.path : url.pathname + url.search,
      },
      headers: { ...given.headers, "x-vendor-host": host },
    },
    onAnswer,
  );
};
https.get = (/** @type {[any, any, any]} */ ...args) => https.request(...args).end();
syncBuiltinESMExports();
