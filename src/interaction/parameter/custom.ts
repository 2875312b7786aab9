/**
 * Search parameters that are stored as resources: known from the moment they are stored, indexed in the background, used when every
 * resource is indexed by them (https://hl7.org/fhir/R4/searchparameter.html).
 */
import { setTimeout as wait } from 'node:timers/promises';
import { hashOf } from '../../core/hash.js';
import { makeRepeatedJob, type Job } from '../../core/job.js';
import type { SearchParameterDef } from '../../fhir/definitions.js';
import { readSearchParameter, standardDefinitions, type KnownDefinitions } from '../../search/custom.js';
import { basesOf } from '../../search/parameter.js';
import type { CustomParameter } from '../../search/registry.js';
import type { Hold } from '../../scheduler/hold.js';
import type { Service } from '../service.js';
import { streamCurrent } from '../stream.js';
import { containing, countOf, indexPlaces, viewer, type Indexing } from './index-places.js';
import { makeIndexRules, rulesName } from './rules.js';
import type { IndexState, IndexStates, StateFile } from './state.js';

export interface CustomParameters {
  /** Makes the stored parameters known; those whose index is not whole refuse searches. */
  load(): Promise<void>;
  /** Looks what is stored now and indexes by what is new; resolves when every parameter can be used. */
  catchUp(signal?: AbortSignal): Promise<void>;
  /** How far the index of all resources is, while it is made anew for the rules of this release; undefined: it is whole. */
  incomplete(): string | undefined;
  readonly job: Job;
}

export interface CustomOptions {
  readonly service: () => Service;
  readonly states: StateFile;
  /** Where several processes share the store: which of them indexes. The others look how far it is. */
  readonly hold?: Hold | undefined;
  /** How long writes that were decided before a parameter was known may still take. */
  readonly settleMs?: number | undefined;
  readonly everyMs?: number | undefined;
}

interface Pending {
  progress: string;
}

interface Known {
  readonly definition: SearchParameterDef;
  readonly fingerprint: string;
  readonly pending: Pending | undefined;
}

const waiting = 'its index is waiting to be made';
/** Other processes look every second: by then all that live index by a new parameter whatever they write. */
const sharedSettleMs = 3_000;

/** Returns what keeps them; call `load` before anything is read or written. */
export const makeCustomParameters = ({ service, states: file, hold, settleMs = hold === undefined ? 1_000 : sharedSettleMs, everyMs = 1_000 }: CustomOptions): CustomParameters => {
  let states: IndexStates = {};
  let seen: string | undefined;
  const rules = makeIndexRules(service);
  const readAll = async (): Promise<Known[]> => {
    const stored: Record<string, unknown>[] = [];
    for await (const page of streamCurrent(service(), viewer, { types: ['SearchParameter'] })) stored.push(...page.map(({ body }) => JSON.parse(body) as Record<string, unknown>));
    return definitionsIn(stored).map((definition) => toKnown(definition, states));
  };
  const adopt = (all: readonly Known[]): void => {
    service().registry.adopt(all.map(({ definition, pending }): CustomParameter => ({ definition, pending })));
  };
  const keep = async (url: string, state: IndexState): Promise<void> => {
    states = { ...states, [url]: state };
    await file.write(states);
  };
  const load = async (): Promise<void> => {
    states = await file.read();
    await rules.begin(states, hold === undefined ? keep : undefined);
    adopt(await readAll());
  };
  const catchUp = async (stopping?: AbortSignal): Promise<void> => {
    const mine = hold === undefined || await hold.mine();
    const signal = hold === undefined ? stopping : AbortSignal.any([hold.signal, ...(stopping === undefined ? [] : [stopping])]);
    if (hold !== undefined) states = await file.read();
    const stamp = `${await stampOf(service())}${hold === undefined ? '' : ` ${String(mine)} ${hashOf(JSON.stringify(states))}`}`;
    if (stamp === seen) return;
    const all = await readAll();
    if (!mine) {
      rules.look(states);
      adopt(all);
      seen = stamp;
      return;
    }
    const left = stillStored(states, all);
    if (left !== states) await file.write(left);
    states = left;
    adopt(all);
    await rules.follow({ state: states[rulesName], keep, signal });
    if (all.some(({ pending }) => pending !== undefined)) await wait(settleMs);
    for (const one of all) if (one.pending !== undefined) await indexBy(service(), { ...one, pending: one.pending }, { state: states[one.definition.url], keep, signal });
    adopt(all.map((one) => toKnown(one.definition, states)));
    seen = stamp;
  };
  const stopping = new AbortController();
  const repeated = makeRepeatedJob({
    name: 'search-parameters', everyMs, act: () => catchUp(stopping.signal),
    onFailure: (error) => { if (!stopping.signal.aborted) service().observe({ kind: 'failure', requestId: undefined, where: 'search-parameters', error }); },
  });
  const job: Job = {
    ...repeated,
    stop: async () => {
      stopping.abort();
      await repeated.stop();
      await hold?.close();
    },
  };
  return { load, catchUp, incomplete: () => rules.incomplete(), job };
};

