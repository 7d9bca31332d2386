import { expect, test } from "vitest";
import { createPrivacyHouse } from "./privacy-core.ts";
import { expectSame } from "./noninterference/expect-same.ts";
import { makeWorld } from "./noninterference/worlds.mjs";

test("the two worlds are alike: sealed with an empty vault, they are the same text", () => {
  const [a, b] = (["a", "b"] as const).map((name) => {
    using house = createPrivacyHouse();
    return Object.values(makeWorld(name)).map((value) => house.seal(value));
  });
  expect(a).toEqual(b);
});

test("what a model sees of 100 programs is the same over both, byte for byte", { timeout: 600_000 }, () =>
  expectSame(0, 100),
);
