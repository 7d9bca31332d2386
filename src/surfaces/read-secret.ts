import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { SluiceError } from "../base/errors.ts";

/**
 * Asks for a word at the terminal and shows nothing of it; rejects where there is no terminal: nothing else may give it.
 * The signal stops asking.
 */
export async function readSecret(question: string, signal?: AbortSignal): Promise<string> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new SluiceError("approval_unavailable", "The secret of `sluice approvals` is asked at a terminal only", {
      hint: "Run this on a terminal",
    });
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once("line", resolve);
      lines.once("close", () => reject(new SluiceError("cancelled", "The terminal was closed")));
      lines.once("SIGINT", () => lines.close());
      signal?.addEventListener("abort", () => lines.close(), { once: true });
    });
  } finally {
    lines.close();
    process.stderr.write("\n");
  }
}

/** The secret of the approvals as a proof, where it is needed: a person types it. */
export async function readProof(isNeeded: boolean, signal?: AbortSignal): Promise<{ secret?: string }> {
  return isNeeded ? { secret: await readSecret("Secret of the approvals: ", signal) } : {};
}
