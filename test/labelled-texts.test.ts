import { describe, expect, test } from "vitest";
import { createPrivacyHouse } from "./privacy-core.ts";

describe("texts that say what their parts are", () => {
  test.each<[string, string, string]>([
    [
      "a form",
      "full_name=Zo%C3%AB+Ruiz&email=zo%C3%AB%40acme.io&n=1&customer[phone]=%2B34+612+350+334",
      "full_name=[NAME_1]&email=%5BEMAIL_1%5D&n=1&customer[phone]=[PHONE_1]",
    ],
    [
      "the query of an address, written for a page",
      "see https://x.io/?first_name=Zo%C3%AB&amp;last_name=Ruiz&amp;page=2#top now",
      "see https://x.io/?first_name=%5BNAME_1%5D&amp;last_name=%5BNAME_2%5D&amp;page=2#top now",
    ],
    [
      "a table of Markdown with a label in each row",
      "| Field | Value |\n|---|---|\n| **Full name** | Zoë Ruiz |\n| E-mail | zoe@acme.io |\n| Plan | gold |",
      "| Field | Value |\n|---|---|\n| **Full name** | [NAME_1] |\n| E-mail | [EMAIL_1] |\n| Plan | gold |",
    ],
    [
      "rows of HTML",
      "<table><tr><th>Full name:</th><td> Zo&euml; O&#39;Neil </td></tr><tr><th>Plan</th><td>gold</td></tr></table>",
      "<table><tr><th>Full name:</th><td> [NAME_1] </td></tr><tr><th>Plan</th><td>gold</td></tr></table>",
    ],
    [
      "a table of HTML under a heading",
      "<TABLE><tr><th>id</th><th>name</th><th>email</th></tr>\n<tr><td>1<td>Zo&#235; Ruiz<td>zoe@acme.io</tr>\n<tr><td>2<td>Bob<td>bob@stone.dev</tr></TABLE>",
      "<TABLE><tr><th>id</th><th>name</th><th>email</th></tr>\n<tr><td>1<td>[NAME_1]<td>[EMAIL_1]</tr>\n<tr><td>2<td>[NAME_2]<td>[EMAIL_2]</tr></TABLE>",
    ],
    [
      "terms and what they are",
      "<dl><dt>Full name</dt><dd>Zoë Ruiz</dd>\n<dt>Plan</dt><dd>gold</dd></dl>",
      "<dl><dt>Full name</dt><dd>[NAME_1]</dd>\n<dt>Plan</dt><dd>gold</dd></dl>",
    ],
    [
      "elements with characters by number and by name",
      "<c><full_name>Zo&#xEB; Mar&iacute;n</full_name><email>zo&#235;@acme.io</email></c>",
      "<c><full_name>[NAME_1]</full_name><email>[EMAIL_1]</email></c>",
    ],
    [
      "a form in JSON in a text",
      String.raw`Sent {"body":  "full_name=Zo%C3%AB+Ruiz&ok=1", "to": "zo\u00eb@acme.io"} at 9`,
      `Sent {"body":  "full_name=[NAME_1]&ok=1", "to": "[EMAIL_1]"} at 9`,
    ],
    [
      "JSON in a form",
      "type=lead&payload=%7B%22full_name%22%3A%22Zo%C3%AB+Ruiz%22%2C%22ok%22%3Atrue%7D",
      "type=lead&payload=%7B%22full_name%22%3A%22[NAME_1]%22%2C%22ok%22%3Atrue%7D",
    ],
    [
      "nothing that is nobody's",
      "a=1&name=widget&page=2 | name | size |\n| bolt | M4 |\n<tr><td>name</td><td>bolt</td></tr> &amp; &nosuch; &#0;",
      "a=1&name=widget&page=2 | name | size |\n| bolt | M4 |\n<tr><td>name</td><td>bolt</td></tr> &amp; &nosuch; &#0;",
    ],
  ])("%s", (_, text, expected) => {
    using house = createPrivacyHouse();
    const sealed = house.seal({ text });
    expect(sealed).toEqual({ text: expected });
    expect(house.core.restore({ sealed }, true, "elsewhere")).toEqual({ sealed: { text } });
  });

  test("a value is the same wherever it stands, and is forgotten with all its writings", () => {
    using house = createPrivacyHouse();
    const seen = house.seal([{ full_name: "Zoë Ruiz" }, "full_name=Zo%C3%AB+Ruiz&x=1", "of Zo&euml; Ruiz"]);
    expect(JSON.stringify(seen).match(/NAME_\d/g)).toEqual(["NAME_1", "NAME_1", "NAME_1"]);
    expect(house.core.forget("Zoë Ruiz")).toBe(3);
  });
});

test.each([
  ["a form", (text: string) => `q=${encodeURIComponent(text)}&ok=1`],
  ["a row", (text: string) => `<tr><td>you sent</td><td>${text}</td></tr>`],
  ["JSON of others", (text: string) => `got {"you_sent":  ${JSON.stringify(text)} , "ok": 1}`],
  ["a log", (text: string) => String.raw`body=\"${text}\" \u0041`],
])("what comes back of a value in %s is a form of the value", (_, write) => {
  using house = createPrivacyHouse();
  const { email } = house.seal({ email: "ana.ruiz@acme.io" }) as { email: string };
  house.core.restore({ email }, true, "crm");
  for (const form of ["oi.emca@ziur.ana", "ANA.RUIZ@ACME.IO", "ana . ruiz @ acme . io"]) {
    const back = JSON.stringify(house.seal(write(form), { sent: { email } }));
    expect([form, back]).toEqual([form, expect.stringMatching(/(?:\[|%5B)EMAIL_1(?:\.\d)?(?:\]|%5D)/)]);
    expect(back).not.toMatch(/EMAIL_[2-9]|acme|emca/i);
  }
});

describe("a text that can be read in many ways", () => {
  // Each way of reading it has the others in it again: without a memory the number of texts doubles with each.
  test.each([
    [
      "escapes of escapes beside entities of entities",
      `${String.raw`\u005c`}${"u005c".repeat(30)} &${"amp;".repeat(30)} ana@acme.io`,
    ],
    ["fields in fields", wrap((text) => `a=${encodeURIComponent(text)}&b=${String.raw`\u0041`}`, 30)],
    [
      "rows in rows",
      wrap((text) => `<tr><td>x</td><td>${text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</td></tr>`, 8),
    ],
    ["JSON in JSON", wrap((text) => `{ "a":  ${JSON.stringify(text)}, "b": "${String.raw`\u0041`}" }`, 12)],
  ])("is looked at once: %s", (_, text) => {
    using house = createPrivacyHouse();
    const sealed = house.seal({ text, email: "ana@acme.io" });
    expect(JSON.stringify(sealed)).not.toContain("ana@acme.io");
    expect(house.core.restore({ sealed }, true, "elsewhere")).toEqual({ sealed: { text, email: "ana@acme.io" } });
  });

  function wrap(by: (text: string) => string, times: number): string {
    let text = "of ana@acme.io";
    for (let time = 0; time < times; time += 1) text = by(text);
    return text;
  }
});
