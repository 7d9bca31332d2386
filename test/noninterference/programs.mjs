// Programs made at random from a grammar of what programs do with results: look at them from every side, count, compare,
// hash, branch, time, fail, write files, call tools. None asks `pii`, and none depends on which of two calls ends first.

/** A generator of numbers from 0 to 1, the same for the same seed. @param {number} seed */
export function createRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One program. @param {number} seed */
export function makeProgram(seed) {
  const random = createRandom(seed);
  const number = (/** @type {number} */ below) => Math.floor(random() * below);
  /** @template T @param {readonly T[]} list @returns {T} */
  const pick = (list) => /** @type {T} */ (list[number(list.length)]);

  const record = () => pick(["leads[0]", "leads[1]", "leads[2]", "leads[3]", `leads[${number(4)}]`]);
  const field = () =>
    pick(["full_name", "email", "phone", "ssn", "date_of_birth", "card_number", "iban", "note", "city", "id", "score"]);
  /** @returns {string} */
  const text = () =>
    pick([
      () => `String(${record()}.${field()})`,
      () => "mail",
      () => "csv",
      () => "keys.apiKey",
      () => "keys.password",
      () => "look",
      () => "log",
      () => `JSON.parse(log.slice(9, log.lastIndexOf(" in ")))[${number(2)}].${pick(["full_name", "note", "ssn"])}`,
      () => "problem",
      () => "JSON.stringify(map)",
      () => "Object.keys(map)[0]",
      () => "inner.contact.email",
      () => "JSON.stringify(leads)",
      () => `(${text()} + ${JSON.stringify(pick([" ", "", "x", ",", "]", "["]))} + ${text()})`,
      () => `leads.map((one) => one.${field()}).join(${JSON.stringify(pick([",", "", " "]))})`,
      () =>
        `${text()}.${pick(["toUpperCase()", "toLowerCase()", "trim()", "normalize('NFD')", `slice(${number(6)}, ${number(20)})`, `substring(${number(9)})`, `at(${number(8)})`, `charAt(${number(8)})`, "split('').reverse().join('')", "replaceAll(/[aeiou]/g, '*')", `padEnd(${number(50)}, '.')`, `replace(/\\d/g, "#")`, `split("@")[0]`, `repeat(${1 + number(3)})`])}`,
      () => `btoa(encodeURIComponent(${text()}))`,
      () => `encodeURIComponent(${text()})`,
      () => `JSON.stringify({ a: ${text()} })`,
      () => `[...${text()}].map((c) => c.codePointAt(0).toString(${pick([10, 16, 36])})).join("")`,
      () => `await hash(${text()})`,
    ])();
  /** @returns {string} */
  const count = () =>
    pick([
      () => `${text()}.length`,
      () => `(${text()}.codePointAt(${number(5)}) ?? 0)`,
      () => `${text()}.indexOf(${JSON.stringify(pick(["@", "a", "1", "_", "o", "."]))})`,
      () => `${text()}.localeCompare(${text()})`,
      () => `new Set(leads.map((one) => one.${field()})).size`,
      () => `leads.filter((one) => String(one.${field()}) < ${text()}).length`,
      () => `${text()}.split(/\\W/).length`,
      () => `Buffer.from(${text()}).length`,
      () => `(${text()}.match(/[a-m]/gi) ?? []).length`,
      () => `Number(Number.isFinite(Number(${text()})))`,
      () => `(performance.now() - started)`,
      () => `[...${text()}].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 65521, 7)`,
    ])();
  const test = () =>
    pick([
      () => `${count()} > ${number(40)}`,
      () => `${text()} === ${text()}`,
      () => `${text()} < ${text()}`,
      () =>
        `/${pick(["\\\\d{3}", "^[A-Z]", "@.*o", "_1\\\\]", "a.*e", "\\\\+\\\\d"])}/.test(${text()})`.replaceAll(
          "\\\\",
          "\\",
        ),
      () => `${count()} % 2 === 0`,
      () => `typeof ${record()}.${field()} === "string"`,
      () => `"ana.ruiz" < ${text()}`,
    ])();
  const call = () =>
    pick([
      () => `await crm.save({ record: { Name: ${record()}.full_name, Email: ${record()}.email, n: ${count()} } })`,
      () => `await crm.save({ record: { note: ${text()} } })`,
      () => `await hr.echo({ value: ${text()} })`,
      () => `await hr.note({ text: ${text()}, count: ${count()} })`,
      () => `await crm.send({ to: ${record()}.email, body: "hello" })`,
      () => `await crm.note({ text: ${text()}, kind: ${pick(['"a"', '"c"', text()])} })`,
      () => `await crm.save({ record: { [${text()}]: 1 } })`,
      () => `await crm.save({ record: { sec: keys.apiKey } })`,
      () => `await crm.get({ name: ${text()} })`,
      () => `await hr.get({ wrong: ${text()} })`,
      () => `await hr.text({ name: "${pick(["mail", "csv", "look", "json", "log", "leads"])}" })`,
      () => `await Promise.all(leads.map((one) => crm.save({ record: { e: one.email } })))`,
      () => `await hr.fail({ name: "bad" })`,
    ])();
  /** @param {number} depth @returns {string} */
  const statement = (depth) =>
    pick([
      () => `console.log(${text()});`,
      () => `console.log(${count()}, ${text()});`,
      () => `console.error(${JSON.stringify(pick(["%s", "%d", "%o"]))}, ${text()});`,
      () => `out.push(${pick([text, count, test])()});`,
      () => `out.push(${record()});`,
      () => `try { out.push(${call()}); } catch (error) { out.push(error.name, error.code ?? null, error.message); }`,
      () =>
        `leads.sort((x, y) => ${pick([`String(x.${field()}).localeCompare(String(y.${field()}))`, `String(x.email) < String(y.email) ? -1 : 1`, "x.score - y.score"])});`,
      () => `await fs.writeFile("./workspace/${pick(["x", "y"])}.txt", ${text()});`,
      () => `out.push(await fs.readFile("./workspace/${pick(["x", "y"])}.txt", "utf8").catch((error) => error.code));`,
      () => `out.push((await fs.stat("./workspace/${pick(["x", "y"])}.txt").catch(() => ({ size: -1 }))).size);`,
      () => `out.push(Object.groupBy(leads, (one) => String(one.${field()})));`,
      () => `try { JSON.parse(${text()}); } catch (error) { out.push(error.message); }`,
      () => `try { decodeURIComponent(${text()}); } catch (error) { out.push(error.name); }`,
      () => `await new Promise((resolve) => setTimeout(resolve, ${count()} % 3));`,
      () => `out.push(new Intl.Collator("en").compare(${text()}, ${text()}));`,
      () => `out.push(crypto.randomUUID(), Math.random());`,
      ...(depth > 2
        ? []
        : [
            () => `if (${test()}) { ${block(depth + 1)} } else { ${block(depth + 1)} }`,
            () => `for (const one of leads) { if (${test()}) { ${block(depth + 2)} } out.push(one.${field()}); }`,
            () => `for (let i = 0; i < Math.min(5, Math.abs(${count()})); i++) { ${block(depth + 2)} }`,
            () => `switch (${count()} % 3) { case 0: ${block(depth + 2)} break; case 1: ${block(depth + 2)} }`,
          ]),
      ...(depth === 0 && random() < 0.15
        ? [() => `if (${test()}) throw new ${pick(["Error", "TypeError"])}(${text()});`]
        : []),
    ])();
  /** @param {number} depth @returns {string} */
  const block = (depth) => Array.from({ length: 1 + number(depth === 0 ? 6 : 2) }, () => statement(depth)).join("\n");

  // The type check costs more than all the rest; what it says is compared for every tenth program.
  return `${seed % 10 === 0 ? "" : "// @ts-nocheck\n"}import fs from "fs/promises";
const started = performance.now();
const out = [];
const hash = async (text) => Buffer.from(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toString(${JSON.stringify(pick(["hex", "base64"]))});
const { leads, keys, map, mail, csv, look, json, log } = (await hr.get({ name: "all" })).value;
const inner = JSON.parse(json);
const problem = await hr.fail({ name: "bad" }).catch((error) => error.message);
${block(0)}
return ${pick(["out", "out", "out.slice(-5)", "leads", "out.length", text()])};`;
}
