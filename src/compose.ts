/**
 * Puts the program together: the only file that names engines, and the place where parts above the interactions plug in
 * what they add. Commands use the core alone; the server adds HTTP, jobs and whatever the parts bring.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultRules, type AccessRules } from './access/rules.js';
import { readRules } from './access/rules-file.js';
import { closeJournal, type Journal } from './audit/journal.js';
import { securityStatement } from './authorization/discovery.js';
import { demandServed, watchMark } from './bulk/migrate/mark.js';
import type { Moving, Side } from './bulk/migrate/side.js';
import type { Mail } from './authorization/mail/mail.js';
import type { AuthorizationPart } from './authorization/part.js';
import { isMongo } from './config/check.js';
import { fhirBase } from './config/read.js';
import { keptSecret, prepareDataDir, replaceSecret } from './config/data-dir.js';
import type { Config } from './config/table.js';
import { systemClock, type Clock } from './core/clock.js';
import { randomIds } from './core/id.js';
import type { Job } from './core/job.js';
import { hashOf } from './core/hash.js';
import { lastOf } from './core/last-of.js';
import { makeKeyedQueue } from './core/keyed-queue.js';
import { observeNothing, type Observe } from './core/observe.js';
import { withoutPrinting } from './core/quiet.js';
import { programVersion } from './core/version.js';
import { coreName } from './fhir/profile/definition.js';
import type { ProfileLibrary } from './fhir/profile/library.js';
import { guidesFolder } from './fhir/package/kept.js';
import { isType } from './fhir/definitions.js';
import { recordSecurity } from './interaction/audited.js';
import { makeAuditIndex, type AuditIndex } from './interaction/audit-index.js';
import { makeExpireAnswers } from './interaction/expire-answers.js';
import { perform } from './interaction/perform.js';
import { makeStandings } from './interaction/standing.js';
import { makePrepare } from './interaction/prepare.js';
import type { InteractionOptions, Operation, Service } from './interaction/service.js';
import { makeCustomParameters, type CustomOptions } from './interaction/parameter/custom.js';
import { forgetStates, makeSharedStates, makeStateFile, statesFile } from './interaction/parameter/state.js';
import { accessOperations } from './operation/access/operations.js';
import { recordOperations } from './operation/record/operations.js';
import { makeProofOperations } from './operation/audit/proof.js';
import { accountingOfDisclosures } from './operation/audit/accounting.js';
import { makeQuestionAccess } from './operation/audit/question.js';
import { whoSaw } from './operation/audit/who-saw.js';
import { makeProfilePart, type ProfilePart } from './operation/profile/part.js';
import { makeTerminologyPart } from './operation/terminology/part.js';
import { makeValidateOperation, type ValidateMeans } from './operation/validate.js';
import { httpDefaults, type HttpOptions } from './rest/options.js';
import type { HttpServer, HttpServerParts, Mount } from './rest/server.js';
import { makeRegistry, type Registry } from './search/registry.js';
import { makeCronJob } from './scheduler/cron.js';
import { makeHold, type Hold } from './scheduler/hold.js';
import { makeOwnedJob } from './scheduler/owned.js';
import type { GrantStore } from './store/grant.js';
import type { LeaseStore } from './store/lease.js';
import { makeSoleLeases } from './store/sole-lease.js';
import type { Wake } from './store/wake.js';
import type { Store } from './store/store.js';
import { makeSwitchableGrants, makeSwitchableStore, type Switchable } from './store/switchable.js';
import { openSqliteStore } from './store-sqlite/open.js';
import { restoreSqlite, type Restored } from './store-sqlite/restore.js';
import type { ExternalOptions } from './terminology/external.js';
import type { Terminology } from './terminology/port.js';
import { makeProfileValidator } from './validation/profile/validator.js';
import { makeValidator } from './validation/validator.js';
import { makeWriteValidator } from './validation/write.js';

export interface ComposeOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly observe: Observe;
  /** Told once when the store cannot be gone on with. */
  readonly onFatal?: ((error: unknown) => void) | undefined;
  /** Opens a store too that must not be served, for a command that knows what it does. */
  readonly evenUnserved?: boolean | undefined;
}

