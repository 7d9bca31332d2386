import { test } from "vitest";
import { expectSame } from "./expect-same.ts";

// A file of its own, so that both halves can run at the same time.
test("what a model sees of 100 programs more is the same over both", { timeout: 600_000 }, () => expectSame(100, 200));
