import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../src/base/json.ts";
import { createPrivacyHouse } from "./privacy-core.ts";

const world = {
  email: "ana.ruiz@acme.io",
  name: "Ana Ruiz",
  accent: { full_name: "Zoë Brûlé" },
  phone: "+34 612 35 03 34",
  ssn: "429-06-2045",
  password: "hunter22!",
};

const codesOf = (text: string): number[] => Array.from(text, (one) => one.codePointAt(0) ?? 0);
const inDigits = (text: string, base: number, width: number): string =>
  [...Buffer.from(text)].map((byte) => byte.toString(base).padStart(width, "0")).join(" ");

function base32(text: string): string {
  const bits = [...Buffer.from(text)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return (bits.match(/.{1,5}/g) ?? []).map((five) => letters[Number.parseInt(five.padEnd(5, "0"), 2)]).join("");
}

describe("a value that comes back in disguise is of its class", () => {
  const forms: Record<string, (text: string) => Json> = {
    "codes of characters": codesOf,
    "codes in a text": (text) => JSON.stringify(codesOf(text)),
    bytes: (text) => [...Buffer.from(text)],
    "a buffer": (text) => Buffer.from(text).toJSON() as unknown as JsonObject,
    "an object by index": (text) => Object.fromEntries([...Buffer.from(text)].entries()) as JsonObject,
    characters: (text) => [...text],
    "characters by index": (text) => ({ ...[...text] }),
    reversed: (text) => [...text].reverse(),
    binary: (text) => inDigits(text, 2, 8),
    octal: (text) => inDigits(text, 8, 3),
    "octal escapes": (text) => [...Buffer.from(text)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join(""),
    hex: (text) => inDigits(text, 16, 2),
    base32,
    "base32 with its end": (text) => base32(text).padEnd(Math.ceil(base32(text).length / 8) * 8, "="),
    "UTF-16 in base64": (text) => Buffer.from(text, "utf16le").toString("base64"),
    "UTF-16 the other way": (text) => Buffer.from(text, "utf16le").swap16().toString("base64"),
    "UTF-16 in hex": (text) => Buffer.from(text, "utf16le").toString("hex"),
  };

  test.each(Object.entries(forms))("%s", (_, form) => {
    using house = createPrivacyHouse();
    const tokens = house.seal(world) as Record<string, Json>;
    for (const [key, value] of Object.entries(world)) {
      const [text, token] =
        typeof value === "string" ? [value, tokens[key]] : [value.full_name, (tokens[key] as JsonObject)["full_name"]];
      const sent = { a: token ?? null };
      house.core.restore(sent, true, "crm");
      for (const [before, after] of [
        ["", ""],
        ["it is ", "."],
      ] as const) {
        const given = { x: form(`${before}${text}${after}`) };
        const answer = house.seal(given, { sent });
        expect(JSON.stringify(answer)).not.toBe(JSON.stringify(given));
        expect(JSON.stringify(answer)).toMatch(/\[(EMAIL|NAME|PHONE|GOV_ID|SECRET|TEXT)_\d/);
        expect(JSON.stringify(answer)).not.toContain(JSON.stringify(given.x).slice(1, -1));
      }
    }
  });

  test("lists that spell nothing of it stay what they are", () => {
    using house = createPrivacyHouse();
    const sent = { a: (house.seal(world) as JsonObject)["email"] ?? null };
    house.core.restore(sent, true, "crm");
    const value = {
      codes: [72, 101, 108, 108, 111],
      list: ["a", "b", "c", "d"],
      n: [1, 2, 3, 4],
      deep: [[104, 105, 106, 107]],
    };
    expect(house.seal(value, { sent })).toEqual(value);
    const whole = { x: codesOf(world.email), y: 5 };
    expect(house.seal(whole, { sent })).toEqual({ x: "[EMAIL_1]", y: 5 });
  });
});

describe("keys that are numbers", () => {
  const sealKeys = (value: Json): Json => {
    using house = createPrivacyHouse({ own: [{ class: "ORDER", pattern: "\\d{9}" }] });
    return house.seal(value);
  };

  test("are numbered by what they have, not by their size", () => {
    // The same records, of people whose numbers are in the other order.
    const one = sealKeys({
      by: { 429062045: { visits: 3, email: "ana@acme.io" }, 611203498: { visits: 5, email: "bob@acme.io" } },
    });
    const other = sealKeys({
      by: { 429062045: { visits: 5, email: "bob@acme.io" }, 611203498: { visits: 3, email: "ana@acme.io" } },
    });
    expect(JSON.stringify(one)).toBe(JSON.stringify(other));
    expect(JSON.stringify(one)).toContain("[ORDER_2]");
  });
});

describe("what is glued to a value", () => {
  test("is no value of which more may be asked", () => {
    using house = createPrivacyHouse();
    house.seal({ phone: "612350334", card: "4242424242424242", iban: "GB62PSSP45517745438536" });
    for (const prefix of ["+4", "+3", "+1", "+34", "00"]) {
      const sent = { a: `${prefix}[PHONE_1]` };
      house.core.restore(sent, true, "crm");
      const answer = JSON.stringify(house.seal({ a: `${prefix}612350334` }, { sent }));
      const [token] = /\[PHONE_[\d.]+\]/.exec(answer) ?? [];
      if (token === undefined) expect(answer).toMatch(/TEXT/);
      else expect(house.core.ask({ name: "country", arguments: [token] })).toBe(null);
    }
  });
});

test("a number that the schema wants fails by the class, not by how the value is written", () => {
  const typed = { type: "object", properties: { n: { type: "number" } } };
  for (const [one, other] of [
    ["429-06-2045", "X1234567L"],
    ["+34 612 35 03 34", "(415) 555-2671 ext. 5"],
  ]) {
    const outcomes = [one, other].map((value) => {
      using house = createPrivacyHouse();
      house.seal({ v: value ?? "" }, { fields: { v: "GOV_ID" } });
      return typeof house.core.restore({ n: "[GOV_ID_1]" }, typed, "crm")["n"];
    });
    expect(outcomes).toEqual(["number", "string"]);
  }
});

describe("a value that is forgotten", () => {
  test("goes with its forms, also those that were seen by themselves", () => {
    using house = createPrivacyHouse();
    house.seal({ phone: "612350334" });
    house.seal({
      phone: "+34 612 35 03 34",
      email: "ana.ruiz@acme.io",
      note: "see ana.ruiz%40acme.io and bob@acme.io",
    });
    house.seal({ email: "ANA.RUIZ@ACME.IO", secret: Buffer.from("ana.ruiz@acme.io").toString("base64") });
    house.seal({ a: "oi.emca@ziur.ana" });
    house.core.forget("ana.ruiz@acme.io");
    house.core.forget("+34612350334");
    const left = house.core.stats();
    expect(left).toEqual([{ class: "EMAIL", values: 1, tokens: 1 }]);
    expect(house.core.show("[EMAIL_2]")?.value).toBe("bob@acme.io");
  });
});
