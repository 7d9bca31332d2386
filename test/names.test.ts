import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../src/base/limits.ts";
import { assignCallNames, assignIdentifiers, toCallName, toFoldedName, toIdentifier } from "../src/catalogue/names.ts";

describe("one name", () => {
  test.each([
    ["getDocument", "getDocument"],
    ["get_document", "getDocument"],
    ["create-onedrive-folder", "createOnedriveFolder"],
    ["files.list", "filesList"],
    ["repo/create issue", "repoCreateIssue"],
    ["getHTTPServer", "getHTTPServer"],
    ["get_HTTP_server", "getHTTPServer"],
    ["GetDocument", "getDocument"],
    ["URLFetch", "urlFetch"],
    ["API-post-search", "apiPostSearch"],
    ["GMAIL_SEND_EMAIL", "gmailSendEmail"],
    ["2fa_enable", "_2faEnable"],
    ["_private", "private"],
    ["delete", "delete"],
    ["export", "export"],
    ["then", "then_"],
    ["default", "default_"],
    ["index", "index_"],
    ["Index", "index_"],
    ["__proto__", "__proto___"],
    ["constructor", "constructor_"],
    ["查询天气", "查询天气"],
    ["überprüfe_straße", "überprüfeStraße"],
    ["", "tool"],
    ["!!!", "tool"],
    ["🦊", "tool"],
  ])("%s → %s", (original, callName) => {
    expect(toCallName(original)).toBe(callName);
  });

  test("server keys too", () => {
    expect(toIdentifier("google-drive")).toBe("googleDrive");
    expect(toIdentifier("@scope/my.server")).toBe("scopeMyServer");
    expect(toIdentifier("--")).toBe("server");
  });
});

describe("names that meet", () => {
  const names = (...originals: string[]): Record<string, string> => Object.fromEntries(assignCallNames(originals));

  test("the one whose original is the call name keeps it", () => {
    expect(names("get-user", "getUser", "get_user")).toMatchInlineSnapshot(`
      {
        "get-user": "getUser_5d95",
        "getUser": "getUser",
        "get_user": "getUser_bf1e",
      }
    `);
  });

  test("nobody keeps it when no original is the call name", () => {
    expect(Object.values(names("get-user", "get_user"))).toEqual([
      expect.stringMatching(/^getUser_[0-9a-f]{4}$/),
      expect.stringMatching(/^getUser_[0-9a-f]{4}$/),
    ]);
  });

  test("also when only their case differs", () => {
    const assigned = names("getuser", "getUser");
    expect(assigned["getUser"]).toBe("getUser");
    expect(assigned["getuser"]).toMatch(/^getuser_[0-9a-f]{4}$/);
  });

  test("four digits that meet become more", () => {
    const byPrefix = new Map<string, string>();
    let pair: [string, string] | undefined;
    for (let i = 1; pair === undefined; i += 1) {
      const original = `a${"-".repeat(i % 50)}_${"-".repeat(Math.floor(i / 50))}`;
      const [, name = ""] = [...assignCallNames([original, "a"])][0] ?? [];
      const other = byPrefix.get(name);
      if (other !== undefined && other !== original) pair = [other, original];
      byPrefix.set(name, original);
    }
    const assigned = assignCallNames(["a", ...pair]);
    expect(new Set(assigned.values()).size).toBe(3);
    expect(assigned.get(pair[0])).toMatch(/^a_[0-9a-f]{8}$/);
    expect(assigned.get(pair[1])).toMatch(/^a_[0-9a-f]{8}$/);
  });
});

const anyName = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.string({ unit: fc.constantFrom("a", "A", "b", "_", "-", ".", "1", "é", "İ", "ß", "then"), maxLength: 6 }),
  fc.constantFrom(
    "then",
    "then_",
    "default",
    "index",
    "INDEX",
    "__proto__",
    "constructor",
    "delete",
    "x".repeat(500),
    "\ud800",
    "\udbff",
  ),
);

describe("for any names", () => {
  test("each gets an identifier that no other has, in whatever case", () => {
    fc.assert(
      fc.property(fc.array(anyName, { maxLength: 40 }), (originals) => {
        const assigned = assignCallNames(originals);
        const distinct = new Set(originals);
        expect(assigned.size).toBe(distinct.size);
        expect(new Set([...assigned.values()].map(toFoldedName)).size).toBe(distinct.size);
        for (const name of assigned.values()) {
          expect(name).toMatch(/^[\p{ID_Start}_][\p{ID_Continue}]*$/u);
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(limits.callNameBytesMax + 66);
          expect(["then", "default", "index", "__proto__", "constructor"]).not.toContain(name);
        }
      }),
    );
  });

  test("the order does not matter", () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyName, { maxLength: 20 }), fc.infiniteStream(fc.nat()), (originals, random) => {
        const keyed = originals.map((original) => ({ original, key: random.next().value as number }));
        const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ original }) => original);
        expect(new Map([...assignCallNames(shuffled)].sort())).toEqual(new Map([...assignCallNames(originals)].sort()));
      }),
    );
  });

  test("a call name that is a tool's own original stays with it", () => {
    fc.assert(
      fc.property(fc.array(anyName, { maxLength: 20 }), (others) => {
        expect(assignCallNames([...others, "getDocument"]).get("getDocument")).toBe("getDocument");
        expect(assignIdentifiers([...others, "gdrive"]).get("gdrive")).toBe("gdrive");
      }),
    );
  });
});
