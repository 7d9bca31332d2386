import { join } from "node:path";
import { createQuietly } from "../base/background.ts";
import { type Cleanup, createCleanup } from "../base/cleanup.ts";
import { SluiceError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { createCatalogue } from "../catalogue/catalogue.ts";
import { createLearned } from "../catalogue/learned.ts";
import { createSearch } from "../catalogue/search.ts";
import type { Tool } from "../catalogue/tool.ts";
import { toTypeText } from "../codegen/schema-type.ts";
import { createModuleTree } from "../codegen/module-tree.ts";
import { writeTree } from "../codegen/write-tree.ts";
import type { Config } from "../config/config.ts";
import { toConfig } from "../config/parse-config.ts";
import { sweepScratch } from "./scratch.ts";
import { createWorkspaceAccess, dropOld } from "./workspace-access.ts";
import { checkDefinitions } from "../gateway/definitions.ts";
import { matchesPattern } from "../gateway/pattern.ts";
import { type Audit, createAudit } from "../gateway/audit.ts";
import { createAuditHeads } from "../gateway/audit-heads.ts";
import { verifyAudit } from "../gateway/audit-verify.ts";
import { createBroker } from "../gateway/broker.ts";
import { chooseEngine } from "../sandbox/engines/choose.ts";
import { createPool } from "../sandbox/pool.ts";
import { startGuest, toLevel } from "../sandbox/start-guest.ts";
import { chooseWall, toWallInForce } from "../sandbox/walls/choose.ts";
import { createWatchdog } from "../sandbox/watchdog.ts";
import { openWorkspace } from "../sandbox/workspace.ts";
import { createStore } from "../store/store.ts";
import { announce } from "./announce.ts";
import { checkRequest } from "./check-options.ts";
import { startNamed } from "./start-named.ts";
import { toExposedTools } from "./exposed-tools.ts";
import { createSkillAccess } from "./skill-access.ts";
import { createAnswers } from "./answers.ts";
import { createNotify } from "./notify.ts";
import { createProgramCheck } from "./check-program.ts";
import { cleanTexts } from "./clean-texts.ts";
import { createCleanLog } from "./clean-log.ts";
import { createDefinitions } from "./definitions.ts";
import { createDiscovery } from "./discovery.ts";
import { readEdges } from "./edges.ts";
import { readAudit } from "./audit-query.ts";
import { createEvents } from "./events.ts";
import { toExecutionLimits } from "./execution-limits.ts";
import { createExecutions } from "./executions.ts";
import { openGate } from "./gate.ts";
import { createInvoke } from "./invoke.ts";
import { checkHealth } from "./health.ts";
import { createLearning } from "./learning.ts";
import { createProgramView } from "./program-view.ts";
import { createNames } from "./names.ts";
import type { ExecutionResult } from "./outcome.ts";
import type { Parts } from "./parts.ts";
import { toFailedResult } from "./program-end.ts";
import { createRuns } from "./runs.ts";
import { startProgram } from "./run-program.ts";
import { createVaultAccess } from "./vault-access.ts";
import { openSkills } from "./open-skills.ts";
import { mayMakeKey, openPrivacy } from "./privacy.ts";
import type { Rerank } from "./rerank.ts";
import { searchTools } from "./search-answer.ts";
import { needTools, serverIn, toUnresolved } from "./unresolved.ts";
import { createSkillFolder } from "./skill-folder.ts";
import { openSkillRoot, withUnsaved } from "./skill-root.ts";
import { toServerReport } from "./server-report.ts";
import { openUpstreams } from "./server-words.ts";
import type { ServerReport, Sluice } from "./sluice.ts";
import { openTelemetry } from "./telemetry.ts";
import { createTokenLedger } from "./token-ledger.ts";
import { sharedTypeCheck } from "./type-check.ts";

const WARM_DELAY_MS = 50;

/** How a Sluice is opened; none of it is policy. */
export interface SluiceOptions {
  /** One line of what happens: a server's stderr, what was wrong with a definition. Default: nowhere. */
  log?: (line: string) => void;
  /** This process runs one program: it waits longer for the type check and for servers that were never reached. */
  alone?: boolean;
  /** Starts spare guests and asks unknown servers for their tools now, instead of when first needed. */
  warm?: boolean;
  /** Orders the best results of a search, for who brings a model; default: the order by words. */
  rerank?: Rerank;
}

/**
 * Opens a Sluice on a configuration: an object as in `sluice.config.json`, or one that was loaded. Nothing is started
 * before it is needed. Dispose it (`await using`): every server and guest ends with it.
 */
export async function createSluice(configuration: Config | JsonObject, options: SluiceOptions = {}): Promise<Sluice> {
  const given = toConfig(configuration);
  // What a workspace may hold is lower for all of its executions, as a caller lowers it for one.
  const config = { ...given, sandbox: toExecutionLimits(given.sandbox, given.workspaces[given.workspace] ?? {}) };
  const cleanup = createCleanup();
  try {
    return await compose(config, options, cleanup);
  } catch (error) {
    await cleanup[Symbol.asyncDispose]();
    throw error;
  }
}

async function compose(config: Config, options: SluiceOptions, cleanup: Cleanup): Promise<Sluice> {
  // What a definition says is nobody's: its lines are said as they are, at once.
  const logPlain = options.log ?? (() => undefined);
  for (const note of config.notes) logPlain(note);
  const store = cleanup.use(createStore(config.stateDir));
  const heads = createAuditHeads(store);
  const audit: Audit = cleanup.use(
    createAudit(config.stateDir, {
      ...{ heads, ...config.audit },
      log: logPlain,
      clean: async (text) => (await cleanTexts({ privacy }, [text]))[0] ?? "",
    }),
  );
  const events = createEvents();
  const broker = cleanup.use(createBroker(store, { log: logPlain }));
  broker.onQuestion((question) => {
    const { id: questionId, kind: about, executionId, tool } = question;
    audit.record({ kind: "question-asked", executionId, questionId, about, tool });
    events.emit({ kind: "question-asked", question });
    return false;
  });
  const privacy = cleanup.use(openPrivacy({ config, store, audit, broker }));
  const log = createCleanLog(privacy, options.log);
  const announced = announce({ config, store, audit, broker, log: logPlain });
  const gate = cleanup.use(openGate({ config, store, audit, events, log, logPlain }));
  const telemetry = await openTelemetry(process.env, log);
  if (telemetry !== undefined) {
    cleanup.use(telemetry);
    events.on((event) => telemetry.hear(event));
  }
  const watchdog = cleanup.use(createWatchdog());
  const catalogue = createCatalogue({
    store,
    servers: config.servers.map(({ key, hash }) => ({ key, configHash: hash })),
    toShown: config.policy.definitions === "pinned" ? (...given) => definitions.toShown(...given) : undefined,
  });
  const definitions = createDefinitions({ config, store, audit, catalogue, events, log: logPlain });
  const learned = cleanup.use(createLearned(store, { log: logPlain }));
  const learning = cleanup.use(createLearning(learned, { events, privacy, log: logPlain }));
  const tree = createModuleTree(catalogue, { learnedOf: (tool) => learned.of(tool) });
  const isForeign = (skill: string): boolean => open.skills.foreignOf(skill) !== undefined;
  const skillRoots = openSkillRoot([config.skills.dir, ...config.skills.shared], isForeign);
  const skills = createSkillFolder(skillRoots.visible, (skill) => open.skills.isWhole(skill));
  const file = join(config.stateDir, "search.index");
  const index = createSearch(catalogue, { file, skills: () => skills.list() });
  const { engine, reason: engineReason } = chooseEngine(config.sandbox);
  const [workspace, { wall, reason: noWall }] = await Promise.all([
    openWorkspace(join(config.stateDir, "workspaces", config.workspace), config.sandbox),
    chooseWall(config.sandbox, engine, config.stateDir),
  ]);
  void dropOld(workspace, Date.now());
  void sweepScratch(config.stateDir, Date.now());
  const upstreams = cleanup.use(
    openUpstreams(
      {
        servers: config.servers,
        log: (server, line) => log(`${server}: ${line}`),
        onToolsChanged: (server) => discovery.refresh(server),
        onState(server, state, reason) {
          if (state === "ready") {
            events.emit({ kind: "server-connected", server });
            discovery.noteConnected(server);
          }
          if (state === "failed") events.emit({ kind: "server-failed", server, reason: reason ?? "unknown" });
        },
      },
      { privacy },
    ),
  );
  const discovery = createDiscovery({
    servers: config.servers,
    catalogue,
    upstreams,
    log,
    onListed: (server, listed) => definitions.see(server, listed),
    onChanged: (server) => events.emit({ kind: "tools-changed", server }),
    isPatient: options.alone === true,
    onAwaited: (awaited) => events.emit({ kind: "servers-awaited", servers: [...awaited] }),
  });
  cleanup.defer(() => discovery.close());
  const pool = cleanup.use(
    createPool({
      start: () => startGuest(engine, wall, config.sandbox, watchdog),
      onWarm: ({ child }) => watchdog.rest(child.pid),
      guestsWarm: config.sandbox.guestsWarm,
      executionsMax: config.sandbox.executionsMax,
      queuedExecutionsMax: limits.queuedExecutionsMax,
    }),
  );
  const tokens = cleanup.use(createTokenLedger(catalogue));
  const typeCheck = createProgramCheck(
    { catalogue, tree, version: () => `${catalogue.version} ${learned.version}` },
    sharedTypeCheck,
  );
  const keys = config.servers.map(({ key }) => key);
  const namesIn = (text: string): string[] =>
    /\bservers\b(?!\/)/.test(text)
      ? keys
      : keys.filter((key) => text.includes(key) || text.includes(catalogue.server(key)?.identifier ?? key));

  const parts: Parts = {
    config,
    catalogue,
    tree,
    names: createNames(catalogue, tree, (key) => discovery.unavailable(key), skillRoots.named),
    openView(unsaved) {
      definitions.showAccepted();
      const view = createProgramView(catalogue);
      const own = createModuleTree(view, { tree });
      return {
        catalogue: view,
        files: {
          read: (path) => own.read(path),
          list: (path) =>
            own.list(path)?.map(({ name, kind }) => ({ name, kind: kind === "folder" ? "directory" : "file" })),
        },
        names: createNames(
          ...([view, own, (key: string) => discovery.unavailable(key)] as const),
          unsaved === undefined ? skillRoots.named : withUnsaved(skillRoots.named, unsaved),
        ),
      };
    },
    discovery,
    workspace,
    skillRoot: skillRoots.visible,
    get skills() {
      return open.program;
    },
    pool,
    level: toLevel(engine, wall),
    watchdog,
    typeCheck,
    typeCheckWaitMs: options.alone === true ? limits.typeCheckAloneMs : limits.typeCheckWaitMs,
    events,
    audit,
    privacy,
    broker,
    gate,
    telemetry,
    tokens,
    get runs() {
      return runs;
    },
    namesIn,
    serversOf: (name) => (name.includes(".") ? namesIn(name) : keys),
    toUnresolved(name, resolution) {
      const server = serverIn(name, catalogue);
      const reason = server === undefined ? undefined : discovery.unavailable(server.key);
      if (server === undefined || reason === undefined) return toUnresolved(name, resolution);
      return new SluiceError(
        "upstream_unavailable",
        `Cannot call ${name.slice(0, 200)}: server "${server.key}" cannot be used: ${reason}`,
        { hint: "`sluice doctor` says more" },
      );
    },
    async search(query, searchOptions) {
      await discovery.ensureKnown(keys);
      definitions.showAccepted();
      const searchParts = { search: index, catalogue, tree, skills, rerank: options.rerank, discovery, privacy };
      return searchTools(searchParts, query, searchOptions);
    },
    invoke: () => Promise.reject(new SluiceError("internal", "The gateway is not composed yet")),
  };
  const runs = cleanup.use(
    createRuns(parts, { engine: engine.name, mayMakeKey: () => mayMakeKey(store), log: logPlain }),
  );
  const executions = createExecutions(config.sandbox);
  cleanup.defer(async () => {
    const closing = executions.close();
    // Whoever is cancelled now gets estimates: a counting thread that is just starting would hold up the end.
    tokens[Symbol.dispose]();
    await closing;
  });
  const checkDefinition = checkDefinitions(config.policy.definitions, {
    trust: definitions.trust,
    toCurrent: (tool) => catalogue.tool(tool.server, tool.name) ?? tool,
    isListed: (server, signal) => discovery.isListed(server, signal),
    log: logPlain,
  });
  parts.invoke = createInvoke(parts, {
    audit,
    upstreams,
    log,
    learn: learning.learn,
    checkDefinition,
  });
  const open = openSkills(parts, { store, start: startProgram, onChanged: () => skills.forget() });
  const toolsLike = async (patterns: readonly string[] = ["*"]): Promise<Tool[]> => {
    await discovery.ensureKnown(keys);
    return catalogue
      .servers()
      .flatMap((server) => server.tools)
      .filter(({ address }) => patterns.some((pattern) => matchesPattern(pattern, address)));
  };

  const report = (): ServerReport[] =>
    config.servers.map((server) => toServerReport(server, { catalogue, upstreams, discovery, gate }));

  const answers = createAnswers({ store, broker, audit });
  if (config.approvals.notify !== undefined)
    cleanup.use(createNotify(config.approvals.notify, { events, answers, log }));

  if (options.warm === true) {
    const quietly = createQuietly("warm start", logPlain);
    // After what is being answered now.
    setTimeout(() => {
      void quietly(() => pool.fill());
      void quietly(() => privacy.warm());
    }, WARM_DELAY_MS).unref();
    void discovery.ensureKnown(keys);
  }

  return {
    events,
    async executeCode(code, executeOptions = {}) {
      checkRequest("code", code, executeOptions);
      const execution = startProgram(parts, code, executeOptions);
      executions.add(execution);
      return executions.wait(execution, executeOptions);
    },
    async resume(executionId, waitOptions = {}): Promise<ExecutionResult> {
      try {
        return await runs.resume(executionId, executions, waitOptions);
      } catch (error) {
        return toFailedResult(executionId, error);
      }
    },
    runs: {
      list: ({ limit = 50 } = {}) => runs.list(limit),
      show: (id) => runs.show(id),
      cancel: (id) => runs.cancel(id, executions),
      replay: (id, waitOptions = {}) => executions.wait(runs.replay(id), waitOptions),
      remove: (id) => runs.remove(id),
    },
    async callTool(tool, args = {}, callOptions = {}) {
      checkRequest("tool", tool, callOptions);
      const execution = await startNamed(parts, open.skills, tool, args, callOptions);
      executions.add(execution);
      return executions.wait(execution, callOptions);
    },
    searchTools: (query, searchOptions = {}) => parts.search(query, searchOptions),
    async writeTree(directory, treeOptions = {}) {
      await discovery.ensureKnown(keys, treeOptions.signal);
      needTools(catalogue, discovery.missing(catalogue));
      return writeTree(directory, tree, treeOptions);
    },
    async learnedTypes({ tools } = {}) {
      return learned
        .list(await toolsLike(tools))
        .map((output) => ({ ...output, type: toTypeText(output.schema, "any") }));
    },
    async forgetLearnedTypes({ tools } = {}) {
      return learned.reset((await toolsLike(tools)).map(({ address }) => address));
    },
    async changedDefinitions({ tools } = {}) {
      return definitions.changes(await toolsLike(tools));
    },
    async acceptDefinitions({ tools }) {
      return definitions.accept(await toolsLike(tools));
    },
    async flaggedDefinitions() {
      await discovery.ensureKnown(keys);
      return definitions.flags();
    },
    async exposedTools() {
      if (config.expose.length === 0) return [];
      return toExposedTools(config.expose, await toolsLike(config.expose), open.skills);
    },
    async refresh({ servers = keys, signal } = {}) {
      await discovery.fetch(servers, signal);
      return report().filter(({ key }) => servers.includes(key));
    },
    ...answers,
    onQuestion: (listener) => broker.onQuestion(listener),
    edges: () => readEdges(config.stateDir),
    usage: () => gate.usage.rows(),
    verifyAudit: () => verifyAudit(config.stateDir, heads),
    auditRecords: (filter) => readAudit(config.stateDir, filter),
    workspace: createWorkspaceAccess(parts),
    vault: createVaultAccess(privacy, audit),
    skills: createSkillAccess(open, parts, () => discovery.ensureKnown(keys)),
    servers: report,
    engine: { name: engine.name, ...(engineReason === undefined ? {} : { reason: engineReason }) },
    wall: toWallInForce(wall, noWall),
    health: async () => [
      ...(await checkHealth(config, { engine, pool, store, isSealing: privacy.isOn })),
      ...announced,
    ],
    [Symbol.asyncDispose]: () => cleanup[Symbol.asyncDispose](),
  };
}
