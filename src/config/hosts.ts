import { isIP } from "node:net";
import { limits } from "../base/limits.ts";
import { isPublicAddress } from "../base/public-address.ts";
import type { HostRule } from "./config.ts";

/**
 * Reads one entry of `network.allow`: `api.example.com`, `*.example.org:8443`, `[2606:4700::1111]`. Gives the host as a
 * URL has it (lower case, punycode, no trailing dot), or what is wrong with it.
 */
export function parseHostRule(text: string): HostRule | { problem: string } {
  if (text.length > limits.patternCharsMax)
    return { problem: `a host has at most ${limits.patternCharsMax} characters` };
  if (/[/@?#\\]/.test(text))
    return { problem: 'write only the host, and the port if it is not the usual one: "api.example.com:8443"' };
  const anyBelow = text.startsWith("*.");
  const rest = anyBelow ? text.slice(2) : text;
  if (rest.includes("*"))
    return {
      problem: '"*" may only stand for what comes before a domain: "*.example.com"; the open network cannot be allowed',
    };
  if (rest === "" || /[\s%]/.test(rest) || !URL.canParse(`http://${rest}/`))
    return { problem: 'expected a host like "api.example.com", "*.example.org" or "api.example.org:8443"' };
  const url = new URL(`http://${rest}/`);
  const host = url.hostname.replace(/\.$/, "");
  // The usual port of http, written out, is dropped by the URL: what was written counts.
  const written = /:(\d+)$/.exec(rest)?.[1];
  const address = host.replace(/^\[|\]$/g, "");
  const isAddress = isIP(address) !== 0;
  if (host === "" || (isAddress && anyBelow)) return { problem: "an address has no names below it" };
  if (isAddress && !isPublicAddress(address))
    return { problem: "this is no address of the open internet: programs never reach private, local or reserved ones" };
  if (host === "localhost" || host.endsWith(".localhost"))
    return { problem: "programs never reach this machine; give them a tool of a server instead" };
  if (anyBelow && !host.includes("."))
    return { problem: `"*.${host}" is a whole top-level domain: name the domains below it` };
  if (written !== undefined && Number(written) === 0) return { problem: "0 is no port" };
  return { host, anyBelow, ...(written === undefined ? {} : { port: Number(written) }) };
}
