import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SluiceError } from "../src/base/errors.ts";
import type { JsonObject } from "../src/base/json.ts";
import type { PolicyVerdict, Trust } from "../src/config/config.ts";
import { access, type Decision, type DecidedTool, createDecider } from "../src/gateway/access.ts";
import { approve } from "../src/gateway/approve.ts";
import type { CallOutcome, Grant, Step, ToolCall } from "../src/gateway/call.ts";
import { compose } from "../src/gateway/compose.ts";
import type { Edge } from "../src/gateway/edge.ts";
import { literalLength, matchesPattern } from "../src/gateway/pattern.ts";
import { toModel } from "../src/gateway/to-model.ts";
import { askedVerbs } from "../src/gateway/verbs.ts";

function callOf(address: string, grant: Grant = {}, signal: AbortSignal = new AbortController().signal): ToolCall {
  const [server = "", name = ""] = address.split(".");
  const tool = { server, name, address, callName: name, hash: "", inputSchema: {} };
  return { executionId: "e", callId: 1, origin: "program", tool, arguments: {}, grant, signal };
}

const toolOf = (address: string): DecidedTool => callOf(address).tool;

/** Rules alone; what has none is allowed. */
const decideBy = (tools: Record<string, PolicyVerdict>): ((tool: DecidedTool) => Decision) =>
  createDecider({ policy: { tools, preset: "open" }, trustOf: () => "internal" });

const done: CallOutcome = { kind: "data", data: "done" };

