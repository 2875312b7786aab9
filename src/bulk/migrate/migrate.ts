/**
 * Moves all data to another engine while it is served: copy, follow the feed, compare, and only then hold changes for as long
 * as the rest takes. A run that was interrupted is taken up by the next one; until the switch the first store stays what it was.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../core/clock.js';
import { FhirError } from '../../core/error.js';
import type { Registry } from '../../search/registry.js';
import type { StoreMark } from '../../store/resource.js';
import { compareRecords, copyAnswers, copyGrants, copyOutbox, copyRecords, lastNumber } from './copy-records.js';
import { copiedUpTo, copyVersions } from './copy-versions.js';
import { makeComparison, type Comparison, type TypeProof } from './compare.js';
import { MigrationFault, type Sides } from './side.js';

export interface Migration extends Sides {
  /** The stores in words for the operator, no password in them. */
  readonly names: { readonly from: string; readonly to: string };
  readonly registry: Registry;
  readonly signal: AbortSignal;
  /** How many versions are copied and compared, and how far that is, 0 to 1. */
  readonly report: (done: number, share: number) => void;
  readonly clock: Clock;
  /** Keeps this process from changing the store; resolves when no change is under way. */
  readonly hold: () => Promise<void>;
  /** Lets it go on, on the copy or, after a failure, as before. */
  readonly release: (switched: boolean) => void;
  /** Milliseconds other processes are given to notice the mark and stop; 0 where there are none. None of them changes anything after it. */
  readonly grace: number;
  /** Whether the copy takes over at the end. */
  readonly switches: boolean;
}

export interface Migrated {
  readonly types: readonly TypeProof[];
  readonly versions: number;
  readonly auditRecords: number;
  readonly grants: number;
  /** Milliseconds for which changes waited. */
  readonly held: number;
}

/** A rest of so many versions is copied while changes wait. */
const smallRest = 200;

/** Resolves when the copy is whole, and serves in the place of the first store where that is wished. Rejects with a MigrationFault when something is not as it must be. */
export const migrate = async (migration: Migration): Promise<Migrated> => {
  await patiently(() => begin(migration), migration.clock);
  const copying = makeCopying(migration);
  await copying.follow();
  if (!migration.switches) return { ...(await copying.finish()), held: 0 };
  await migration.hold();
  const begun = migration.clock.monotonic();
  let switched = false;
  try {
    await endOthers(migration, copying);
    const result = await copying.finish();
    await patiently(() => mark(migration.from, { state: 'moved', text: `moved to ${migration.names.to}` }), migration.clock);
    await patiently(() => mark(migration.to, { state: 'open', text: `moved here from ${migration.names.from}` }), migration.clock);
    switched = true;
    return { ...result, held: Math.round(migration.clock.monotonic() - begun) };
  } catch (error) {
    // Nothing has been stored in the copy by anyone else: the first store may serve on.
    if (!switched && migration.grace > 0) await patiently(() => mark(migration.from, { state: 'open', text: '' }), migration.clock);
    throw error;
  } finally {
    migration.release(switched);
  }
};

/** Other processes store nothing once the mark is set, and stop when they see it. */
const endOthers = async ({ from, names, grace, clock }: Migration, copying: Copying): Promise<void> => {
  if (grace === 0) return;
  await patiently(() => mark(from, { state: 'moved', text: `moved to ${names.to}` }), clock);
  await sleep(grace);
  await copying.follow();
};

const mark = async ({ store }: Migration['from'], to: StoreMark): Promise<void> => {
  await store.commit({ writes: [], mark: to });
};

const begin = async ({ from, to, names }: Migration): Promise<void> => {
  const there = await to.store.head();
  const isOurs = there.mark.state !== 'open';
  if (!isOurs && there.seq > 0) throw new MigrationFault(`${names.to} holds data that is served. Name an empty store.`);
  const here = await from.store.head();
  if (here.mark.state === 'copying') throw new MigrationFault(`${names.from} is an unfinished copy itself (${here.mark.text}).`);
  await copiedUpTo({ from: from.store, to: to.store });
  await mark(to, { state: 'copying', text: `copied from ${names.from}` });
};

interface Copying {
  /** Copies and compares until little is left. */
  readonly follow: () => Promise<void>;
  /** The rest, when nothing changes any more or the state of this moment is enough. */
  readonly finish: () => Promise<Omit<Migrated, 'held'>>;
}

const makeCopying = (migration: Migration): Copying => {
  const { from: { store: from }, to: { store: to }, registry, signal, report, clock } = migration;
  const comparison: Comparison = makeComparison(from, to);
  let audit: number | undefined;
  let first: number | undefined;
  let compared = 0;
  const step = async (isEnough?: () => boolean): Promise<number> => {
    const after = await copiedUpTo({ from, to });
    const { seq: last } = await from.head();
    first ??= (await from.changes(0, 1))[0]?.seq ?? last;
    const begin = first;
    const tell = (seq: number): void => { report(compared, last > begin ? (seq - begin) / (last - begin) : 1); };
    tell(after);
    const copied = await copyVersions({ from, to, registry, signal, upTo: last, isEnough, report: tell }, after);
    compared += await comparison.advance(signal);
    audit = await copyRecords({ from, to, signal }, audit ?? await lastNumber(to));
    return copied;
  };
  const follow = async (): Promise<void> => {
    for (let before = Infinity; ;) {
      const copied = await patiently(() => step(), clock);
      if (copied <= smallRest) return;
      if (copied > before / 2) return slowDown(migration, (isEnough) => patiently(() => step(isEnough), clock));
      before = copied;
    }
  };
  return {
    follow,
    finish: async () => {
      while (await patiently(() => step(), clock) > 0) signal.throwIfAborted();
      // Each may be run again: what is copied stays.
      await patiently(() => copyOutbox({ from, to, signal }), clock);
      await patiently(() => copyAnswers(migration, clock.now()), clock);
      const grants = await patiently(() => copyGrants(migration), clock);
      const auditRecords = await patiently(() => compareRecords({ from, to, signal }), clock);
      const types = comparison.result();
      return { types, versions: types.reduce((sum, { versions }) => sum + versions, 0), auditRecords, grants };
    },
  };
};

/** A store that cannot answer for this many milliseconds ends the run; what is copied stays. */
const patienceMs = 60_000;

/** Runs a step again while one of the stores cannot answer: where to go on is read from the copy. */
const patiently = async <T>(step: () => Promise<T>, clock: Clock): Promise<T> => {
  const until = clock.monotonic() + patienceMs;
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof FhirError) || error.code !== 'store-unavailable' || clock.monotonic() > until) throw error;
      await sleep(1_000);
    }
  }
};

const turnMs = { copy: 500, serve: 100 };

/**
 * Where data is written faster than it can be copied, writers and the copy take turns, theirs shorter each time, until little is left. Other processes
 * cannot be slowed down from here: with them this is a turn of the copy like any other.
 */
const slowDown = async ({ hold, release, clock, signal }: Migration, copy: (isEnough: () => boolean) => Promise<number>): Promise<void> => {
  let serve = turnMs.serve;
  for (let copied = Infinity; copied > smallRest;) {
    signal.throwIfAborted();
    await hold();
    const until = clock.monotonic() + turnMs.copy;
    try {
      copied = await copy(() => clock.monotonic() > until);
    } finally {
      release(false);
    }
    await sleep(serve);
    serve /= 2;
  }
};
