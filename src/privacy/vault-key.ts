import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type ErrorCode, SluiceError, toMessage } from "../base/errors.ts";

/** Seals the records of a vault and finds them again without reading them. */
export interface VaultKey {
  /** Says which key a record was sealed with; no secret. */
  readonly id: string;
  /** base64 of nonce, tag and ciphertext (AES-256-GCM); `about` is authenticated with it. */
  encrypt(text: string, about: string): string;
  /** Throws if it was not sealed by this key about the same. */
  decrypt(sealed: string, about: string): string;
  /** A keyed hash, base64: the same text always gives the same. */
  digest(text: string): string;
}

/** `material`: 32 bytes. */
export function createVaultKey(material: Uint8Array): VaultKey {
  const derive = (purpose: string): Buffer =>
    Buffer.from(hkdfSync("sha256", material, "", `sluice vault ${purpose}`, 32));
  const sealing = derive("records");
  const finding = derive("lookup");
  return {
    id: derive("id").toString("hex").slice(0, 16),
    encrypt(text, about) {
      const nonce = takeNonce();
      const cipher = createCipheriv("aes-256-gcm", sealing, nonce).setAAD(Buffer.from(about));
      const body = Buffer.concat([cipher.update(toBytes(text)), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64");
    },
    decrypt(sealed, about) {
      const bytes = Buffer.from(sealed, "base64");
      const cipher = createDecipheriv("aes-256-gcm", sealing, bytes.subarray(0, 12), { authTagLength: 16 })
        .setAAD(Buffer.from(about))
        .setAuthTag(bytes.subarray(12, 28));
      return toText(Buffer.concat([cipher.update(bytes.subarray(28)), cipher.final()]));
    },
    digest: (text) => createHmac("sha256", finding).update(toBytes(text)).digest("base64"),
  };
}

/** Half a surrogate pair has no UTF-8: such a text is kept as it is, behind a byte that UTF-8 never begins with. */
function toBytes(text: string): Buffer {
  // With the flag `u` a whole pair is one character, so only halves match.
  return /[\uD800-\uDFFF]/u.test(text)
    ? Buffer.concat([Buffer.of(0xff), Buffer.from(text, "utf16le")])
    : Buffer.from(text);
}

function toText(bytes: Buffer): string {
  return bytes[0] === 0xff ? bytes.subarray(1).toString("utf16le") : bytes.toString("utf8");
}

/** Stands for a key that is not there: whatever needs it says why. */
export function createMissingKey({ code, message, hint }: { code: string; message: string; hint?: string }): VaultKey {
  const refuse = (): never => {
    throw new SluiceError(code as ErrorCode, message, hint === undefined ? {} : { hint });
  };
  return { id: "", encrypt: refuse, decrypt: refuse, digest: refuse };
}

/** Name of the variable that holds the key, 32 bytes in base64 or hex. */
export const vaultKeyVariable = "SLUICE_VAULT_KEY";

/**
 * The bytes of the key: from the environment, else from `file`, which is made (mode 0600) where `mayMake` says that
 * nothing was sealed yet. Throws `vault_key_lost` or `vault_unavailable`.
 */
export function loadVaultKey(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  mayMake: boolean,
): Buffer {
  const given = env[vaultKeyVariable];
  if (given !== undefined && given !== "") return parseKey(given, vaultKeyVariable);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw unusable(file, toMessage(error), error);
    if (!mayMake) {
      throw new SluiceError("vault_key_lost", `Cannot read the vault: its key ${file} is gone`, {
        hint: `Put the file back, or set ${vaultKeyVariable}; \`sluice vault purge\` forgets what the lost key sealed and begins anew`,
      });
    }
    return makeKey(file);
  }
  const mode = statSync(file).mode & 0o077;
  if (process.platform !== "win32" && mode !== 0)
    throw unusable(file, `others may read it (mode ${(mode | 0o600).toString(8)}); run \`chmod 600 ${file}\``);
  return parseKey(text, file);
}

const NONCE_BYTES = 12;
let nonces = Buffer.alloc(0);

/** Random bytes that nobody else gets: asking the system for so few costs more than sealing. */
function takeNonce(): Buffer {
  if (nonces.length === 0) nonces = randomBytes(NONCE_BYTES * 256);
  const nonce = nonces.subarray(0, NONCE_BYTES);
  nonces = nonces.subarray(NONCE_BYTES);
  return nonce;
}

function makeKey(file: string): Buffer {
  const material = randomBytes(32);
  const draft = `${file}.${randomBytes(4).toString("hex")}`;
  try {
    writeFileSync(draft, `${material.toString("base64")}\n`, { mode: 0o600, flag: "wx" });
    // A link, not a rename: the file appears whole, and one that another process has just made stays.
    linkSync(draft, file);
    return material;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return parseKey(readFileSync(file, "utf8"), file);
    throw unusable(file, toMessage(error), error);
  } finally {
    rmSync(draft, { force: true });
  }
}

function parseKey(text: string, source: string): Buffer {
  const trimmed = text.trim();
  const bytes = /^[\da-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, "hex") : Buffer.from(trimmed, "base64");
  if (bytes.length !== 32) throw unusable(source, "a key is 32 bytes, in base64 or hex");
  return bytes;
}

function unusable(source: string, problem: string, cause?: unknown): SluiceError {
  return new SluiceError("vault_unavailable", `Cannot use the vault's key in ${source}: ${problem}`, { cause });
}
