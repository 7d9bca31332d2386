import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { toLimitsPage } from "../scripts/limits-page.mjs";
import { limits } from "../src/base/limits.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const below = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
const pages = [...below("."), ...below("docs")];

/** A page without its code. */
const toProse = (page: string): string => read(page).replace(/^```[\s\S]*?^```/gm, "");

/** The anchor that a heading gets. */
const toAnchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");

describe("links", () => {
  test.each(pages)("of %s lead to what is there", (page) => {
    const broken: string[] = [];
    for (const [, target = ""] of toProse(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : join(dirname(page), path);
      const headings = existsSync(join(root, file)) && file.endsWith(".md") ? read(file).matchAll(/^#+ (.*)$/gm) : [];
      const anchors = [...headings].map(([, heading = ""]) => toAnchor(heading));
      if (!existsSync(join(root, file)) || (anchor !== undefined && !anchors.includes(anchor))) broken.push(target);
    }
    expect(broken).toEqual([]);
  });

  test("the README names every page", () => {
    const linked = [...read("README.md").matchAll(/\]\(([^)#\s]+\.md)\)/g)].map(([, target]) => target);
    expect(pages.filter((page) => page !== "README.md" && !linked.includes(page))).toEqual([]);
  });

  test("pages hold no path of a machine", () => {
    expect(pages.filter((page) => /\/(home|Users|work|root)\/\w/.test(read(page)))).toEqual([]);
  });
});

describe("docs/limits.md", () => {
  test("is what the source says (node scripts/limits-page.mjs)", () => {
    expect(read("docs/limits.md")).toBe(toLimitsPage());
  });

  test("has every limit once, with its value and a reason", () => {
    const rows = [...read("docs/limits.md").matchAll(/^\| `(\w+)` \| ([\d,]+) \|[^|]*\| (.+) \|$/gm)];
    const shown = rows.map(([, name, value = ""]) => [name, Number(value.replaceAll(",", ""))]);
    expect(shown).toEqual(Object.entries(limits));
    expect(rows.filter(([, , , reason = ""]) => reason.trim().length < 5).map(([row]) => row)).toEqual([]);
  });
});

test("docs/audit.md has every kind of record, and no other", () => {
  const sources = read("src/gateway/audit-record.ts") + read("src/base/network-record.ts");
  const kinds = [...sources.matchAll(/\bkind: ("[\w-]+"(?: \| "[\w-]+")*)/g)].flatMap(([, names = ""]) =>
    names.replaceAll('"', "").split(" | "),
  );
  const [table = ""] = /^\| kind \| members \|\n(?:\|.*\n)+/m.exec(read("docs/audit.md")) ?? [];
  const shown = [...table.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, names = ""]) =>
    names.replaceAll("`", "").split(", "),
  );
  expect(kinds).toContain("network-refused");
  expect([...shown].sort()).toEqual([...kinds].sort());
});

describe("ARCHITECTURE.md", () => {
  test("has the table of folders that the tidy test holds", () => {
    const held = [
      ...read("test/tidy.test.ts").matchAll(/^ {2}(\w+): \{\s*is: "([^"]+)",\s*imports: \[([^\]]*)\],?\s*\}/gm),
    ].map(([, folder, is, imports = ""]) => [
      folder,
      is,
      imports.replaceAll('"', "").replace(/\s+/g, " ").replace(/,? $/, "").trim(),
    ]);
    const shown = [...read("ARCHITECTURE.md").matchAll(/^\| `(\w+)` \| (.*?) \| (.*?) ?\|$/gm)].map(
      ([, folder, is, imports]) => [folder, is, imports],
    );
    expect(held).toHaveLength(14);
    expect(shown).toEqual(held);
  });

  test("names what can be searched for", () => {
    const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" });
    const text = sources
      .filter((name) => /\.(ts|js)$/.test(name))
      .map((name) => read(join("src", name)))
      .join("\n");
    const names = [...toProse("ARCHITECTURE.md").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
    expect(names.filter((name) => /^[\w.]+$/.test(name) && !/\.\w+$/.test(name) && !has(name)).sort()).toEqual([]);
    const files = names.filter((name) => /\.(js|ts)$/.test(name) && !name.startsWith("test/"));
    expect(files.filter((file) => !sources.some((source) => source.endsWith(file)))).toEqual([]);

    function has(name: string): boolean {
      return (
        new RegExp(`\\b${name.replaceAll(".", "\\.")}\\b`).test(text) ||
        existsSync(join(root, "src", name)) ||
        existsSync(join(root, name))
      );
    }
  });
});

describe("THREAT_MODEL.md", () => {
  const files = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);

  test("answers each attack with files and tests that are there", () => {
    const rows = [...read("THREAT_MODEL.md").matchAll(/^\| [^|]+ \| [^|]+ \| (`.*`) \| (`.*`) \|$/gm)];
    expect(rows.length).toBeGreaterThan(10);
    expect(
      rows.flatMap(([, where = ""]) => files(where)).filter((file) => !existsSync(join(root, "src", file))),
    ).toEqual([]);
    expect(rows.flatMap(([, , by = ""]) => files(by)).filter((file) => !existsSync(join(root, "test", file)))).toEqual(
      [],
    );
  });

  test("keeps each of MCP's six duties by tests that are there", () => {
    const rows = [...read("THREAT_MODEL.md").matchAll(/^\| \*\*[^|]+ \| [^|]+ \| (`.*`) \|$/gm)];
    expect(rows).toHaveLength(6);
    expect(rows.flatMap(([, by = ""]) => files(by)).filter((file) => !existsSync(join(root, "test", file)))).toEqual(
      [],
    );
  });
});

describe("commands", () => {
  test("of npm that pages name are scripts of the package", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const named = pages.flatMap((page) =>
      [...read(page).matchAll(/\bnpm run ([\w-]+)/g)].map(([, name = ""]) => [page, name]),
    );
    expect(named.filter(([, name = ""]) => !(name in scripts))).toEqual([]);
  });

  test("that write files are there", () => {
    const named = [...read("CONTRIBUTING.md").matchAll(/\b(?:scripts|test|\.ci)\/[\w./-]+/g)].map(([path]) => path);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((path) => !existsSync(join(root, path.replace(/\.$/, ""))))).toEqual([]);
  });
});

describe("docs/demo.svg", () => {
  const picture = read("docs/demo.svg");

  test("shows a run in which all work was done, and that no model is called", () => {
    expect(picture.match(/✓<\/tspan>/g)).toHaveLength(12);
    expect(picture.match(/ fewer tokens/g)).toHaveLength(6);
    expect(picture).toContain("No model is called");
  });

  test("loads nothing", () => {
    expect(picture.replace("http://www.w3.org/2000/svg", "")).not.toMatch(/href|url\(|@import|https?:|<script/);
  });
});
