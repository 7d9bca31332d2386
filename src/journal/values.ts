import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { nextTurn } from "../base/next-turn.ts";
import { SluiceError, toMessage } from "../base/errors.ts";

/** Large values, each in a file of its own by a keyed digest of what it is: the same value is kept once. */
export interface Values {
  /** Keeps the bytes, and gives their digest. */
  save(pieces: readonly Uint8Array[]): Promise<string>;
  /** Rejects with `journal_damaged` where they are no longer what was kept. */
  load(digest: string): Promise<Buffer>;
  remove(digest: string): Promise<void>;
}

const PIECE_BYTES = 65_536;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** `secret`: 32 bytes. */
export function createValues(folder: string, secret: () => Buffer): Values {
  const pathOf = (digest: string): string => join(folder, digest);

  async function write(digest: string, pieces: readonly Uint8Array[]): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = pathOf(digest);
    const draft = `${path}.${randomBytes(6).toString("hex")}.tmp`;
    const handle = await open(draft, "wx", 0o600);
    try {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", secret(), nonce).setAAD(Buffer.from(digest));
      await handle.write(nonce);
      for (const piece of inPieces(pieces)) await handle.write(cipher.update(piece));
      await handle.write(Buffer.concat([cipher.final(), cipher.getAuthTag()]));
    } finally {
      await handle.close();
    }
    await rename(draft, path);
  }

  return {
    async save(pieces) {
      const hash = createHmac("sha256", secret());
      for (const piece of inPieces(pieces)) {
        hash.update(piece);
        // A value of 50 MB must not hold up everybody else.
        await nextTurn();
      }
      const digest = hash.digest("hex");
      const isThere = await stat(pathOf(digest)).then(
        () => true,
        () => false,
      );
      if (!isThere) await write(digest, pieces);
      return digest;
    },
    async load(digest) {
      try {
        const bytes = await readFile(pathOf(digest));
        const decipher = createDecipheriv("aes-256-gcm", secret(), bytes.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        })
          .setAAD(Buffer.from(digest))
          .setAuthTag(bytes.subarray(-TAG_BYTES));
        return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
      } catch (error) {
        throw new SluiceError("journal_damaged", `A large value of the journal cannot be read: ${toMessage(error)}`, {
          cause: error,
        });
      }
    },
    remove: (digest) => rm(pathOf(digest), { force: true }),
  };
}

function* inPieces(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const piece of pieces)
    for (let at = 0; at < piece.length; at += PIECE_BYTES) yield piece.subarray(at, at + PIECE_BYTES);
}