/** The open store and the service on it: all that a command needs. */
export interface Core {
  readonly config: Config;
  readonly service: Service;
  /** What the parts have plugged in, for the server. */
  readonly mounts: readonly Mount[];
  readonly jobs: readonly Job[];
  readonly viewerOf: HttpServerParts['viewerOf'];
  /** The authorization server, opened when it is first asked for: most commands have no use for it. */
  readonly authorization: () => Promise<AuthorizationPart>;
  /** Hashes and checkpoints of the audit's journal. */
  readonly audit: () => Promise<Journal>;
  /** Reads the guides anew; returns how many there are. */
  readonly reloadGuides: () => Promise<number>;
  readonly moving: Moving;
  /** Says where clients reach the server, once the port is known. */
  readonly setPort: (port: number) => void;
  readonly close: () => Promise<void>;
}

/** What a part above the interactions adds. */
interface Part {
  readonly operations?: readonly Operation[];
  /** Paths beside `/fhir`: pages, consoles, the authorization server. */
  readonly mounts?: readonly Mount[];
  readonly jobs?: readonly Job[];
  /** Who makes a request; at most one part says it. */
  readonly viewerOf?: NonNullable<HttpServerParts['viewerOf']>;
}

type MakePart = (service: Service, leases: LeaseStore) => Promise<Part>;

/** Every part there is, in the order their mounts are asked. */
const parts: readonly MakePart[] = [
  async (service, leases) => ({ jobs: [makeExpireAnswers(service, leases), makePrepare(service)] }),
];

/** A start on one engine does not load the other. */
const openStore = async ({ config, clock, observe, onFatal }: ComposeOptions): Promise<Store> => {
  if (!isMongo(config.storeUrl)) return openSqliteStore({ folder: config.dataDir, clock, observe, writer: config.storeWriter, onFatal });
  const { openMongoStore } = await import('./store-mongo/open.js');
  return openMongoStore({ url: config.storeUrl, clock, observe });
};

const openGrants = async ({ storeUrl, dataDir }: Config, clock: Clock): Promise<GrantStore> => {
  if (isMongo(storeUrl)) return (await import('./store-mongo/grant/open.js')).openMongoGrants({ url: storeUrl, clock });
  return (await import('./store-sqlite/grant/open.js')).openSqliteGrants({ file: join(dataDir, 'authorization.db'), clock });
};

/** Which of the processes that share a store does what one alone may do. */
const openLeases = async ({ storeUrl }: Config, clock: Clock): Promise<LeaseStore> =>
  (isMongo(storeUrl) ? (await import('./store-mongo/lease.js')).openMongoLeases({ url: storeUrl, clock }) : makeSoleLeases(clock));

/** Who waits for changes of which types is woken when another process makes one; everyone looks by themselves too. */
const openWake = async ({ storeUrl }: Config, observe: Observe, waiting: readonly (readonly [job: Job, types: readonly string[]])[]): Promise<Job[]> => {
  if (!isMongo(storeUrl)) return [];
  const { openMongoWake } = await import('./store-mongo/wake.js');
  let opened: Promise<Wake> | undefined;
  return [{
    name: 'wake',
    start: () => {
      opened ??= openMongoWake({ url: storeUrl, types: waiting.flatMap(([, types]) => types), observe });
      opened.then((wake) => { for (const [job, types] of waiting) wake.on(types, () => job.wake?.()); }, (error: unknown) => observe({ kind: 'failure', requestId: undefined, where: 'change-stream', error }));
    },
    stop: async () => { await opened?.then((wake) => wake.close(), () => undefined); },
  }];
};

const openEngines = async (given: ComposeOptions): Promise<{ readonly switchable: Switchable<Store>; readonly leases: LeaseStore }> => {
  const switchable = makeSwitchableStore(await openStore(given));
  const leases = await openLeases(given.config, given.clock).catch(async (error: unknown) => {
    await switchable.port.close();
    throw error;
  });
  return { switchable, leases };
};

