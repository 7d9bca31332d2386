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

/** What is said of `all` (the leads as one text), `notes` and `mail`: sent whole, encoded, cut, repeated, and seen again. */
const longTexts = [
  "await say(encodeURIComponent(all))",
  "await say(all)",
  "out.push(leads, notes)",
  'await say(all.slice(6)); await say("x" + all)',
  "await say(all.slice(200)); await say(all.slice(300, 900))",
  "await say(all.repeat(2))",
  "await say(JSON.stringify({ all })); await say(mail.repeat(4)); await say(encodeURIComponent(mail.repeat(4)))",
  "await say(mail.repeat(3)); await say(mail); out.push(leads, mail)",
  "await say(encodeURIComponent(notes.repeat(3))); await say(notes.repeat(3)); out.push(leads)",
  "console.log(leads, mail, all); out.push(await hr.get({ name: 'all' }))",
];

test(
  "a long text of several values comes back, and what it hides later is told by no length",
  { timeout: 300_000 },
  () =>
    expectSame(
      0,
      longTexts.length,
      (seed) => `// @ts-nocheck
const out = [];
const { leads, mail } = (await hr.get({ name: "all" })).value;
const all = JSON.stringify(leads);
const notes = leads.map((one) => one.note).join("; ");
const say = async (value) => out.push(await hr.echo({ value }).catch((error) => error.message));
${longTexts[seed]};
return out;`,
    ),
);
