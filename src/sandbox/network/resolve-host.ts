import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { SluiceError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { createPlaces } from "../places.ts";

/** An address as the resolver gives it. */
export interface Address {
  address: string;
  family: number;
}

/** Gives every address of a name. */
export type Resolver = (host: string) => Promise<Address[]>;

/** Of this whole process: each lookup holds a thread that files need too. */
const places = createPlaces(limits.networkLookupsMax);

/** The system's resolver, a few names at a time. */
export async function resolveBySystem(host: string): Promise<Address[]> {
  const leave = await places.enter(new AbortController().signal);
  try {
    return await lookup(host, { all: true, verbatim: true });
  } finally {
    leave();
  }
}

/**
 * The addresses of a URL's host, resolved once and all checked: one that is not open refuses the host, since whoever
 * answers for the name chooses which of them is used. Throws `network_denied` or `network_error`.
 */
export async function resolveHost(
  host: string,
  resolver: Resolver,
  isOpenAddress: (address: string) => boolean,
): Promise<Address[]> {
  const literal = host.replace(/^\[|\]$/g, "");
  const family = isIP(literal);
  let found: Address[];
  try {
    found = family === 0 ? await resolver(host) : [{ address: literal, family }];
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? "unknown error";
    throw new SluiceError("network_error", `The name "${host}" could not be resolved (${code})`, { cause });
  }
  if (found.length === 0) throw new SluiceError("network_error", `The name "${host}" has no address`);
  // The address itself stays unsaid: a program must not learn about names inside.
  if (!found.every(({ address }) => isOpenAddress(address)))
    throw new SluiceError(
      "network_denied",
      `The host "${host}" leads to an address that is private, local or reserved`,
      {
        hint: "Programs reach only the open internet; use a tool of a server instead",
      },
    );
  return found;
}
