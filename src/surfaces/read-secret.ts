import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { SluiceError } from "../base/errors.ts";

/** Asks for a word at the terminal and shows nothing of it; rejects where there is no terminal: nothing else may give it. */
export async function readSecret(question: string): Promise<string> {
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
    });
  } finally {
    lines.close();
    process.stderr.write("\n");
  }
}
