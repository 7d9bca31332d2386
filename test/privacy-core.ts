import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultClasses, optionalClasses } from "../src/privacy/classes.ts";
import {
  createPrivacyCore,
  type PrivacyCore,
  type PrivacySettings,
  type SealRequest,
} from "../src/privacy/privacy-core.ts";
import type { Json } from "../src/base/json.ts";

/** A core of its own in a folder of its own; `all`: every class. Dispose it to remove both. */
export interface PrivacyHouse extends Disposable {
  core: PrivacyCore;
  directory: string;
  /** Seals what the server `from` answers. */
  seal(value: Json, options?: Partial<SealRequest> & { from?: string }): Json;
  /** Another core on the same store, as another process opens it. */
  open(settings?: Partial<PrivacySettings>, clock?: () => number): PrivacyCore;
}

export function createPrivacyHouse(settings: Partial<PrivacySettings> & { all?: boolean } = {}): PrivacyHouse {
  const directory = mkdtempSync(join(tmpdir(), "sluice-privacy-"));
  const { all, ...given } = settings;
  const cores: PrivacyCore[] = [];
  const open = (more: Partial<PrivacySettings> = {}, ticks?: () => number): PrivacyCore => {
    const own: PrivacySettings = {
      ...{
        directory,
        scope: "workspace:test",
        key: new Uint8Array(32).fill(1),
        sessionKey: new Uint8Array(32).fill(2),
      },
      classes: all === true ? [...defaultClasses, ...optionalClasses] : [...defaultClasses],
      ...{ prose: false, own: [], mayMatch: false, secrets: [] },
      ...given,
      ...more,
    };
    const core = createPrivacyCore(own, Date.now, ticks);
    cores.push(core);
    return core;
  };
  const core = open();
  return {
    core,
    directory,
    open,
    seal: (value, { from = "crm", ...options } = {}) =>
      core.seal({ value, server: from, mode: "seal", isLocal: false, fields: {}, ...options }).value,
    [Symbol.dispose]() {
      for (const one of cores) one[Symbol.dispose]();
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