/** Resolves with the open core; rejects with StoreInUse when another process has the store, with an Error that says what is wrong otherwise. */
export const openCore = async (given: ComposeOptions): Promise<Core> => {
  const { config, clock, observe } = given;
  const warning = await prepareDataDir(config.dataDir);
  if (warning !== undefined) observe({ kind: 'notice', level: 'warn', message: warning });
  const { switchable, leases } = await openEngines(given);
  const store = switchable.port;
  try {
    if (given.evenUnserved !== true) await demandServed(store);
    const operations = new Map<string, Operation>();
    let [baseUrl, storeUrl] = [fhirBase(config, config.port), config.storeUrl];
    const profiles = await makeProfilePart({ service: () => service, folder: guidesFolder(config.dataDir), onGuides: () => { terminology.forget(); } });
    const options = interactionOptions(config, { pageSecret: config.pageSecret ?? await keptSecret(config.dataDir, 'secret'), store }, () => baseUrl);
    const terminology = makeTerminologyPart({ service: () => service, guides: [profiles.terminology], refreshGuides: profiles.refresh, dataDir: config.dataDir, external: externalOf(config, clock) });
    const validation = makeValidation(config, profiles, terminology.quick);
    const auditIndex = makeAuditIndex(() => service);
    const registry = makeRegistry({ baseUrl: () => baseUrl });
    const rules = await accessRules(config, registry);
    const service: Service = {
      operations, store, registry, validate: validation.validate, lanes: makeKeyedQueue(), clock, ids: randomIds, observe, options, terminology: terminology.fresh,
      audit: isAudited(config) ? { provenance: config.provenance, years: config.auditYears, bringUpToDate: () => auditIndex.bringUpToDate() } : undefined,
      standings: makeStandings(() => service, rules), incomplete: () => custom.incomplete(),
      security: config.auth !== 'smart' ? undefined : () => securityStatement({ origin: originOf(baseUrl) }),
      callPatient: config.auth !== 'smart' ? undefined : async (patient) => (await import('./authorization/mail/call-patient.js')).callPatient((await authorization.get()).server, patient),
    };
    const holdOf = (name: string): Hold => makeHold({ name: `job/${name}`, leases, clock, onFailure: (error) => observe({ kind: 'failure', requestId: undefined, where: name, error }) });
    const custom = makeCustomParameters({ service: () => service, ...customStates(config, holdOf('search-parameters')) });
    await custom.load();
    const made: Part[] = await Promise.all(parts.map((part) => part(service, leases)));
    const [followTerminology, followProfiles] = [terminology.job(service), profiles.job(service)];
    const wake = await openWake(config, observe, [[custom.job, ['SearchParameter']], [followTerminology, ['CodeSystem', 'ValueSet', 'ConceptMap']], [followProfiles, ['StructureDefinition']]]);
    made.push({ operations: [validation.operation, ...terminology.operations, ...recordOperations, ...accessOperations], jobs: [followTerminology, followProfiles, custom.job, ...wake] });
    const journal = lazily(() => openAuditJournal(config, service));
    if (service.audit !== undefined) made.push(makeAuditPart(service, { open: journal.get, index: auditIndex, hold: holdOf('audit-journal') }));
    for (const operation of made.flatMap((part) => part.operations ?? [])) operations.set(operation.name, operation);
    const grants = lazily(async () => makeSwitchableGrants(await openGrants(config, clock)));
    const authorization = lazily(async () => openAuthorization(config, service, (await grants.get()).port));
    if (isMongo(config.storeUrl)) made.push({ jobs: [watchMark(service, given.onFatal)] });
    return {
      config, service, authorization: authorization.get, audit: journal.get, mounts: made.flatMap((part) => part.mounts ?? []), jobs: [...made.flatMap((part) => part.jobs ?? []), expireGrants(authorization.get, leases, service)].filter(({ shared }) => shared !== true || config.role !== 'api'),
      viewerOf: made.find((part) => part.viewerOf !== undefined)?.viewerOf,
      reloadGuides: profiles.reload,
      setPort: (port) => { baseUrl = fhirBase(config, port); },
      moving: { storeUrl: () => storeUrl, moved: (to) => { storeUrl = to; }, store: switchable, grants: grants.get, open: (storeUrl) => openSide({ ...given, config: { ...config, storeUrl } }) },
      close: async () => {
        await (authorization.opened === undefined ? grants.opened?.then(({ port }) => port.close()) : authorization.opened.then(({ server }) => server.close(), () => undefined));
        try {
          await closeJournal(journal.opened);
        } finally {
          await leases.close();
          await store.close();
        }
      },
    };
  } catch (error) {
    await leases.close();
    await store.close();
    throw error;
  }
};

