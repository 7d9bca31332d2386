// Skills and runs whose process has ended: what was being saved, and what was used.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { ExecutionResult } from "../src/runtime/outcome.ts";
import type { Sluice } from "../src/runtime/sluice.ts";
import { openHouse } from "./house.ts";

// Hosts that are killed run the build, and so does the one that goes on with their runs: another runner would refuse.
const { createSluice } = (await import(
  new URL("../dist/index.js", import.meta.url).href
)) as typeof import("../src/index.ts");

const ledger = fileURLToPath(new URL("servers/ledger.mjs", import.meta.url));
const host = fileURLToPath(new URL("servers/crashing-host.mjs", import.meta.url));

const skill = (text: string): string =>
  JSON.stringify({ name: "say-it", description: "Says it.", code: `export const sayIt = (): string => "${text}";` });
const program = `import { saveSkill } from "sluice";
const first = await saveSkill(${skill("one")});
await ledger.put({ key: "between" });
const second = await saveSkill(${skill("two")});
return [first, second];`;

/** A state directory whose host was killed at a moment of this program, or ended by itself. */
async function runHost(
  moment: string,
  ...sqlStart: string[]
): Promise<{ wasKilled: boolean; said: string; folder: string; open: () => Promise<Sluice> }> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-skill-resume-"));
  const stateDir = join(folder, "state");
  const server = { command: process.execPath, args: [ledger, join(folder, "effects")], trust: "internal" };
  writeFileSync(join(folder, "program.ts"), program);
  const args = [host, stateDir, JSON.stringify(server), join(folder, "program.ts"), moment, ...sqlStart];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [, signal] = (await once(child, "close")) as [number | null, string | null];
  const open = (): Promise<Sluice> =>
    createSluice({
      ...{ mcpServers: { ledger: server }, stateDir, skills: { dir: join(stateDir, "skills") } },
      ...{ privacy: { mode: "off" }, sandbox: { wall: "none", guestsWarm: 0 } },
    });
  return { wasKilled: signal === "SIGKILL", said, folder, open };
}

describe("a skill that is saved when the host is killed", () => {
  test("is saved once, whenever that is", { timeout: 240_000 }, async () => {
    const whole = await runHost("never");
    const { outcome, writes } = JSON.parse(whole.said) as { outcome: ExecutionResult; writes: number };
    expect(outcome.result).toMatchObject([{ version: 1, trust: "draft" }, { version: 2 }]);
    const steps = [2, writes - 1, writes].map((write) => [`before ${write}`]);
    // When the folder is written and its row is not, and when that is just there.
    const rows = ["before 1", "after 1", "after 2"].map((when) => [when, "INSERT OR REPLACE INTO skill\n"]);
    for (const [moment = "", ...sqlStart] of [...steps, ...rows]) {
      const { wasKilled, folder, open } = await runHost(moment, ...sqlStart);
      // A slower host writes less often: then it was done before.
      expect(wasKilled || sqlStart.length === 0).toBe(true);
      await using sluice = await open();
      const [run] = sluice.runs.list();
      const resumed = await sluice.resume(run?.id ?? "");
      expect([moment, resumed.status, resumed.result]).toEqual([moment, "completed", outcome.result]);
      const { version, versions, files } = await sluice.skills.show("say-it");
      expect([moment, version, versions.map((one) => one.version)]).toEqual([moment, 2, [1, 2]]);
      expect(files["index.ts"]).toContain("two");
      expect((await sluice.executeCode(`import { sayIt } from "./skills/say-it"; return sayIt();`)).result).toBe("two");
      rmSync(folder, { recursive: true, force: true });
    }
    rmSync(whole.folder, { recursive: true, force: true });
  });

  test("is not saved again over what somebody has done since", { timeout: 60_000 }, async () => {
    const whole = await runHost("never");
    const { writes } = JSON.parse(whole.said) as { writes: number };
    rmSync(whole.folder, { recursive: true, force: true });
    const acts: [(sluice: Sluice) => Promise<unknown>, (sluice: Sluice) => Promise<unknown>, unknown][] = [
      [
        (sluice) => sluice.skills.save(JSON.parse(skill("mine")) as Record<string, unknown>, "ada"),
        async (sluice) => (await sluice.executeCode(`import { sayIt } from "./skills/say-it"; return sayIt();`)).result,
        "mine",
      ],
      [(sluice) => sluice.skills.remove("say-it", "ada"), async (sluice) => (await sluice.skills.list()).length, 0],
    ];
    for (const [act, look, expected] of acts) {
      // The second save is done, and its answer is on nobody's record.
      const { wasKilled, folder, open } = await runHost("after 2", "INSERT OR REPLACE INTO skill\n");
      expect([wasKilled, writes > 0]).toEqual([true, true]);
      await using sluice = await open();
      await act(sluice);
      const resumed = await sluice.resume(sluice.runs.list()[0]?.id ?? "");
      expect(resumed).toMatchObject({ status: "completed", result: [{ version: 1 }, { version: 2, trust: "draft" }] });
      expect(await look(sluice)).toBe(expected);
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("a run that goes on", () => {
  test("is counted once, with the skills that it used", { timeout: 60_000 }, async () => {
    await using house = await openHouse({ mcpServers: {} });
    const { sluice } = house;
    const code = "export const half = (n: number): number => n / 2;";
    await sluice.skills.save({ name: "half", description: "Halves.", code }, "ada");
    const counted = (): unknown => {
      const { skills, growth } = sluice.skills.stats();
      const [first] = growth;
      return [skills.map(({ uses, successRate }) => [uses, successRate]), first?.executions, first?.completed];
    };
    const waits = `import { half } from "./skills/half";
while (!fs.existsSync("./workspace/go")) await new Promise((resolve) => setTimeout(resolve, 10));
return half(4);`;
    const stopped = await sluice.executeCode(waits, { timeoutMs: 300 });
    expect(stopped).toMatchObject({ status: "killed", error: { code: "timeoutMs" } });
    expect(counted()).toEqual([[[1, 0]], 1, 0]);
    expect(await sluice.resume(stopped.executionId)).toMatchObject({ status: "killed" });
    expect(counted()).toEqual([[[1, 0]], 1, 0]);
    await house.run(`await fs.promises.writeFile("./workspace/go", "")`);
    expect(await sluice.resume(stopped.executionId)).toMatchObject({ status: "completed", result: 2 });
    expect(counted()).toEqual([[[1, 1]], 2, 2]);
    // It is over: its outcome is told again, and counts no more.
    expect(await sluice.resume(stopped.executionId)).toMatchObject({ status: "completed", result: 2 });
    expect(counted()).toEqual([[[1, 1]], 2, 2]);
    // One that began with the skill of before is no use of what was saved since.
    rmSync(join(house.workspace, "go"));
    const late = await sluice.executeCode(waits, { timeoutMs: 300 });
    await sluice.skills.save({ name: "half", description: "Halves.", code: `${code} // other` }, "ada");
    await house.run(`await fs.promises.writeFile("./workspace/go", "")`);
    expect(await sluice.resume(late.executionId)).toMatchObject({ status: "completed", result: 2 });
    expect(counted()).toEqual([[[2, 0.5]], 4, 4]);
  });
});