/** The states without those of parameters that are gone; the same object when none is. */
const stillStored = (states: IndexStates, all: readonly Known[]): IndexStates => {
  const urls = new Set([rulesName, ...all.map(({ definition }) => definition.url)]);
  const left = Object.entries(states).filter(([url]) => urls.has(url));
  return left.length === Object.keys(states).length ? states : Object.fromEntries(left);
};

/** Those of one value first: composites are made of them. Of two with one URL the one stored last counts. */
const definitionsIn = (stored: readonly Record<string, unknown>[]): SearchParameterDef[] => {
  const known = new Map(standardDefinitions());
  const own = new Map<string, SearchParameterDef>();
  for (const composite of [false, true]) {
    for (const resource of stored.filter(({ type }) => (type === 'composite') === composite)) {
      const read = readSearchParameter(resource, known);
      if ('definition' in read) own.set(read.definition.url, withTypes(read.definition, known));
    }
    for (const [url, definition] of own) known.set(url, definition);
  }
  return [...own.values()];
};

/** The types of its components are part of a composite: when one changes, it is indexed anew. */
const withTypes = (definition: SearchParameterDef, known: KnownDefinitions): SearchParameterDef =>
  ({ ...definition, components: definition.components.map((component) => ({ ...component, type: known.get(component.definition)?.type })) });

const toKnown = (definition: SearchParameterDef, states: IndexStates): Known => {
  const fingerprint = hashOf(JSON.stringify(definition));
  const state = states[definition.url];
  return { definition, fingerprint, pending: state?.fingerprint === fingerprint && state.done ? undefined : { progress: waiting } };
};

/** Another text whenever a SearchParameter was written; costs the same however much else is. */
const stampOf = async ({ store }: Service): Promise<string> => {
  const { versions: [newest], total } = await store.history({ type: 'SearchParameter', count: 1 });
  return `${String(total)} ${String(newest?.seq ?? 0)}`;
};

/** Writes the index anew of every resource of the types; a resource that is written meanwhile gets it from that write. */
const indexBy = async (service: Service, { definition, fingerprint, pending }: Known & { readonly pending: Pending }, indexing: Indexing): Promise<void> => {
  const types = basesOf(definition);
  const total = await countOf(service, types);
  const done = await indexPlaces(service, {
    name: definition.url, fingerprint, places: [...types, ...types.map(containing)],
    told: (many, isResumed) => { pending.progress = `${String(many)} of about ${String(total)} resources are indexed by it${isResumed ? ' since the server was started' : ''}`; },
  }, indexing);
  service.observe({ kind: 'notice', level: 'info', message: `The search parameter ${definition.code} can be used: ${String(done)} resources were indexed by it.` });
};
