/**
 * Every bound of the system in one place: its value, its unit (in the name) and why it is there. A bound that the
 * config can change is a default here; reaching any of them is an error that says the name and the value.
 */
export const limits = {
  // one execution; the config section `sandbox` may set these
  timeoutMs: 600_000, // wall clock of a program: longer jobs are split or resumed
  answerMs: 45_000, // clients give up after 60 s; the answer is then `running`
  cpuMs: 30_000, // a spinning program is dead after this much processor time
  memoryMb: 512, // resident memory of the guest above which it is killed
  parkMs: 900_000, // how long a finished or running execution waits for `resume`
  parkedMax: 8, // executions parked at once: each running one holds a process
  runningLogsShown: 100, // pieces of output in an answer `running`: the latest
  definitionTokensMax: 800, // o200k tokens of the three tools' definitions together: a promise, so it is counted as reached
  outcomesKeptMax: 64, // outcomes of ended executions kept for `resume`
  logBytesMax: 1_048_576, // console output kept for one execution
  resultBytesMax: 67_108_864, // one value crossing the border: a tool result, a returned value
  frameBytesMax: 71_303_168, // one frame: resultBytesMax and its envelope
  untakenBytesMax: 134_217_728, // large results that a guest has not taken, above which no further call of it leaves
  framesPerTurnMax: 8, // frames of one guest handled before others get a turn: each may cost a search
  argumentBytesMax: 2_097_152, // arguments of one call of a program, with what is sent around them: they are checked, recorded and sent on the event loop
  argumentValuesMax: 20_000, // values and keys in the arguments of one call of a program: a list of 10,000 rows is written in several
  resultDepthMax: 1_000, // nesting of one result: a text of JSON that is nested deeper stays a text
  argumentDepthMax: 256, // nesting of the arguments of one tool call: what checks, seals and records them recurses
  callsMax: 10_000, // tool calls of one execution in total
  callsInFlightMax: 256, // host calls of one execution waiting at once; further ones wait in the guest
  callsPendingMax: 100_000, // host calls of one execution without an answer, those held back in the guest included; its other promises are bounded by its memory
  sendBytesPerSecond: 33_554_432, // arguments of tools and bodies of requests of one execution, on average: past it they wait
  writeBytesPerSecond: 67_108_864, // written to the workspace by one execution, on average: a full disk at full speed harms everybody
  rateWaitMs: 10_000, // what would wait longer than this for a rate is refused with its name
  rateActBytesMin: 4_096, // what one act counts as at least: a small file costs a block
  hostCallsMax: 1_000_000, // calls of one execution to the host in total: files, timers, searches and tools
  logEntriesMax: 20_000, // calls of the console whose output is kept, for one execution: each is a message of its own
  errorMessageBytesMax: 8_192, // the message of an error that leaves for the model
  timersMax: 10_000, // timers of one execution waiting at once
  codeBytesMax: 262_144, // source text of a program: 60,000 tokens; what is longer is data, and belongs into a file
  codeHereBytesMax: 4_096, // source text parsed on the event loop, if it nests little: it takes some milliseconds; other text is linked in a process of its own
  linkMs: 5_000, // each of its two steps there, start of the process included
  previewBytes: 8_192, // above this, what leaves for the model goes to ./workspace/.spill and is previewed
  // the pool of guests
  guestsWarm: 2, // guests started ahead of need
  executionsMax: 8, // executions running at once
  queuedExecutionsMax: 64, // executions waiting for a place
  wallProbeMs: 15_000, // start of the engine behind a wall, to prove it; a cold machine reads 90 MB first
  imageMs: 180_000, // making a container's image from the engine's files
  // files that a program may write
  workspaceBytesMax: 1_073_741_824, // the whole workspace
  workspaceFilesMax: 10_000, // files in the workspace
  fileBytesMax: 67_108_864, // one file
  largeFilesMax: 2, // files over largeBytesMin of one execution in memory at once, being copied or on their way to the guest
  pathBytesMax: 1_024, // one path
  nameBytesMax: 255, // one name of a path: what file systems take
  listEntriesMax: 100_000, // entries of one recursive listing
  pathDepthMax: 32, // folders in one path
  spillKeepMs: 604_800_000, // what was previewed or is no text, kept in ./workspace/.spill and .media: a week
  scratchKeepMs: 86_400_000, // what the test of a skill wrote, where its process cannot be seen from here: a day
  resourcesListedMax: 1_000, // files of the workspace listed as MCP resources
  // what a program may fetch; the config section `sandbox.network` may set these
  networkBytesMax: 16_777_216, // one request body, and one response body after decompression
  networkMs: 30_000, // one request from when it leaves the queue, redirects and body included
  networkRequestsMax: 1_000, // requests of one execution, every redirect counted
  networkInFlightMax: 8, // requests of one execution on their way at once; further ones wait
  networkRedirectsMax: 10, // redirects of one request: browsers follow 20, chains in use have 3
  networkUrlCharsMax: 8_192, // one URL: common servers refuse longer ones
  networkHeadersMax: 64, // headers of one request
  networkHeaderBytesMax: 16_384, // headers of one request, or of one response, together
  networkLookupsMax: 2, // names looked up at once: each holds one of four threads that files need too
  networkPieceBytes: 262_144, // a response crosses the border in pieces of this size, so that none stalls the host
  networkHeldBytesMax: 134_217_728, // of one execution's responses that arrive or that its guest has not taken yet
  // upstreams
  discoveryWaitMs: 8_000, // how long a search or a program waits for servers that were never reached
  discoveryRetryMs: 30_000, // a server that failed to list its tools is not asked again before
  clientMessageBytesMax: 67_108_864, // one JSON-RPC message from the client of `sluice serve`
  connectMs: 30_000, // start of a server, from its turn until it has answered the handshake
  startsPerCoreMax: 4, // servers being started or reached at once, for each processor core, and guests being started: many together all take too long
  startTurnMs: 5_000, // a start that takes longer than this goes on, and the next one begins
  callMs: 120_000, // one tool call, from when it leaves
  upstreamMessageBytesMax: 67_108_864, // one JSON-RPC message from a server
  toolsPerServerMax: 5_000, // definitions accepted from one server
  definitionBytesMax: 1_048_576, // one tool definition
  definitionDepthMax: 128, // nesting of one tool definition; real ones reach 20, and readers of it recurse
  toolNameBytesMax: 512, // the name of one tool
  toolListPagesMax: 100, // pages of one tools/list
  probeMs: 8_000, // wait for an answer to the question for the newest protocol, before the older handshake
  reconnectMsMin: 1_000, // pause after the second failed start in a row; doubles with each further one
  reconnectMsMax: 60_000, // longest such pause
  disconnectMs: 500, // a server's time to end by itself when Sluice closes
  toolsChangedMs: 100, // list_changed notifications of one server within this time are one event
  stderrLineBytesMax: 8_192, // one line of a server's stderr in the log
  // the catalogue and the module tree
  callNameBytesMax: 160, // one call name: with suffix and extension it is one file name (255 bytes on most file systems)
  lockFileBytesMax: 33_554_432, // sluice.lock.json: 10,000 tools are 1 MB
  pinsPerServerMax: 10_000, // tools pinned of one server, those that are gone included: a server could list others forever
  diffLinesMax: 200, // lines of one definition's diff
  diffValueCharsMax: 1_000, // one line or value in it
  definitionTextsMax: 20_000, // texts of one definition that are looked at for what addresses the model
  definitionFlagsMax: 20, // of one definition
  listTtlMsMin: 1_000, // a list whose server says that it is stale sooner is asked for no more often
  listTtlMsMax: 86_400_000, // and one that it says is good for longer is asked for once a day
  definitionsKeptMs: 2_592_000_000, // tools of a server under a config that it no longer has: 30 days, for going back
  nearestMax: 3, // names suggested for one that does not exist
  nearestComparedMax: 200, // names compared letter by letter for these suggestions
  searchResultsMax: 50, // tools in one answer of search to a model
  searchServersNamedMax: 40, // servers named in the hint of a search that found nothing
  searchQueryCharsMax: 2_000, // characters of a query that are read
  searchQueryTermsMax: 64, // words of a query that are looked up
  searchGuessedMax: 8, // words of a query, found nowhere, for which similar ones are tried
  searchTextCharsMax: 4_000, // characters of one field of one tool that are indexed
  searchIndexBytesMax: 67_108_864, // the index on disk: that of 10,000 tools is 6 MB
  rerankCandidatesMax: 50, // results that a caller's re-ranker orders; further ones keep their place
  rerankMs: 2_000, // wait for a caller's re-ranker; after it the order is by words
  skillsMax: 1_000, // skills of the folder that are searched
  skillBytesMax: 262_144, // one SKILL.md; a longer one is not searched
  skillHeadBytesMax: 65_536, // YAML at the beginning of one SKILL.md: hostile YAML of that size is read in half a second
  skillHeadAliasesMax: 100, // times that an anchor is used in it, with what is below: they can multiply
  skillNameCharsMax: 64, // name of one skill: what the Agent Skills standard allows
  skillDescriptionCharsMax: 1_024, // description of one skill: the same
  skillCodeBytesMax: 65_536, // code, example or tests of one saved skill: it is read and checked whole
  skillFilesMax: 100, // modules of one skill's folder with its SKILL.md: each is parsed or looked through
  skillFolderBytesMax: 4_194_304, // the same, in bytes
  skillAssetsMax: 1_000, // other files of one skill's folder (schemas, fonts, scripts of other programs): kept as they are
  skillAssetBytesMax: 16_777_216, // the same, in bytes: all of it is read and hashed whenever the skill is imported
  sharedSkillFoldersMax: 16, // shared folders of skills: each is looked into for every import
  skillVersionsMax: 20, // versions of one skill that are kept; the oldest go first
  skillSavesPerExecutionMax: 20, // skills that one program saves: each is linked, checked and written
  skillTryMs: 10_000, // one test of a skill with what the program that saved it was answered: its outcome waits for that
  skillRecordedCallsMax: 1_000, // results of tools kept for the test of one skill
  skillRecordedBytesMax: 4_194_304, // the same, in bytes
  programShapesMax: 200, // programs remembered for the suggestion to promote one
  shapePartsMax: 512, // parts of one program that are compared; of a longer one the rest is not
  skillsCheckedMs: 2_000, // the folder of skills is not looked through again before
  schemaNodesMax: 20_000, // schema nodes translated to TypeScript for one tool; further ones are `unknown`
  schemaDepthMax: 64, // nesting of one schema in TypeScript; deeper is `unknown`
  schemaEnumMax: 1_000, // values of one enum that are written out; with more it is its plain type
  toolDocCharsMax: 16_000, // description of one tool in its module
  propertyDocCharsMax: 4_000, // description of one property
  tagCharsMax: 1_000, // value of one JSDoc tag (default, pattern)
  instructionsCharsMax: 8_000, // a server's instructions in its README
  summaryCharsMax: 160, // one sentence about a tool
  signatureCharsMax: 320, // one line with a tool's types
  learnedNodesMax: 5_000, // values of one result that its learned type is made from: a millisecond
  learnedItemsMax: 200, // items of one list looked at for it, spread evenly
  learnedDepthMax: 12, // nesting of a learned type; deeper is unknown
  learnedKeysMax: 50, // keys at one place; with more they are data
  learnedKeyCharsMax: 40, // a key that is no identifier and may be a name
  learnedChangesMax: 20, // changes of one learned type that are kept: the latest
  learnedNamesMax: 20_000, // keys that have passed the second net, held in memory
  learnedWaitingMax: 100, // results that wait until their keys have passed it; more teach nothing
  learnedEntriesMax: 2_000, // learned types held in memory
  learnedToolsMax: 20_000, // learned types in the store; the longest unused go first
  // the way to a server; the config section `policy` may set those up to breakerOpenMs
  answerBytesGuess: 1_048_576, // what an answer is taken to weigh under a budget of bytes until its tool has given one
  callsPerServerMax: 64, // calls of one server under way at once, unless it has a rule: common servers handle tens
  attemptsMax: 3, // tries of one call
  retryMs: 20_000, // from the first try; no further one begins after it
  breakerErrorPercent: 50, // failed calls of a window at which a server is left alone
  breakerWindowMs: 30_000, // the window
  breakerCallsMin: 10, // fewer calls say nothing
  breakerOpenMs: 5_000, // how long it is left alone; doubles up to 32-fold
  callsQueuedMax: 10_000, // calls that wait for their turn at one server or tool
  slowedMsMax: 60_000, // longest pause that a server's Retry-After makes for all: a day's would stop everybody
  usdMax: 1_000_000, // US dollars of one amount or price in the config: sums of more are no money
  usageWriteMs: 1_000, // what was used is written after this much time, together
  telemetryCloseMs: 2_000, // what was measured last is sent in this time when Sluice ends
  // the audit
  auditSegmentBytesMax: 67_108_864, // one segment: then another begins, so that old ones can be removed
  journalBytesMax: 67_108_864, // recorded of one run; past it the run goes on unrecorded
  journalKeepBytes: 1_073_741_824, // of ended runs together; the oldest go first
  journalKeepRuns: 1_000, // ended runs that are kept
  journalKeepMs: 604_800_000, // an ended run: a week
  settleMs: 5_000, // what closes waits so long for the answers of calls that have left
  journalTouchMs: 1_000, // how often a process says that it still has a run, and hears that it is to end it
  journalStaleMs: 60_000, // a run whose process cannot be seen from here, in another container, is taken over after this silence
  auditKeepBytes: 1_073_741_824, // all segments together; the config section `audit` may set it
  auditEndsNamedMax: 4, // closed segments whose ends a new one names: the last is enough unless several begin at once
  auditFlushMs: 1_000, // what was recorded is on the disk after this long
  auditFollowMs: 500, // how often `sluice audit --follow` looks
  auditTextCharsMax: 65_536, // one argument list or result, where the audit has them in full
  // questions to a person
  dialogRoundsMax: 8, // how often one request is answered with dialogs; then with `paused`: clients give up after ten
  questionMs: 900_000, // how long a question waits; then the answer is no
  notifyMs: 5_000, // one request to the webhook
  notifyAttemptsMax: 3, // tries of it
  questionPollMs: 250, // how often it is looked whether another process has answered
  questionsPerExecutionMax: 30, // questions of one execution; more would wear a person down until the answer is yes
  repeatQuestionsMax: 10, // calls of one execution that were under way together and are asked about one by one; more are one question
  questionGatherMs: 50, // calls that come within this are asked together
  questionsPendingMax: 64, // questions of one process that wait at once
  rememberedAnswersMax: 1_000, // answers for always that are in force at once: the newest, each given by a person
  widenedSaidMs: 86_400_000, // how long each start says again what was widened: the first one may have been read by nobody
  widenedShownMax: 50, // settings that are named as wider than at the last start; more is another config
  questionsKeptMax: 1_000, // answered or expired questions kept to be looked at
  questionBodyChars: 4_096, // arguments of one call shown with a question
  questionCharsMax: 16_384, // of all its calls; what has no room is asked about by itself
  // privacy
  privacyEndMs: 1_000, // what it was asked before may be answered in this time when it is ended
  privacyIdleMs: 300_000, // the thread that looks for personal data ends after this: it loads in a fifth of a second
  vaultTtlMs: 2_592_000_000, // a value that was not seen for 30 days is forgotten
  vaultTriedMax: 1_000, // latest values that `sluice doctor` opens to try the key
  vaultCacheMax: 50_000, // tokens of values held in memory, to mint none twice without asking the store
  knownValuesMax: 5_000, // values of the vault looked for in texts: the latest
  tokensPerCallMax: 50_000, // tokens in the arguments of one call: each is a decision where it may go, and a look into the vault
  restoredCharsMax: 67_108_864, // what stands behind them, together: one token can be a text of megabytes, named many times
  sealDepthMax: 64, // JSON inside strings inside JSON, and nesting of values
  sealDecodedMax: 3, // how often the escapes of a text are taken away: as often as two programs add them, and once more
  sealInsideCharsMax: 2_000_000, // characters of texts in texts at least, however they are read; past it a text is withheld
  sealInsideTimesMax: 16, // the same, for each character that came
  jsonInTextDepthMax: 512, // nesting of JSON in a text: what is deeper is withheld, for who reads it would run out of stack
  sealMsPerMb: 500, // sealing one result, per MB of it; past it the rest is withheld
  echoMsPerMb: 1_500, // the same, beside it, where the call was given values: they are looked for in every form
  sealMs: 2_000, // the time of a result at least
  learnedWriteMs: 500, // what was learned is written after this much time, together
  moduleTextsCachedMax: 1_024, // texts of modules kept in memory
  // the MCP surface
  progressMs: 200, // between two progress reports: a program that prints much must not flood the client
  progressIdleMs: 10_000, // a report after this much silence: clients that extend their deadline on progress wait on
  progressTextMax: 200, // characters of one progress report: it is shown in a status line
  toolListTtlMs: 3_600_000, // how long a client may keep the tool list when nothing in it can change
  exposedMs: 1_000, // a tool list waits so long for servers never reached; the client is told when their tools are known
  drainMs: 500, // after the client closed our stdin: requests it had sent may still be answered
  // validation of arguments
  validationStepsMax: 1_000_000, // schema nodes visited for one value
  validationDepthMax: 256, // nesting of one value
  violationsMax: 10, // what is wrong with one value, reported at once: a program is not corrected in more places
  uniqueItemsMax: 10_000, // items compared with each other for uniqueItems
  unenforcedMax: 1_000, // parts of schemas that cannot be enforced, named once each
  // checking the types of programs
  typeCheckWaitMs: 50, // how long an outcome waits for the check of its program, which started with it
  typeCheckAloneMs: 3_000, // the same where one program is all that a process runs: the check starts cold
  typeCheckMs: 10_000, // one check; a type that takes longer ends the thread
  typeCheckIdleMs: 60_000, // the checking thread, 180 MB, ends after this much idleness
  typeCheckHeapMb: 512, // its heap
  typeChecksMax: 8, // checks waiting at once; further programs are not checked
  typeProblemsMax: 10, // problems of one program that are reported
  typesCleanMax: 256, // programs without a problem that are remembered, so that one like them is not checked again
  // counting tokens
  tokenValueCharsMax: 262_144, // one text counted exactly; of a longer one, this much is sampled
  tokenBlockChars: 4_096, // one block of a sample: long enough that its cut edges do not matter
  tokenRunCharsMax: 1_024, // one run without a break: the encoder's time is quadratic in it
  tokenQueueCharsMax: 16_777_216, // text waiting for the counting thread; beyond it, counts are estimated
  tokenBatchCharsMax: 1_048_576, // text of one execution's calls that waits to be counted at once; more is sent before its end
  tokenBatchMax: 100, // definitions printed and sent to the counting thread at once
  tokenCountMs: 5_000, // wait for one count; after it, the count is estimated
  tokenIdleMs: 30_000, // the counting thread, 66 MB, ends after this much idleness
  // the store
  storeBusyMs: 5_000, // opening the store waits so long for another process's transaction; ours take milliseconds
  storeWaitMs: 500, // and so long what is done while it is open: nothing else goes on meanwhile
  backgroundMsMax: 30_000, // what could not be written is tried again after pauses that grow up to this
  storeLogPages: 1_000, // pages of 4 KB written, after which a store's log is moved into its file, in a thread
  storeLogPagesMax: 8_000, // where writing has no pause, what is left of it is moved by who writes
  storeLogAgainMs: 100, // moving it is tried again after this, where something was written meanwhile
  storeThreadIdleMs: 10_000, // that thread ends after this much idleness
  storeStatementsMax: 256, // prepared statements kept; ours are a fixed few
  // the config
  configBytesMax: 4_194_304, // the config file: the largest seen with 100 servers is 60 KB
  configProblemsMax: 20, // problems reported at once; the rest are counted
  serversMax: 10_000, // entries of mcpServers
  serverKeyCharsMax: 128, // a server's key: it names a folder
  patternCharsMax: 1_024, // one address pattern
  patternsMax: 10_000, // address patterns of one list
  // suggestions of a nearest name
  nearestCandidatesMax: 10_000, // names compared: the answer stays under some milliseconds
  nearestCharsMax: 64, // characters compared of each name
  // values that are read in a thread
  largeBytesMin: 131_072, // from this size on: parsing it on the event loop would be felt; brackets alone take 10 ms
  feltBytesMin: 32_768, // from this size on, others have a turn between two steps that look at a call's arguments or data
  largePieceBytes: 1_048_576, // bytes handed to that thread at once
  largeHeapMb: 1_024, // its heap: 64 MB of small arrays take 900 MB
  largeHeldMax: 16, // read results that wait for the client library to hand over their place: a moment each
  largeIdleMs: 10_000, // it ends after this much idleness
  // results of upstreams
  contentBlocksMax: 10_000, // content blocks of one result
  errorMessageCharsMax: 16_384, // a tool's own words about its failure
  errorReadCharsMax: 1_048_576, // the same as they are read: what is longer is not told at all, for a cut before they are sealed would show a part of a value
} as const;

export type LimitName = keyof typeof limits;
