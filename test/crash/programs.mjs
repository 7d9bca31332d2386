// Programs that are killed at every step of their journal. `K` stands for what is theirs alone; each returns what does
// not depend on how long things took, so that an interrupted run must come to the same.

/** A call that nobody may simply make again: where it is not known whether it was carried out, the program looks. */
const add = `const add = async (key, ms) => {
  try { return await ledger.add({ key, ms }); } catch (error) {
    if (error.code !== "interrupted") throw error;
    await ledger.read({ key });
    return "added " + key;
  }
};`;

/** Name → text. */
export const programs = {
  sequential: `${add}
    const out = [];
    for (let n = 0; n < 6; n += 1) out.push(await add("K-" + n));
    return out;`,
  all: `return await Promise.all([9, 3, 30, 1, 12, 6].map((ms, n) => ledger.put({ key: "K-" + n, ms })));`,
  race: `${add}
    const wait = (ms, value) => new Promise((resolve) => setTimeout(resolve, ms, value));
    const first = await Promise.race([ledger.put({ key: "K-slow", ms: 400 }), wait(5, "timer")]);
    const second = await Promise.race([ledger.put({ key: "K-fast" }), wait(5_000, "timer")]);
    const third = await Promise.any([ledger.fails({ key: "K" }), add("K-any", 5)]);
    return [first, second, third];`,
  timers: `let ticks = 0;
    const out = [];
    const ticking = setInterval(() => { ticks += 1; }, 4);
    while (out.length < 4) {
      const before = ticks;
      while (ticks < before + 2) await new Promise((resolve) => setTimeout(resolve, 3));
      out.push(await ledger.put({ key: "K-" + out.length }));
    }
    clearInterval(ticking);
    return out;`,
  files: `const file = (name) => "./workspace/K-" + name;
    await fs.promises.writeFile(file("a"), "one\\n");
    for (const line of ["two", "three", "four"]) await fs.promises.appendFile(file("a"), line + "\\n");
    await ledger.put({ key: "K-between" });
    await fs.promises.rename(file("a"), file("b"));
    await fs.promises.mkdir(file("folder"));
    await fs.promises.writeFile(file("folder/c"), "c", { flag: "wx" });
    fs.writeFileSync(file("d"), "sync");
    await fs.promises.rm(file("d"));
    const names = (await fs.promises.readdir("./workspace")).filter((name) => name.startsWith("K-"));
    return { text: await fs.promises.readFile(file("b"), "utf8"), names, c: fs.readFileSync(file("folder/c"), "utf8") };`,
  skills: `import { putTwice } from "./skills/put-twice";
    return [await putTwice("K-a"), await putTwice("K-b")];`,
  thousand: `const keys = Array.from({ length: 1_000 }, (_, n) => n);
    let read = 0;
    await Promise.all(Array.from({ length: 20 }, async () => {
      for (let n = keys.shift(); n !== undefined; n = keys.shift()) {
        if (n % 100 === 0) await ledger.put({ key: "K-" + n });
        else await ledger.read({ key: "K-" + n });
        read += 1;
      }
    }));
    return read;`,
  large: `const one = await ledger.large({ key: "K-1" });
    await ledger.put({ key: "K-between" });
    const two = await Promise.all([ledger.large({ key: "K-2" }), ledger.put({ key: "K-beside" })]);
    await fs.promises.writeFile("./workspace/K-large", one.text);
    return [one.text.length, two[0].text.length, (await fs.promises.readFile("./workspace/K-large", "utf8")).length];`,
  chance: `const keys = [];
    for (let n = 0; n < 5; n += 1) keys.push("K-" + n + "-" + crypto.randomUUID() + Math.random());
    const out = [];
    for (const key of keys) out.push(await ledger.put({ key, ms: Math.floor(Math.random() * 4) }));
    return out.every((text, n) => text === "put " + keys[n]) && new Set(keys).size;`,
  errors: `${add}
    import { progress, searchTools } from "sluice";
    const out = [];
    for (let n = 0; n < 3; n += 1) {
      progress(n, 3, "K");
      try { await ledger.fails({ key: "K-" + n }); } catch (error) { out.push(error.message); }
      out.push(await add("K-" + n));
    }
    out.push((await searchTools("ledger add")).results.length > 0);
    return out;`,
};

/** Skills that the programs import: path below the folder of skills → text. */
export const skills = {
  "put-once/index.ts": `export async function putOnce(key: string) { return await ledger.put({ key }); }`,
  "put-twice/index.ts": `import { putOnce } from "../put-once";
    export async function putTwice(key: string) { return [await putOnce(key + "1"), await putOnce(key + "2")]; }`,
};
