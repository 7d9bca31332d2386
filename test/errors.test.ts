import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SluiceError, errorCodes, toMessage, type ErrorCode, type Fault } from "../src/base/errors.ts";
import { toNearest } from "../src/base/nearest.ts";

const page = readFileSync(new URL("../docs/errors.md", import.meta.url), "utf8");

describe("error codes", () => {
  test("each has one heading in docs/errors.md, and there is no other", () => {
    const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading ?? "");
    expect(headings.toSorted()).toEqual(Object.keys(errorCodes).toSorted());
  });

  test("each heading is followed by what it means", () => {
    for (const section of page.split(/^## /m).slice(1)) {
      const [code, ...lines] = section.split("\n");
      expect([code, lines.join(" ").trim().length > 40]).toEqual([code, true]);
    }
  });

  test("links on the page lead to pages that are there", () => {
    for (const [, target] of page.matchAll(/\]\(([\w-]+\.md)\)/g)) {
      expect(readFileSync(new URL(`../docs/${target}`, import.meta.url), "utf8")).toMatch(/^# /);
    }
  });

  test("an error has the fault of its code, and a hint and a cause only if given", () => {
    const faults: readonly Fault[] = ["caller", "guest", "policy", "upstream", "internal"];
    for (const code of Object.keys(errorCodes) as ErrorCode[]) {
      const error = new SluiceError(code, "message");
      expect(error).toMatchObject({ code, fault: errorCodes[code], name: "SluiceError", message: "message" });
      expect(faults).toContain(error.fault);
      expect([error.hint, error.cause]).toEqual([undefined, undefined]);
    }
    const cause = new Error("below");
    expect(new SluiceError("internal", "m", { cause, hint: "h" })).toMatchObject({ cause, hint: "h" });
  });

  test("anything thrown has a message", () => {
    expect([new Error("a"), "b", 5, undefined, null].map(toMessage)).toEqual(["a", "b", "5", "undefined", "null"]);
  });
});

describe("the nearest name", () => {
  test.each<[string, string[], string | undefined]>([
    ["comand", ["args", "command"], "command"],
    ["cpuMS", ["cpuMs", "memoryMb"], "cpuMs"],
    ["get_document", ["getSheet", "getDocument"], "getDocument"],
    ["slakc", ["crm", "slack"], "slack"],
    ["weather", ["slack", "crm"], undefined],
    ["", ["a"], undefined],
    ["--", ["a"], undefined],
    ["a", [], undefined],
  ])("of %j among %j is %j", (name, candidates, expected) => {
    expect(toNearest(name, candidates)).toBe(expected);
  });

  test("long names and long lists take no time", () => {
    const startedAt = performance.now();
    toNearest(
      "x".repeat(1_000_000),
      Array.from({ length: 20_000 }, (_, i) => `${"y".repeat(60)}${i}`),
    );
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });
});
