/**
 * Puts the core together: the store, the service on it, and what the parts above the interactions plug in. Commands use it alone; the server
 * adds HTTP, jobs and whatever the parts bring.
 */
import { readFile } from 'node:fs/promises';
import { readRules } from '../access/rules-file.js';
import { type AccessRules, defaultRules } from '../access/rules.js';
import { closeJournal, type Journal } from '../audit/journal.js';
import { securityStatement } from '../authorization/discovery.js';
import type { AuthorizationPart } from '../authorization/part.js';
import { demandServed, watchMark } from '../bulk/migrate/mark.js';
import type { Moving } from '../bulk/migrate/side.js';
import { isMongo } from '../config/check.js';
import { keptSecret, prepareDataDir } from '../config/data-dir.js';
import { fhirBase } from '../config/read.js';
import type { Config } from '../config/table.js';
import type { Clock } from '../core/clock.js';
import { hashOf } from '../core/hash.js';
import { randomIds } from '../core/id.js';
import type { Job } from '../core/job.js';
import { makeKeyedQueue } from '../core/keyed-queue.js';
import { lastOf } from '../core/last-of.js';
import { programVersion } from '../core/version.js';
import { isType } from '../fhir/definitions.js';
import { guidesFolder } from '../fhir/package/kept.js';
import { coreName } from '../fhir/profile/definition.js';
import type { ProfileLibrary } from '../fhir/profile/library.js';
import { makeAuditIndex } from '../interaction/audit-index.js';
import { makeExpireAnswers } from '../interaction/expire-answers.js';
import { type CustomOptions, makeCustomParameters } from '../interaction/parameter/custom.js';
import { makeSharedStates, makeStateFile, statesFile } from '../interaction/parameter/state.js';
import { makePrepare } from '../interaction/prepare.js';
import type { InteractionOptions, Operation, Service } from '../interaction/service.js';
import { makeStandings } from '../interaction/standing.js';
import { accessOperations } from '../operation/access/operations.js';
import { makeProfilePart, type ProfilePart } from '../operation/profile/part.js';
import { recordOperations } from '../operation/record/operations.js';
import { makeTerminologyPart } from '../operation/terminology/part.js';
import { makeValidateOperation, type ValidateMeans } from '../operation/validate.js';
import type { HttpServerParts, Mount } from '../rest/server.js';
import { type Hold, makeHold } from '../scheduler/hold.js';
import { makeRegistry, type Registry } from '../search/registry.js';
import type { LeaseStore } from '../store/lease.js';
import type { Store } from '../store/store.js';
import { makeSwitchableGrants } from '../store/switchable.js';
import type { ExternalOptions } from '../terminology/external.js';
import type { Terminology } from '../terminology/port.js';
import { makeProfileValidator } from '../validation/profile/validator.js';
import { makeValidator } from '../validation/validator.js';
import { makeWriteValidator } from '../validation/write.js';
import { isAudited, makeAuditPart, openAuditJournal } from './audit.js';
import { expireGrants, openAuthorization, originOf } from './authorization.js';
import { openEngines, openGrants, openSide, openWake } from './engines.js';
import type { ComposeOptions, Part } from './options.js';

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

type MakePart = (service: Service, leases: LeaseStore) => Promise<Part>;

/** Every part there is, in the order their mounts are asked. */
const parts: readonly MakePart[] = [
  async (service, leases) => ({ jobs: [makeExpireAnswers(service, leases), makePrepare(service)] }),
];

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
      callPatient: config.auth !== 'smart' ? undefined : async (patient) => (await import('../authorization/mail/call-patient.js')).callPatient((await authorization.get()).server, patient),
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

const lazily = <T>(open: () => Promise<T>): { readonly get: () => Promise<T>; readonly opened: Promise<T> | undefined } => {
  let opened: Promise<T> | undefined;
  return { get: () => (opened ??= open()), get opened() { return opened; } };
};

/** A page link names a place in this data: it leads nowhere in any other. */
const interactionOptions = (config: Config, { pageSecret, store }: { readonly pageSecret: string; readonly store: Store }, baseUrl: () => string): InteractionOptions => {
  const secretOf = lastOf((id: string) => hashOf(pageSecret, id));
  return { ...config, get pageSecret() { return secretOf(store.id); }, version: programVersion(), get baseUrl() { return baseUrl(); } };
};