async function codeOf(tools: Record<string, PolicyVerdict>, address: string, grant?: Grant): Promise<string> {
  const outcome = await compose([access(decideBy(tools))], async () => done)(callOf(address, grant));
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
    const isAsked = decideBy(tools)(toolOf(address)).verdict === "approve";
    expect(isAsked ? "asked" : await codeOf(tools, address)).toBe(expected);
  });

  test("order in the file never matters", () => {
    const rule = fc.tuple(
      fc.string({ unit: fc.constantFrom("a", "b", ".", "*"), minLength: 1, maxLength: 5 }),
      fc.constantFrom<PolicyVerdict>("allow", "deny", "approve"),
    );
    fc.assert(
      fc.property(fc.uniqueArray(rule, { selector: ([pattern]) => pattern, maxLength: 8 }), (rules) => {
        const forth = decideBy(Object.fromEntries(rules));
        const back = decideBy(Object.fromEntries(rules.toReversed()));
        for (const address of ["a.b", "ab.ba", "b.aa"]) {
          expect(back(toolOf(address)).verdict).toBe(forth(toolOf(address)).verdict);
          const matching = rules.filter(([pattern]) => matchesPattern(pattern, address));
          const most = Math.max(...matching.map(([pattern]) => literalLength(pattern)));
          const best = new Set(
            matching.filter(([pattern]) => literalLength(pattern) === most).map(([, verdict]) => verdict),
          );
          const strictest = (["deny", "approve", "allow"] as const).find((verdict) => best.has(verdict)) ?? "allow";
          expect(forth(toolOf(address)).verdict).toBe(strictest);
        }
      }),
    );
  });

  test("the refusal names the tool and the rule, and says that trying again is useless", async () => {
    const outcome = await compose(
      [access(decideBy({ "crm.delete*": "deny" }))],
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

describe("presets: what holds for tools without a rule", () => {
  type Hints = { readOnlyHint?: boolean; destructiveHint?: boolean };
  const said = (preset: "open" | "balanced" | "strict", trust: Trust, name: string, annotations?: Hints): Decision =>
    createDecider({ policy: { tools: {}, preset }, trustOf: () => trust })({
      ...toolOf(`crm.${name}`),
      ...(annotations === undefined ? {} : { annotations }),
    });

  test.each<["balanced" | "strict", Trust, string, Hints | undefined, boolean]>([
    ["balanced", "internal", "create_lead", undefined, false],
    ["balanced", "internal", "update", { destructiveHint: true }, true],
    ["balanced", "internal", "update", { destructiveHint: false }, false],
    ["balanced", "internal", "delete_lead", undefined, true],
    ["balanced", "internal", "leadDelete", undefined, true],
    ["balanced", "internal", "crm_lead_remove", undefined, true],
    ["balanced", "internal", "DROP-table", undefined, true],
    ["balanced", "internal", "stripe-refund", { destructiveHint: false }, true],
    ["balanced", "internal", "delete_lead", { readOnlyHint: true }, false],
    // Who is not trusted is not believed.
    ["balanced", "public", "delete_lead", { readOnlyHint: true }, true],
    ["balanced", "public", "update", { readOnlyHint: true, destructiveHint: true }, false],
    ["balanced", "internal", "get_refund", undefined, false],
    ["balanced", "internal", "slack_list_removed", undefined, false],
    ["balanced", "internal", "undelete", undefined, false],
    ["balanced", "internal", "payload_size", undefined, false],
    ["strict", "internal", "get", { readOnlyHint: true }, false],
    ["strict", "internal", "get", undefined, true],
    ["strict", "public", "get", { readOnlyHint: true }, true],
    ["strict", "internal", "create", { destructiveHint: false }, true],
  ])("%s, %s server: %s %j asks: %s", (preset, trust, name, annotations, asks) => {
    expect(said(preset, trust, name, annotations).verdict).toBe(asks ? "approve" : "allow");
    expect(said("open", trust, name, annotations)).toEqual({ verdict: "allow" });
  });

  test("a rule wins over a preset, and what asks says why", () => {
    const decide = createDecider({
      policy: { tools: { "crm.delete_draft": "allow", "crm.get": "deny" }, preset: "strict" },
      trustOf: () => "internal",
    });
    expect(decide(toolOf("crm.delete_draft")).verdict).toBe("allow");
    expect(decide(toolOf("crm.get")).verdict).toBe("deny");
    expect(said("balanced", "internal", "wipe").why).toBe('policy.preset "balanced" (its name says "wipe")');
  });

  test("the documentation names every verb", () => {
    const page = readFileSync(new URL("../docs/policy.md", import.meta.url), "utf8");
    const [, listed = ""] = /<!-- verbs -->\s*([\s\S]*?)\s*<!-- \/verbs -->/.exec(page) ?? [];
    expect(listed.match(/`\w+`/g)?.map((verb) => verb.slice(1, -1))).toEqual(askedVerbs);
  });
});

describe("asking", () => {
  const decide = createDecider({ policy: { tools: { "*": "approve" }, preset: "open" }, trustOf: () => "internal" });
  const free = createDecider({ policy: { tools: {}, preset: "open" }, trustOf: () => "internal" });
  const quietly = {
    flush: async (): Promise<void> => undefined,
    clean: async (texts: readonly string[]): Promise<string[]> => [...texts],
  };
  const edge = { class: "EMAIL", from: ["hr"], tokens: ["[EMAIL_1]"], paths: ["to"] } as unknown as Edge;

  function open(answers: boolean[], decider = decide) {
    const asked: string[] = [];
    const broker = {
      ask: async (question: { kind: string; body: { text: string } }) => {
        asked.push(question.kind);
        return answers[asked.length - 1] ?? false;
      },
      remembered: () => undefined,
    };
    const invoke = compose(
      [approve({ broker, decide: decider, masked: async () => "•", ...quietly })],
      async () => done,
    );
    const call = (args: object, more: Partial<ToolCall> = {}): Promise<CallOutcome> =>
      invoke({ ...callOf("crm.put"), arguments: args as JsonObject, ...more });
    return { asked, call };
  }

  test("nobody is asked twice about the same call of one execution, whatever the answer was", async () => {
    const { asked, call } = open([false, true]);
    expect(await call({ id: 1 })).toMatchObject({ code: "approval_denied" });
    expect(await call({ id: 1 })).toMatchObject({ code: "approval_denied" });
    expect(await call({ id: 2 })).toEqual(done);
    expect(await call({ id: 2 })).toEqual(done);
    await call({ id: 2, more: { a: 1, b: [{ c: 1, d: 2 }] } });
    await call({ more: { b: [{ d: 2, c: 1 }], a: 1 }, id: 2 });
    expect(asked.splice(2)).toHaveLength(1);
    expect(asked).toHaveLength(2);
    // Another execution is another matter, and so are other arguments.
    await call({ id: 2 }, { executionId: "other" });
    await call({ id: 3 });
    expect(asked).toHaveLength(4);
  });

  test("where data may not go it is not asked about again", async () => {
    const { asked, call } = open([false, true], free);
    for (const id of [1, 2, 3])
      expect(await call({ id }, { edges: [edge] })).toMatchObject({ code: "approval_denied" });
    expect(asked).toEqual(["edge"]);
    expect(await call({ id: 4 }, { edges: [{ ...edge, class: "PHONE" }] })).toEqual(done);
    expect(asked).toEqual(["edge", "edge"]);
  });

  test("calls that are alike are one line with how many they are, and all are counted", async () => {
    const bodies: { text: string; arguments: string[]; calls: number }[] = [];
    const broker = {
      ask: async ({ body }: { body: (typeof bodies)[number] }) => bodies.push(body) > 0,
      remembered: () => undefined,
    };
    const invoke = compose([approve({ broker, decide, masked: async () => "•", ...quietly })], async () => done);
    const long = "x".repeat(5_000);
    const ids = [...Array.from({ length: 20 }, (_, at) => (at === 13 ? "other" : "same")), `${long}a`, `${long}b`];
    await Promise.all(ids.map((id) => invoke({ ...callOf("crm.put"), arguments: { id } })));
    expect(bodies).toMatchObject([{ text: "May crm.put be called (22 calls)?", calls: 22 }]);
    const lines = bodies[0]?.arguments ?? [];
    expect(lines.slice(0, 2)).toEqual(['{"id":"same"} × 19', '{"id":"other"}']);
    // What is cut off of them differs.
    expect(lines.slice(2)).toEqual([0, 1].map(() => expect.stringMatching(/… \(\d+ more characters\)$/) as string));
    // What comes later has the same answer, and nobody is asked.
    await invoke({ ...callOf("crm.put"), arguments: { id: "same" } });
    expect(bodies).toMatchObject([{ calls: 22 }]);
  });

  test("no call hides behind others: each is shown, or asked about by itself", async () => {
    const shown: string[][] = [];
    const broker = {
      ask: async ({ body }: { body: { arguments: string[]; calls: number } }) => {
        shown.push(body.arguments);
        expect(body.arguments).toHaveLength(body.calls);
        return true;
      },
      remembered: () => undefined,
    };
    const invoke = compose([approve({ broker, decide, masked: async () => "•", ...quietly })], async () => done);
    const all = Array.from({ length: 200 }, (_, id) => ({ id, text: "x".repeat(id === 150 ? 5_000 : 150) }));
    const outcomes = await Promise.all(all.map((args) => invoke({ ...callOf("crm.put"), arguments: args })));
    expect(outcomes.every(({ kind }) => kind === "data")).toBe(true);
    expect(shown.length).toBeGreaterThan(1);
    expect(shown.flat().map((text) => Number(/"id":(\d+)/.exec(text)?.[1]))).toEqual(all.map(({ id }) => id));
    expect(shown.flat()[150]).toMatch(/… \(\d+ more characters\)$/);
    for (const one of shown) expect(one.join("").length).toBeLessThanOrEqual(16_500);
  });

  test("a flood of questions ends the execution", async () => {
    const { asked, call } = open([]);
    const ended: string[] = [];
    const endExecution = (code: string): void => void ended.push(code);
    const codes: string[] = [];
    for (let id = 0; id < 32; id += 1) {
      const outcome = await call({ id }, { endExecution });
      codes.push(outcome.kind === "error" ? outcome.code : "done");
    }
    expect(asked).toHaveLength(30);
    expect(codes.slice(29)).toEqual(["approval_denied", "questionsPerExecutionMax", "questionsPerExecutionMax"]);
    expect(ended[0]).toBe("questionsPerExecutionMax");
  });
});
