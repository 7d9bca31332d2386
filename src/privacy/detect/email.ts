const LOCAL_MAX = 64;
const DOMAIN_MAX = 253;
const local = /^[\p{L}\p{N}_+&#$*!][\p{L}\p{M}\p{N}._%+\-'&#$*!=~^?/]*$/u;
const label = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?$/u;
const topLevel = /^(?:\p{L}[\p{L}\p{M}]+|xn--[\da-z-]+)$/iu;
/** Names that no mail is sent to: reserved ones, names inside one's own network, and file names with an at sign. */
const closedEnds = new Set(
  "invalid localhost local internal lan localdomain intranet corp svc png jpg jpeg gif svg webp css json html tsx jsx js mjs cjs yml yaml class xml lock log exe dll".split(
    " ",
  ),
);
const documentDomains = new Set(["example.com", "example.org", "example.net"]);
const machines =
  /^(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|mailer-daemon|postmaster|noreply[-_+.].*|no-reply[-_+.].*)$/iu;

/** How HTML writes the sign of an address. */
export const hiddenAt: RegExp = /&(?:#0{0,6}64|#x0{0,6}40|commat);/gi;

/** Whether a whole value is a person's mail address: never a reserved domain, a `noreply@`, a package or a remote. */
export function isEmail(value: string): boolean {
  const plain = value.replace(/^mailto:/iu, "");
  const at = plain.lastIndexOf("@");
  return at > 0 && isMailbox(plain.slice(0, at), plain.slice(at + 1));
}

/** The same on the two halves. */
export function isMailbox(name: string, domain: string): boolean {
  if (name.length > LOCAL_MAX || domain.length > DOMAIN_MAX || !local.test(name) || name.includes("..")) return false;
  const labels = domain.split(".");
  const end = labels.at(-1) ?? "";
  if (labels.length < 2 || !topLevel.test(end) || !labels.every((one) => label.test(one))) return false;
  const plain = domain.toLowerCase();
  if (closedEnds.has(end.toLowerCase()) || documentDomains.has(plain) || machines.test(name)) return false;
  // "lodash@4.17.21-beta.x" is a package: a domain of a person has a word before its end.
  return labels.slice(0, -1).some((one) => /\p{L}/u.test(one)) && !/^\d+$/u.test(labels[0] ?? "");
}
