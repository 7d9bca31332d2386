import { SluiceError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";

/** One host that programs may reach, as `sandbox.network.allow` names it (normalised as the host of a URL is). */
export interface AllowedHost {
  host: string;
  /** Every name below the host, and not the host itself. */
  anyBelow: boolean;
  /** Absent: the usual port of the URL's scheme. */
  port?: number;
}

const USUAL_PORT = new Map([
  ["http:", 80],
  ["https:", 443],
]);

/** A URL that was checked: what is requested is taken from here, never from the text again. */
export interface AllowedUrl {
  url: URL;
  /** Without a trailing dot; an IPv6 address in brackets. */
  host: string;
  port: number;
  isSecure: boolean;
}

/** Parses a URL and checks that it may be requested. Throws `network_invalid` or `network_denied`. */
export function toAllowedUrl(text: string, allow: readonly AllowedHost[], base?: URL): AllowedUrl {
  const shown = JSON.stringify(text.slice(0, 200));
  if (text.length > limits.networkUrlCharsMax)
    throw new SluiceError(
      "network_invalid",
      `A URL has at most ${limits.networkUrlCharsMax} characters (networkUrlCharsMax)`,
    );
  if (!URL.canParse(text, base?.href))
    throw new SluiceError("network_invalid", `${shown} is no URL`, { hint: "Write a whole one: https://host/path" });
  const url = new URL(text, base);
  const usual = USUAL_PORT.get(url.protocol);
  if (usual === undefined) throw new SluiceError("network_invalid", `Only http and https can be fetched, not ${shown}`);
  if (url.username !== "" || url.password !== "")
    throw new SluiceError("network_invalid", "A URL must not hold a user name or a password", {
      hint: "Use the header Authorization",
    });
  const host = url.hostname.replace(/\.$/, "");
  const port = url.port === "" ? usual : Number(url.port);
  const isAllowed = allow.some(
    (rule) => (rule.anyBelow ? host.endsWith(`.${rule.host}`) : host === rule.host) && port === (rule.port ?? usual),
  );
  if (!isAllowed) {
    const place = url.port === "" ? host : `${host}:${port}`;
    throw new SluiceError(
      "network_denied",
      `The host "${place.slice(0, 260)}" is not in sandbox.network.allow of the config`,
      {
        hint: "Use a tool of a server, or ask the user to allow the host",
      },
    );
  }
  return { url, host, port, isSecure: url.protocol === "https:" };
}