/** Where the progress of search parameters is kept; one that answers requests only looks at it. */
const customStates = ({ storeUrl, dataDir, role }: Config, hold: Hold): Pick<CustomOptions, 'states' | 'hold'> => {
  if (!isMongo(storeUrl)) return { states: makeStateFile(statesFile(dataDir)) };
  return { states: makeSharedStates(hold), hold: role === 'api' ? { ...hold, signal: hold.signal, mine: async () => false } : hold };
};

const externalOf = ({ terminologyUrl, terminologySeconds }: Config, clock: Clock): ExternalOptions | undefined =>
  (terminologyUrl === undefined ? undefined : { baseUrl: terminologyUrl, timeoutMs: terminologySeconds * 1000, clock });

/** What checks writes, and what checks without writing. */
const makeValidation = ({ profiles: mode, unknownModifiers }: Config, { library, withoutStored, refresh }: ProfilePart, terminology: Terminology): { readonly validate: Service['validate']; readonly operation: Operation } => {
  const base = makeValidator();
  const on = (known: ProfileLibrary): Pick<ValidateMeans, 'profiles' | 'knows'> => ({
    profiles: makeProfileValidator({ library: known, terminology, unknownModifiers }),
    knows: (canonical) => isType(coreName(canonical) ?? '') || known.find(canonical) !== undefined,
  });
  const all = on(library);
  return { validate: makeWriteValidator({ base, profiles: all.profiles, mode, unknownModifiers }), operation: makeValidateOperation({ base, ...all, withoutStored: on(withoutStored), refresh }) };
};

