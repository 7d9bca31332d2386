import type { Trust } from "./config.ts";

/** What Sluice reads of one entry of `mcpServers`, with the JSON type of each, for the checks and the schema. */
export const serverKeys: ReadonlyMap<
  string,
  { type: "text" | "texts" | "text-map" | "flag" | "milliseconds"; about: string }
> = new Map(
  Object.entries({
    command: { type: "text", about: "Program to start; a relative path with a slash is relative to `cwd`." },
    args: { type: "texts", about: "Its arguments." },
    env: { type: "text-map", about: "Variables added to the small environment that every server inherits." },
    envFile: { type: "text", about: "File of NAME=value lines, added to its environment below `env`." },
    cwd: { type: "text", about: "Folder it starts in; default: the folder of this file." },
    url: { type: "text", about: "Address of a server over HTTP." },
    serverUrl: { type: "text", about: "Same as `url`." },
    httpUrl: { type: "text", about: "Same as `url`." },
    headers: { type: "text-map", about: "HTTP headers sent with every request." },
    type: { type: "text", about: "`stdio`, `http`, `streamable-http` or `sse`." },
    transport: { type: "text", about: "Same as `type`." },
    disabled: { type: "flag", about: "True: this server is left out." },
    enabled: { type: "flag", about: "False: this server is left out." },
    timeout: { type: "milliseconds", about: "Deadline of one call: milliseconds, or seconds if below 1000." },
    callMs: { type: "milliseconds", about: "Deadline of one call, in milliseconds." },
    connectMs: { type: "milliseconds", about: "Deadline of its start, in milliseconds." },
    reads: {
      type: "text",
      about:
        "What its answers are: `private`, `ordinary` or `untrusted`; default `private` if trusted as internal, else `untrusted`.",
    },
    sends: {
      type: "text",
      about:
        "Where what is sent to it goes: `inside` or `outside`; default `inside` if trusted as internal, else `outside`.",
    },
    trust: {
      type: "text",
      about:
        "`local`, `internal`, `public` or `untrusted`; default `internal` for a program, `public` for an address. What it says of its tools counts, and personal data may be sent to it unasked, from `internal` up.",
    },
  } as const),
);

/** Keys of other clients that mean nothing here; they are named in one note per server. */
export const foreignServerKeys: ReadonlySet<string> = new Set(
  `alwaysAllow alwaysLoad authProviderType autoApprove autoStart description dev disabledTools
   displayName enabledTools excludeTools fromGalleryId gallery icon icons includeTools
   metadata name oauth sandbox sandboxEnabled title tools version`.split(/\s+/),
);

/** What `trust` of a server may be, the most trusted first. */
export const trusts: readonly Trust[] = ["local", "internal", "public", "untrusted"];
