/**
 * AuditEvents for who reads and searches them: the journal is followed and each record stored as the resource it stands for, behind the
 * accesses and brought up to date before one is looked for. Nobody else makes or changes them.
 */
import { auditEventText } from '../audit/event.js';
import { readAuditRecord } from '../audit/record.js';
import { makeBreather } from '../core/breathe.js';
import { toInstant } from '../core/clock.js';
import { FhirError, type Issue } from '../core/error.js';
import { stampResource } from '../core/json/stamp.js';
import type { Write } from '../store/resource.js';
import type { Numbered } from '../store/store.js';
import type { FhirRequest } from './request.js';
import type { Service } from './service.js';

export interface AuditIndex {
  /** Stores what is new, for at most so many milliseconds; resolves with whether nothing is left. */
  follow(ms: number): Promise<boolean>;
  /**
   * Resolves with nothing when everything recorded before can be found; when that takes too long with the time up to which it can,
   * in milliseconds since 1970.
   */
  bringUpToDate(): Promise<number | undefined>;
}

/** Records stored by one commit: few while nobody waits for them, since the records of accesses wait behind it. */
const together = { behind: 16, wanted: 32 };
/** Who asks does not wait longer, in milliseconds; what is there by then is shown. */
const usualPatience = 10_000;
/** What is recorded after the question is not waited for; clocks of processes may differ by so many milliseconds. */
const skew = 2_000;

interface Stretch {
  readonly ms: number;
  readonly count: number;
  /** Records from then on are left for later, in milliseconds since 1970. */
  readonly end: number;
}

/** Returns the index over the service's journal. `patience`: how long who asks waits, in milliseconds. */
export const makeAuditIndex = (service: () => Service, patience = usualPatience): AuditIndex => {
  let running: Promise<unknown> = Promise.resolve();
  let position: number | undefined;
  /** Time of the last record that can be found. */
  let until = 0;
  const catchUp = async ({ ms, count, end }: Stretch): Promise<boolean> => {
    const { store, clock } = service();
    const begun = clock.monotonic();
    position ??= await indexedUpTo(service());
    while (clock.monotonic() - begun < ms) {
      const records = await store.records('audit', position, count);
      if (records.length > 0) await storeEvents(service(), records);
      const last = records.at(-1);
      position = last?.number ?? position;
      until = last === undefined ? until : readAuditRecord(last.text).recorded;
      if (records.length < count || until > end) return true;
    }
    return false;
  };
  const follow = (stretch: Stretch): Promise<boolean> => {
    const run = running.then(() => catchUp(stretch));
    // Who asked for it is told of a failure; who comes next tries again.
    running = run.catch(() => undefined);
    return run;
  };
  return {
    follow: (ms) => follow({ ms, count: together.behind, end: Infinity }),
    bringUpToDate: async () => {
      const isThere = await follow({ ms: patience, count: together.wanted, end: service().clock.now() + skew });
      return isThere ? undefined : until;
    },
  };
};

/** Returns what who asked is told, where not everything can be found yet. */
export const notYetFound = (until: number): Issue => ({
  severity: 'warning', code: 'incomplete',
  diagnostics: `Many accesses wait to be indexed: those after ${toInstant(until)} are not all in this answer. Repeat it in a moment; the index goes on.`,
});

/** Returns the error of who asked for one AuditEvent that may not be indexed yet. */
export const notYetThere = (): FhirError => new FhirError('store-unavailable', 'Many accesses wait to be indexed, and this one may be among them. Repeat in a moment; the index goes on.', { retryAfter: 5 });

/** Resolves with false, nothing stored, when another process has been here. */
const storeEvents = async ({ store, registry }: Service, records: readonly Numbered[]): Promise<boolean> => {
  const writes: Write[] = [];
  const breathe = makeBreather(3);
  for (const { text } of records) {
    const facts = readAuditRecord(text);
    const event = auditEventText(facts);
    writes.push({ type: 'AuditEvent', id: facts.id, method: 'POST', base: 0, body: stampResource(event, { id: facts.id, versionId: '1', lastUpdated: toInstant(0) }), index: registry.extract(JSON.parse(event) as Record<string, unknown>) });
    await breathe();
  }
  return (await store.commit({ writes })).ok;
};

/** Events are stored in the order of their records, so the last one that is there says how far it has come. */
const indexedUpTo = async ({ store }: Service): Promise<number> => {
  const [first] = await store.records('audit', 0, 1);
  const isIndexed = async (number: number): Promise<boolean> => {
    const [record] = await store.records('audit', number - 1, 1);
    return record?.number === number && (await store.read({ type: 'AuditEvent', id: readAuditRecord(record.text).id })) !== undefined;
  };
  let known = (first?.number ?? 1) - 1;
  let step = 1;
  while (await isIndexed(known + step)) [known, step] = [known + step, 2 * step];
  for (; step >= 1; step = Math.floor(step / 2)) if (await isIndexed(known + step)) known += step;
  return known;
};

/** Returns whether the request may be answered with AuditEvents. */
export const looksAtAudit = ({ interaction, type, operation, params }: FhirRequest): boolean => {
  if (type === 'AuditEvent' || interaction === 'history-system' || operation === 'everything') return true;
  if (interaction === 'search-system' || interaction === 'search-compartment') return type === undefined;
  return params.some(([name, value]) => name.includes('AuditEvent') || value.includes('AuditEvent') || (name.startsWith('_revinclude') && value.startsWith('*')));
};
