import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { JsonObject } from "../src/base/json.ts";
import { parseConfig } from "../src/config/parse-config.ts";
import { checkVault } from "../src/runtime/vault-health.ts";
import type { HealthCheck } from "../src/runtime/sluice.ts";
import { createStore } from "../src/store/store.ts";
import { createPrivacyHouse } from "./privacy-core.ts";

const keyText = (byte: number): string => Buffer.alloc(32, byte).toString("base64");

test("the vault's key is tried on what is stored, and what to do is said where it does not open it", async () => {
  vi.stubEnv("SLUICE_VAULT_KEY", undefined);
  using house = createPrivacyHouse({ scope: "workspace:default" });
  const file = join(house.directory, "vault.key");
  const check = (privacy: JsonObject = {}): HealthCheck => {
    const given = { mcpServers: {}, stateDir: house.directory, privacy };
    const config = parseConfig(given, { directory: house.directory, env: {} });
    using store = createStore(house.directory);
    return checkVault(config, { store, isOn: config.privacy.mode !== "off" });
  };
  const putKey = (text: string): Promise<void> => writeFile(file, text, { mode: 0o600 });

  expect(check()).toMatchObject({ ok: true, detail: expect.stringMatching(/^empty/) });
  // Looking makes no key.
  expect(check()).toMatchObject({ ok: true, detail: expect.stringMatching(/^empty/) });
  expect(check({ mode: "off" })).toMatchObject({ ok: true, detail: expect.stringContaining("off") });
  expect(check({ vault: "session" })).toMatchObject({ ok: true, detail: expect.stringContaining("one process") });

  house.seal({ email: "ana@acme.io", phone: "+34 612 35 03 34", api_key: "sk_live_RXU6UmgrwKmX9yrD36F8s1Kk" });
  expect(check()).toMatchObject({
    ok: false,
    detail: expect.stringContaining("is gone"),
    remedy: expect.stringContaining("sluice vault purge"),
  });
  await putKey(keyText(9));
  expect(check()).toMatchObject({
    ok: false,
    detail: expect.stringMatching(/does not open 2 of the latest 2 values: another key/),
    remedy: expect.stringMatching(/Put the key of then back.*sluice vault purge --yes/),
  });
  await putKey("short");
  expect(check()).toMatchObject({ ok: false, detail: expect.stringContaining("32 bytes"), remedy: expect.any(String) });
  await putKey(keyText(1));
  expect(check()).toMatchObject({ ok: true, detail: expect.stringContaining("2 values tried") });
  if (process.platform !== "win32") {
    await chmod(file, 0o644);
    expect(check()).toMatchObject({ ok: false, detail: expect.stringContaining("chmod 600") });
    await chmod(file, 0o600);
  }
  vi.stubEnv("SLUICE_VAULT_KEY", keyText(9));
  expect(check()).toMatchObject({ ok: false, detail: expect.stringContaining("SLUICE_VAULT_KEY does not open 2") });
  vi.stubEnv("SLUICE_VAULT_KEY", keyText(1));
  expect(check()).toMatchObject({ ok: true });

  using store = createStore(house.directory);
  store.run("UPDATE vault_value SET sealed = 'AAAA' || substr(sealed, 5) WHERE class = 'EMAIL'");
  expect(check()).toMatchObject({
    ok: false,
    detail: expect.stringMatching(/1 of the latest 2 values: they are damaged/),
  });
  vi.unstubAllEnvs();
});
