import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { digest } from "../src/sandbox/guest/digest.js";

// The guest's own digests against Node's.

const toNode = (algorithm: string, bytes: Uint8Array): string =>
  createHash(algorithm.replace("-", "")).update(bytes).digest("hex");
const toGuest = (algorithm: string, bytes: Uint8Array): string => Buffer.from(digest(algorithm, bytes)).toString("hex");

test.each(["SHA-1", "SHA-256", "SHA-384", "SHA-512"])("%s", (algorithm) => {
  // Every length around one and two blocks, where the padding differs.
  for (let length = 0; length <= 300; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 7 + length) & 0xff);
    expect([length, toGuest(algorithm, bytes)]).toEqual([length, toNode(algorithm, bytes)]);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5_000 }), fc.nat(8), (bytes, offset) => {
      const part = bytes.subarray(offset);
      expect(toGuest(algorithm, part)).toBe(toNode(algorithm, part));
    }),
  );
});
