import { BlockList, isIP } from "node:net";

/**
 * IPv4 that is not the open internet (IANA's special-purpose registry): this network, private, CGNAT, loopback,
 * link-local with the metadata service of clouds, protocol assignments, documentation, 6to4 relays, benchmarks,
 * multicast, reserved and broadcast.
 */
const SPECIAL_IPV4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** Clouds that answer secrets to anybody inside, at addresses that are not private by number. */
const METADATA_IPV4 = ["168.63.129.16"];

/**
 * Only global unicast is open at all: loopback, mapped and compatible IPv4, NAT64, private, link-local and multicast are
 * outside of it. Inside of it these lead elsewhere: Teredo and other assignments, documentation, 6to4.
 */
const SPECIAL_IPV6: readonly (readonly [string, number])[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["2620:4f:8000::", 48],
  ["3ffe::", 16],
  ["3fff::", 20],
];

const globalUnicast = new BlockList();
globalUnicast.addSubnet("2000::", 3, "ipv6");
const special = new BlockList();
for (const [net, prefix] of SPECIAL_IPV4) special.addSubnet(net, prefix, "ipv4");
for (const address of METADATA_IPV4) special.addAddress(address, "ipv4");
for (const [net, prefix] of SPECIAL_IPV6) special.addSubnet(net, prefix, "ipv6");

/** Whether an address (as the resolver or a URL gives it, without brackets) is one of the open internet. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special.check(address, "ipv4");
    case 6:
      // A zone (`%eth0`) belongs to what is local.
      return !address.includes("%") && globalUnicast.check(address, "ipv6") && !special.check(address, "ipv6");
  }
  return false;
}
