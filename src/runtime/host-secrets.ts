import type { ServerConfig } from "../config/config.ts";
import { toBase64Forms } from "../privacy/base64-forms.ts";
import { createDisguisedValues } from "../privacy/disguised-values.ts";
import { replaceSpans } from "../privacy/spans.ts";
import { vaultKeyVariable } from "../privacy/vault-key.ts";

/** Names of variables and headers whose values open something. */
const secretName = /key|token|secret|passw|pwd|auth|credential|cookie|session|private|dsn|connection|bearer/i;
const charsMin = 6;

/**
 * Values of this process that no program and no model may see in any form: what servers are given by environment and
 * headers, and what the environment itself holds under the name of a secret.
 */
export function toHostSecrets(
  servers: readonly ServerConfig[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): string[] {
  const secrets = new Set<string>();
  const add = (name: string, value: string): void => {
    for (const part of [value, ...value.split(/\s+/)]) {
      const isSecret = name === vaultKeyVariable || secretName.test(name) || isRandom(part);
      if (isSecret && part.length >= charsMin && !isPlain(part)) secrets.add(part);
    }
  };
  for (const { transport } of servers) {
    const given = transport.kind === "stdio" ? transport.env : transport.headers;
    for (const [name, value] of Object.entries(given)) add(name, value);
  }
  for (const [name, value] of Object.entries(env)) if (secretName.test(name)) add(name, value ?? "");
  return [...secrets];
}

/** Long, of letters and digits, and no words. */
function isRandom(text: string): boolean {
  return (
    text.length >= 20 &&
    /\d/.test(text) &&
    /[A-Za-z]/.test(text) &&
    /^[\w+/=.~-]+$/.test(text) &&
    !/[a-z]{8}/.test(text)
  );
}

/** A path, an address without a password, a number or a word of a setting: also under the name of a secret. */
function isPlain(text: string): boolean {
  return (
    /^(?:true|false|none|null|bearer|basic|token|\d{1,9}|[a-z-]{1,12})$/i.test(text) ||
    /^(?:\/|~|\.{1,2}\/)[\w./-]*$/.test(text) ||
    (/^[a-z][a-z+.-]*:\/\//i.test(text) && !/\/\/[^/]*:[^/]*@/.test(text))
  );
}

/** Takes these secrets out of a text, in any simple encoding of theirs; a text without them comes back as it is. */
export function createSecretMask(secrets: readonly string[]): (text: string) => string {
  if (secrets.length === 0) return (text) => text;
  const disguised = createDisguisedValues();
  for (const surface of secrets) disguised.add({ class: "SECRET", surface });
  // A longer one may have a shorter one in it.
  const plain = secrets.toSorted((a, b) => b.length - a.length);
  return (text) => {
    let masked = text;
    for (const secret of plain) if (masked.includes(secret)) masked = masked.replaceAll(secret, () => secretMark);
    return replaceSpans(masked, disguised.find(masked), () => secretMark);
  };
}

const secretMark = "[SECRET]";

/**
 * Simple encodings of secrets, to be looked for in much text where the mask itself takes too long: it is asked about a text
 * that has one.
 */
export function toSecretForms(secrets: readonly string[]): string[] {
  const forms = secrets.flatMap((secret) => {
    const hex = Buffer.from(secret).toString("hex");
    return [
      ...[secret, secret.toLowerCase(), secret.toUpperCase(), JSON.stringify(secret).slice(1, -1)],
      ...[[...secret].reverse().join(""), encodeURIComponent(secret), hex, hex.toUpperCase()],
      ...toBase64Forms(secret),
    ];
  });
  return [...new Set(forms)].filter((form) => form.length >= charsMin);
}