const accessRules = async ({ accessRules: path }: Config, registry: Registry): Promise<AccessRules> => {
  if (path === undefined) return defaultRules;
  try {
    return readRules(registry, await readFile(path, 'utf8'));
  } catch (cause) {
    throw new Error(`ACCESS_RULES, ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
};

/** Where people sign in it cannot be switched off. */
const isAudited = ({ auth, audit }: Config): boolean => audit === 'on' || (audit === 'auto' && auth === 'smart');

const openAuditJournal = async (config: Config, { store, clock, observe, options }: Service): Promise<Journal> => {
  const { openJournal } = await import('./audit/journal.js');
  return openJournal({
    folder: await ownFolder(config), checkpointFile: config.auditCheckpoints ?? join(config.dataDir, 'audit-checkpoints'), store, clock, origin: () => options.baseUrl,
    secret: config.auditKey ?? await keptSecret(config.dataDir, 'audit.key'),
    tell: (news) => {
      if (news === 'restarted') observe({ kind: 'notice', level: 'warn', message: 'The audit journal is shorter than the hashes kept beside it: the store was restored or cut. They were put aside; "concierge audit verify" tells more.' });
      else observe({ kind: 'notice', level: 'info', message: `audit checkpoint ${JSON.stringify(news)}` });
    },
  });
};

/** Files that one process alone may have: workers have a folder each. */
const ownFolder = async ({ dataDir, workerNumber }: Config): Promise<string> => {
  if (workerNumber === 0) return dataDir;
  const folder = join(dataDir, `worker-${String(workerNumber)}`);
  await prepareDataDir(folder);
  return folder;
};

const followMs = 1_000;
/** Of each second, for the index of AuditEvents: more records than these in it, and the accesses come first. */
const indexMs = 300;
const busyRecords = 200;

interface AuditParts {
  readonly open: () => Promise<Journal>;
  readonly index: AuditIndex;
  readonly hold: Hold;
}

const makeAuditPart = (service: Service, { open, index, hold }: AuditParts): Part => ({
  operations: [...makeProofOperations(open), whoSaw, accountingOfDisclosures, makeQuestionAccess(perform)],
  jobs: [makeOwnedJob({
    name: 'audit-journal', everyMs: followMs, hold, act: async () => {
      const journal = await open();
      const before = journal.size;
      await journal.follow();
      if (journal.size - before <= busyRecords) await index.follow(indexMs);
    },
    onFailure: (error) => service.observe({ kind: 'failure', requestId: undefined, where: 'audit-journal', error }),
  })],
});

const originOf = (base: string): string => base.slice(0, -'/fhir'.length);

const lazily = <T>(open: () => Promise<T>): { readonly get: () => Promise<T>; readonly opened: Promise<T> | undefined } => {
  let opened: Promise<T> | undefined;
  return { get: () => (opened ??= open()), get opened() { return opened; } };
};

/** What has expired goes, signing keys are renewed, and what a former key has sealed is sealed anew, also when that was broken off. */
const expireGrants = (open: () => Promise<AuthorizationPart>, leases: LeaseStore, { clock, observe, security }: Service): Job => makeCronJob({
  name: 'expire-grants', schedule: '5-59/10 * * * *', leases, clock,
  act: async () => {
    if (security === undefined) return;
    const { server } = await open();
    await server.grants.expire();
    await (await import('./authorization/session-end.js')).recordEndedSessions(server);
    await server.keys.rotateWhenDue();
    await server.vault.reseal();
  },
  onFailure: (error) => observe({ kind: 'failure', requestId: undefined, where: 'expire-grants', error }),
});

const openMail = async ({ smtpUrl, mailFrom, mailbox }: Config, { clock }: Service): Promise<Mail | undefined> => {
  if (smtpUrl === undefined && !mailbox) return undefined;
  const { makeMailbox, makeSmtpMail } = await import('./authorization/mail/mail.js');
  return smtpUrl === undefined ? makeMailbox(clock) : makeSmtpMail(smtpUrl, mailFrom);
};

const openSide = async (options: ComposeOptions): Promise<Side> => {
  const store = await openStore(options);
  try {
    return { store, grants: await openGrants(options.config, options.clock) };
  } catch (error) {
    await store.close();
    throw error;
  }
};

const openAuthorization = async (config: Config, service: Service, grants: GrantStore): Promise<AuthorizationPart> => {
  // The provider is large. Which versions of Node this program runs on is for its own tests to say, not for a remark of a library.
  const { makeAuthorization } = await withoutPrinting(() => import('./authorization/part.js'), (line) => {
    if (!line.includes('Unsupported runtime')) service.observe({ kind: 'notice', level: 'warn', message: line });
  });
  if (config.authKey === undefined) service.observe({ kind: 'notice', level: 'info', message: 'AUTH_KEY is not set: the key of the authorization records lies beside them in DATA_DIR.' });
  const authKey = config.authKey ?? await keptSecret(config.dataDir, 'auth-key');
  return makeAuthorization({
    grants, authKey, keepAuthKey: config.authKey === undefined ? (secret) => replaceSecret(config.dataDir, 'auth-key', secret) : undefined, service, perform, mail: await openMail(config, service),
    elsewhere: config.signInIssuer === undefined ? undefined : { issuer: config.signInIssuer, clientId: config.signInClientId, clientSecret: config.signInClientSecret, name: config.signInName },
    options: () => ({ ...config, passwordCost: 17, origin: originOf(service.options.baseUrl), fhirBase: service.options.baseUrl }),
  });
};

/** A page link names a place in this data: it leads nowhere in any other. */
const interactionOptions = (config: Config, { pageSecret, store }: { readonly pageSecret: string; readonly store: Store }, baseUrl: () => string): InteractionOptions => {
  const secretOf = lastOf((id: string) => hashOf(pageSecret, id));
  return { ...config, get pageSecret() { return secretOf(store.id); }, version: programVersion(), get baseUrl() { return baseUrl(); } };
};

/** Puts a backup in the place of the store of a folder that no process has open. */
export const restoreStore = async (config: Config, { from, force }: { readonly from: string; readonly force: boolean }): Promise<Restored> => {
  await prepareDataDir(config.dataDir).then(() => forgetStates(config.dataDir));
  const restored = await restoreSqlite({ folder: config.dataDir, from, force, clock: systemClock, observe: observeNothing });
  // The journal came with the backup: what was recorded after it is gone, and this is said where it goes on.
  if (isAudited(config)) await inCore({ config, clock: systemClock, observe: observeNothing }, ({ service }) => recordSecurity(service, 'restored', { agent: { client: 'command restore' }, outcomeText: 'from a backup' }));
  return restored;
};

const inCore = async (options: ComposeOptions, act: (core: Core) => Promise<void>): Promise<void> => {
  const core = await openCore(options);
  try {
    await act(core);
  } finally {
    await core.close();
  }
};

const openExternal = async ({ config, service, mounts }: Core): Promise<Pick<HttpServerParts, 'viewerOf' | 'mounts'>> => {
  const { externalIssuer: issuer = '', externalAudience, externalAlgorithms: algorithms, externalClaims: [scope, patient, encounter, fhirUser] } = config;
  const [{ makeExternal }, { foreignDiscoveryMount }] = await Promise.all([import('./access/external.js'), import('./authorization/http/foreign-discovery.js')]);
  const { viewerOf, metadata } = makeExternal({
    issuer, algorithms, claims: { scope, patient, encounter, fhirUser }, clock: service.clock,
    audience: () => externalAudience ?? service.options.baseUrl, origin: () => originOf(service.options.baseUrl),
  });
  return { viewerOf, mounts: [...mounts, foreignDiscoveryMount(metadata)] };
};

/** Returns the HTTP server on the core, not listening yet; `isFatal` tells whether the store has failed for good. */
export const makeServer = async (core: Core, { isFatal, ...parts }: Pick<HttpServerParts, 'observe' | 'metrics'> & { readonly isFatal: () => boolean }): Promise<HttpServer> => {
  // Commands have no use for it.
  const { makeHttpServer } = await import('./rest/server.js');
  const { service, mounts, viewerOf, config } = core;
  const open = { service, perform, options: httpOptions(config), mounts, viewerOf, readiness: () => probe(core, isFatal), ...parts };
  if (config.role === 'worker') return makeHttpServer({ ...open, pagesOnly: true });
  if (config.auth === 'open') return makeHttpServer(open);
  if (config.auth === 'external') return makeHttpServer({ ...open, ...(await openExternal(core)) });
  const authorization = await core.authorization();
  return makeHttpServer({ ...open, perform: authorization.server.firstCalls.recorded(perform), onRefusal: authorization.server.firstCalls.refused, mounts: [...mounts, ...authorization.mounts], viewerOf: authorization.server.viewerOf, isAppOrigin: authorization.server.isAppOrigin, learnOrigin: authorization.server.learnOrigin });
};

/** A commit that is only tried goes the way of every write, up to the disk. */
const probe = async ({ service: { store } }: Core, isFatal: () => boolean): Promise<{ ready: boolean; reason?: string }> => {
  if (isFatal()) return { ready: false, reason: 'the store has failed' };
  await store.commit({ writes: [], dryRun: true });
  return { ready: true };
};

const httpOptions = (config: Config): HttpOptions =>
  ({ ...httpDefaults, ...config, maxBodyBytesHeld: Math.max(httpDefaults.maxBodyBytesHeld, 2 * config.maxBodyBytes) });
