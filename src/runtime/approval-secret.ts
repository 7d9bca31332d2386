import { randomBytes, scryptSync, timingSafeEqual } from "node:crypto";
import { SluiceError } from "../base/errors.ts";
import type { Answer } from "../gateway/broker.ts";
import type { Store } from "../store/store.ts";

/**
 * How an answer came. `dialog`: one of the client, or the page of the webhook's link; a yes there needs no word, and holds
 * for once where one is set, since whoever has a shell can be a client.
 */
export type AnswerSource = "terminal" | "dialog";

/** A word that a person at a terminal must know to allow what programs wait for; only its hash is kept. */
export interface ApprovalSecret {
  isSet(): boolean;
  /** Whether this answer needs the word. Without one that is set none does. */
  isNeeded(answer: Answer, from?: AnswerSource): boolean;
  /** Throws `approval_denied` if the answer needs the word, and this is not it or it came from where none is asked. */
  checkAnswer(answer: Answer, proof: { from?: AnswerSource; secret?: string }): void;
  /** `before`: the one that is set, if one is. Throws `approval_denied` if it is another. */
  set(secret: string, before?: string): void;
  /** Throws `approval_denied` unless none is set or this is it. */
  check(secret: string | undefined): void;
}

const KEY_BYTES = 32;
const LENGTH_MIN = 8;
const NAME = "approval-secret";

export function createApprovalSecret(store: Store): ApprovalSecret {
  const read = (): string | undefined =>
    store.get<{ value: string }>("SELECT value FROM setting WHERE name = ?", [NAME])?.value;

  function check(secret: string | undefined): void {
    const kept = read();
    if (kept === undefined) return;
    if (secret === undefined)
      throw new SluiceError("approval_denied", "This needs the secret that was set with `sluice approvals secret`", {
        hint: "Say it at a terminal: sluice approvals allow ID",
      });
    const [salt = "", hash = ""] = kept.split(":");
    const given = scryptSync(secret, Buffer.from(salt, "hex"), KEY_BYTES);
    if (!timingSafeEqual(given, Buffer.from(hash, "hex")))
      throw new SluiceError("approval_denied", "This is not the secret that was set with `sluice approvals secret`");
  }

  function isNeeded(answer: Answer, from: AnswerSource = "terminal"): boolean {
    const needsIt = answer === "allow-always" || (answer === "allow-once" && from === "terminal");
    return needsIt && read() !== undefined;
  }

  return {
    isSet: () => read() !== undefined,
    isNeeded,
    checkAnswer(answer, { from, secret }) {
      if (isNeeded(answer, from)) check(secret);
    },
    set(secret, before) {
      check(before);
      if (secret.length < LENGTH_MIN)
        throw new SluiceError("invalid_input", `The secret needs at least ${LENGTH_MIN} characters`);
      const salt = randomBytes(16);
      const hash = scryptSync(secret, salt, KEY_BYTES);
      store.run("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", [
        ...[NAME, `${salt.toString("hex")}:${hash.toString("hex")}`],
      ]);
    },
    check,
  };
}
