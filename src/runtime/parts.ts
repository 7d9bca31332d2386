import type { ErrorCode, SluiceError } from "../base/errors.ts";
import type { Json } from "../base/json.ts";
import type { Catalogue, CatalogueView } from "../catalogue/catalogue.ts";
import type { Resolution } from "../catalogue/address.ts";
import type { ModuleTree } from "../codegen/module-tree.ts";
import type { Config } from "../config/config.ts";
import type { Audit } from "../gateway/audit.ts";
import type { Broker } from "../gateway/broker.ts";
import type { CallOutcome, Grant } from "../gateway/call.ts";
import type { ModuleFiles } from "../sandbox/file-gate.ts";
import type { NameSource } from "../sandbox/link.ts";
import type { ReadRoot } from "../sandbox/layered-root.ts";
import type { Pool } from "../sandbox/pool.ts";
import type { Level } from "../sandbox/walls/wall.ts";
import type { Watchdog } from "../sandbox/watchdog.ts";
import type { Workspace } from "../sandbox/workspace.ts";
import type { ProgramCheck } from "./check-program.ts";
import type { Discovery } from "./discovery.ts";
import type { ProgramSkills } from "./open-skills.ts";
import type { OpenPrivacy } from "./privacy.ts";
import type { SearchAnswer } from "./outcome.ts";
import type { Runs } from "./runs.ts";
import type { UnsavedSkill } from "./skill-root.ts";
import type { CountedTokens } from "./token-account.ts";
import type { SampledText } from "./tokens.ts";
import type { Telemetry } from "./telemetry.ts";
import type { Gate } from "./gate.ts";
import type { Events, SluiceEvent } from "./sluice.ts";

/** A call as it is named by a program or a surface, before the catalogue has resolved it. */
export interface NamedCall {
  executionId: string;
  callId: number;
  origin: "program" | "direct";
  name: string;
  arguments: Json;
  grant: Grant;
  signal: AbortSignal;
  site?: { line: number; text: string };
  endExecution?: (code: ErrorCode, message: string) => void;
  /** What is left of the execution's wall clock. */
  remainingMs?: () => number;
  onLeave?: (isRepeatable: boolean) => void;
  onMissed?: (isRepeatable: boolean) => void;
  timesLeft?: number;
  /** The catalogue as the program sees it; absent: as it is. */
  view?: CatalogueView;
}

/** What the files of this folder share: everything that one running Sluice consists of. */
export interface Parts {
  config: Config;
  catalogue: Catalogue;
  tree: ModuleTree;
  names: NameSource;
  /** The catalogue for one program from its start to its end, with the modules and names that are made of it. `unsaved`: with this skill in its place. */
  openView(unsaved?: UnsavedSkill): { catalogue: CatalogueView; files: ModuleFiles; names: NameSource };
  discovery: Discovery;
  workspace: Workspace;
  /** The folders of the skills, as programs see them. */
  skillRoot: ReadRoot;
  skills: ProgramSkills;
  pool: Pool;
  /** What is in force for every program, also for one that never gets a guest. */
  level: Level;
  watchdog: Watchdog;
  typeCheck: ProgramCheck;
  /** How long an outcome waits for the check of its program. */
  typeCheckWaitMs: number;
  events: Events & { emit(event: SluiceEvent): void };
  audit: Audit;
  privacy: OpenPrivacy;
  broker: Broker;
  gate: Gate;
  telemetry: Telemetry | undefined;
  runs: Runs;
  tokens: {
    open(code: string): {
      addCall(tool: string, argumentsJson: string, result: string | SampledText): void;
      total(outcome: string): Promise<CountedTokens>;
    };
  };
  search(query: unknown, options: unknown): Promise<SearchAnswer>;
  /** One call through the gateway, by any accepted name; `address` is the canonical one where there is one. */
  invoke(call: NamedCall): Promise<CallOutcome & { address: string }>;
  /** The servers that a text may name: those it must know before the text is read. */
  namesIn(text: string): string[];
  /** The same of one tool's name: a bare one may be any server's. */
  serversOf(name: string): string[];
  toUnresolved(name: string, resolution: Exclude<Resolution, { kind: "found" }>): SluiceError;
}
