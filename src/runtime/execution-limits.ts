import { SluiceError } from "../base/errors.ts";
import type { NetworkConfig, SandboxConfig } from "../config/config.ts";
import type { CallerLimits } from "./sluice.ts";

/** What a caller may lower for one execution; the rest of the section is about all of them together. */
const OWN: readonly Exclude<keyof CallerLimits, "network">[] = [
  "timeoutMs",
  "cpuMs",
  "memoryMb",
  "logBytesMax",
  "resultBytesMax",
  "callsMax",
  "callsInFlightMax",
  "callsPendingMax",
  "sendBytesPerSecond",
  "writeBytesPerSecond",
  "workspaceBytesMax",
  "workspaceFilesMax",
  "fileBytesMax",
];
const OWN_NETWORK: readonly (keyof NonNullable<CallerLimits["network"]>)[] = ["bytesMax", "timeoutMs", "requestsMax"];

/** The config's limits, lowered where the caller asks for less. Throws `invalid_input` for what is no limit. */
export function toExecutionLimits(sandbox: SandboxConfig, asked: CallerLimits): SandboxConfig {
  const { network = {}, ...own } = asked;
  return {
    ...lower(sandbox, own, OWN, "limits"),
    network: lower<NetworkConfig>(sandbox.network, network, OWN_NETWORK, "limits.network"),
  };
}

function lower<Limits extends object>(
  limits: Limits,
  asked: Readonly<Record<string, number | undefined>>,
  names: readonly (keyof Limits & string)[],
  where: string,
): Limits {
  const lowered: [string, number][] = [];
  for (const [name, value] of Object.entries(asked)) {
    if (value === undefined) continue;
    const known = names.find((each) => each === name);
    if (known === undefined)
      throw new SluiceError(
        "invalid_input",
        `${where}.${name.slice(0, 60)} is no limit of one execution; there are ${[...names, ...(where === "limits" ? ["network"] : [])].join(", ")}`,
      );
    if (typeof value !== "number" || !(value >= 0))
      throw new SluiceError("invalid_input", `${where}.${name} must be a number from 0`);
    lowered.push([name, Math.min(Number(limits[known]), value)]);
  }
  return { ...limits, ...Object.fromEntries(lowered) };
}
