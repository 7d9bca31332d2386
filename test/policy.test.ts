import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SluiceError } from "../src/base/errors.ts";
import type { PolicyVerdict } from "../src/config/config.ts";
import { access, createDecider } from "../src/gateway/access.ts";
import type { CallOutcome, Grant, Step, ToolCall } from "../src/gateway/call.ts";
import { compose } from "../src/gateway/compose.ts";
import { literalLength, matchesPattern } from "../src/gateway/pattern.ts";
import { toModel } from "../src/gateway/to-model.ts";

function callOf(address: string, grant: Grant = {}, signal: AbortSignal = new AbortController().signal): ToolCall {
  const [server = "", name = ""] = address.split(".");
  const tool = { server, name, address, callName: name, hash: "", inputSchema: {} };
  return { executionId: "e", callId: 1, origin: "program", tool, arguments: {}, grant, signal };
}

const done: CallOutcome = { kind: "data", data: "done" };

async function codeOf(tools: Record<string, PolicyVerdict>, address: string, grant?: Grant): Promise<string> {
  const outcome = await compose([access({ tools })], async () => done)(callOf(address, grant));
  return outcome.kind === "error" ? outcome.code : "done";
}

describe("patterns", () => {
  test.each([
    ["crm.get", "crm.get", true],
    ["crm.get", "crm.getAll", false],
    ["crm.*", "crm.get", true],
    ["crm.*", "crm.", true],
    ["crm.*", "crmx.get", false],
    ["*", "anything.at all", true],
    ["*.delete*", "crm.deleteRecord", true],
    ["*.delete*", "crm.undelete", false],
    ["*a*a*", "a", false],
    ["*a*a*", "banana", true],
    ["a*a", "a", false],
    ["a**b", "ab", true],
    ["c.m.*", "crm.get", false],
    ["crm.(get|set)", "crm.get", false],
    ["CRM.*", "crm.get", false],
    ["", "", true],
  ])("%j on %j: %j", (pattern, address, expected) => {
    expect(matchesPattern(pattern, address)).toBe(expected);
  });

  test("agree with a regular expression on everything", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", ".", "*"), maxLength: 12 });
    fc.assert(
      fc.property(text, text, (pattern, address) => {
        const source = pattern
          .split("*")
          .map((piece) => piece.replaceAll(".", "\\."))
          .join("[^]*");
        return matchesPattern(pattern, address) === new RegExp(`^${source}$`).test(address);
      }),
    );
  });

  test("one made to be slow is not", () => {
    const startedAt = performance.now();
    expect(matchesPattern(`${"*a".repeat(500)}*b`, "a".repeat(100_000))).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});

describe("which rule wins", () => {
  test.each<[Record<string, PolicyVerdict>, string, string]>([
    [{}, "crm.get", "done"],
    [{ "*": "deny" }, "crm.get", "tool_denied"],
    [{ "*": "deny", "crm.*": "allow" }, "crm.get", "done"],
    [{ "*": "deny", "crm.*": "allow", "crm.delete*": "deny" }, "crm.deleteRecord", "tool_denied"],
    [{ "crm.*": "deny", "*.get": "allow" }, "crm.get", "tool_denied"], // four literal characters each: the stricter
    [{ "crm.*": "allow", "*.get": "approve" }, "crm.get", "asked"],
    [{ "*.get": "approve", "crm.*": "deny" }, "crm.get", "tool_denied"],
    [{ "slack.*": "approve" }, "slack.sendMessage", "asked"],
    [{ "slack.*": "approve" }, "gdrive.get", "done"],
    [{ "*****": "deny", "c*": "allow" }, "crm.get", "done"], // stars are no literal characters
  ])("%j: %s is %s", async (tools, address, expected) => {
    const isAsked = createDecider({ tools })(address).verdict === "approve";
    expect(isAsked ? "asked" : await codeOf(tools, address)).toBe(expected);
  });

  test("order in the file never matters", () => {
    const rule = fc.tuple(
      fc.string({ unit: fc.constantFrom("a", "b", ".", "*"), minLength: 1, maxLength: 5 }),
      fc.constantFrom<PolicyVerdict>("allow", "deny", "approve"),
    );
    fc.assert(
      fc.property(fc.uniqueArray(rule, { selector: ([pattern]) => pattern, maxLength: 8 }), (rules) => {
        const forth = createDecider({ tools: Object.fromEntries(rules) });
        const back = createDecider({ tools: Object.fromEntries(rules.toReversed()) });
        for (const address of ["a.b", "ab.ba", "b.aa"]) {
          expect(back(address).verdict).toBe(forth(address).verdict);
          const matching = rules.filter(([pattern]) => matchesPattern(pattern, address));
          const most = Math.max(...matching.map(([pattern]) => literalLength(pattern)));
          const best = new Set(
            matching.filter(([pattern]) => literalLength(pattern) === most).map(([, verdict]) => verdict),
          );
          const strictest = (["deny", "approve", "allow"] as const).find((verdict) => best.has(verdict)) ?? "allow";
          expect(forth(address).verdict).toBe(strictest);
        }
      }),
    );
  });

  test("the refusal names the tool and the rule, and says that trying again is useless", async () => {
    const outcome = await compose(
      [access({ tools: { "crm.delete*": "deny" } })],
      async () => done,
    )(callOf("crm.deleteRecord"));
    expect(outcome).toMatchObject({
      message: 'Cannot call crm.deleteRecord: the rule "crm.delete*" of policy.tools denies it',
    });
    expect(outcome).toHaveProperty("hint", expect.stringContaining("trying again changes nothing"));
  });
});

describe("grants", () => {
  test("only what is granted, and only what the policy allows of it", async () => {
    expect(await codeOf({}, "crm.get", { tools: ["crm.*"] })).toBe("done");
    expect(await codeOf({}, "slack.send", { tools: ["crm.*"] })).toBe("tool_not_granted");
    expect(await codeOf({}, "crm.get", { tools: [] })).toBe("tool_not_granted");
    expect(await codeOf({ "crm.get": "deny" }, "crm.get", { tools: ["*"] })).toBe("tool_denied");
    expect(await codeOf({}, "crm.get", { workspace: "read-only" })).toBe("done");
  });
});

describe("the chain", () => {
  test("steps run in order around the call, and the outcome comes back through them", async () => {
    const seen: string[] = [];
    const step =
      (name: string): Step =>
      async (call, next) => {
        seen.push(`${name}>`);
        const outcome = await next(call);
        seen.push(`<${name}`);
        return outcome;
      };
    const invoke = compose([step("a"), step("b")], async () => {
      seen.push("call");
      return done;
    });
    expect(await invoke(callOf("a.b"))).toBe(done);
    expect(seen).toEqual(["a>", "b>", "call", "<b", "<a"]);
    expect(await compose([], async () => done)(callOf("a.b"))).toBe(done);
  });

  test("a step that calls next twice makes one call and an internal error", async () => {
    let calls = 0;
    const twice: Step = async (call, next) => {
      await next(call);
      return next(call);
    };
    const invoke = compose([twice], async () => {
      calls++;
      return done;
    });
    expect(await invoke(callOf("a.b"))).toMatchObject({ kind: "error", code: "internal" });
    expect(calls).toBe(1);
    expect(await invoke(callOf("a.b"))).toMatchObject({ code: "internal" });
    expect(calls).toBe(2); // the guard is per call, not for ever
  });

  test("what is thrown inside is an outcome to the steps outside", async () => {
    const seen: CallOutcome[] = [];
    const watch: Step = async (call, next) => {
      const outcome = await next(call);
      seen.push(outcome);
      return outcome;
    };
    const throwing =
      (thrown: unknown): Step =>
      () => {
        throw thrown;
      };
    await compose([watch, throwing(new TypeError("x is not a function"))], async () => done)(callOf("a.b"));
    await compose(
      [watch, throwing(new SluiceError("upstream_timeout", "too slow", { hint: "wait" }))],
      async () => done,
    )(callOf("a.b"));
    await compose([watch], () => Promise.reject("a string"))(callOf("a.b"));
    await compose(
      [watch],
      async (call) => call.signal.throwIfAborted() as never,
    )(callOf("a.b", {}, AbortSignal.abort()));
    expect(seen).toEqual([
      { kind: "error", code: "internal", message: "Cannot complete the call of a.b: x is not a function" },
      { kind: "error", code: "upstream_timeout", message: "too slow", hint: "wait" },
      { kind: "error", code: "internal", message: "Cannot complete the call of a.b: a string" },
      { kind: "error", code: "cancelled", message: "The call of a.b was cancelled" },
    ]);
  });
});

describe("text towards the model", () => {
  test("control characters and half pairs go, everything else stays", () => {
    expect(toModel("a\u0000b\u001b[31mc\r\nd\te\u009bf\u007f")).toBe("ab[31mc\nd\tef");
    expect(toModel("x\ud800y\udc00z😀")).toBe("x\ufffdy\ufffdz😀");
    const text = "Ünïcödé 漢字 👩‍👩‍👧 עברית\n\t{}";
    expect(toModel(text)).toBe(text);
  });

  test("what comes out is well-formed and passes again unchanged", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const once = toModel(text);
        expect(toModel(once)).toBe(once);
        expect(Buffer.from(once, "utf8").toString("utf8")).toBe(once);
      }),
    );
  });
});
