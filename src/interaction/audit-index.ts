/**
 * AuditEvents for who reads and searches them: the journal is followed and each record stored as the resource it stands for, behind the
 * accesses and brought up to date before one is looked for. Nobody else makes or changes them.
 */
import { auditEventText } from '../audit/event.js';
import { readAuditRecord } from '../audit/record.js';
import { toInstant } from '../core/clock.js';
import { FhirError } from '../core/error.js';
import { stampResource } from '../core/json/stamp.js';
import type { Write } from '../store/resource.js';
import type { Numbered } from '../store/store.js';
import type { FhirRequest } from './request.js';
import type { Service } from './service.js';

export interface AuditIndex {
  /** Stores what is new, for at most so many milliseconds; resolves with whether nothing is left. */
  follow(ms: number): Promise<boolean>;
  /** Resolves when everything recorded before can be found; throws `store-unavailable` when that takes too long. */
  bringUpToDate(): Promise<void>;
}

/** Records stored by one commit: few while nobody waits for them, since the records of accesses wait behind it. */
const together = { behind: 16, wanted: 100 };
/** A search does not wait longer, in milliseconds. */
const patience = 20_000;

/** Returns the index over the service's journal. */
export const makeAuditIndex = (service: () => Service): AuditIndex => {
  let running: Promise<unknown> = Promise.resolve();
  let position: number | undefined;
  const catchUp = async (ms: number, count: number): Promise<boolean> => {
    const { store, clock } = service();
    const begun = clock.monotonic();
    position ??= await indexedUpTo(service());
    while (clock.monotonic() - begun < ms) {
      const records = await store.records('audit', position, count);
      if (records.length > 0) await storeEvents(service(), records);
      position = records.at(-1)?.number ?? position;
      if (records.length < count) return true;
    }
    return false;
  };
  const follow = (ms: number, count = together.behind): Promise<boolean> => {
    const run = running.then(() => catchUp(ms, count));
    // Who asked for it is told of a failure; who comes next tries again.
    running = run.catch(() => undefined);
    return run;
  };
  return {
    follow: (ms) => follow(ms),
    bringUpToDate: async () => {
      if (!(await follow(patience, together.wanted))) throw new FhirError('store-unavailable', 'Many accesses are waiting to be indexed. Repeat in a moment; the index goes on.', { retryAfter: 5 });
    },
  };
};

/** Resolves with false, nothing stored, when another process has been here. */
const storeEvents = async ({ store, registry }: Service, records: readonly Numbered[]): Promise<boolean> => {
  const writes = records.map(({ text }): Write => {
    const facts = readAuditRecord(text);
    const event = auditEventText(facts);
    return { type: 'AuditEvent', id: facts.id, method: 'POST', base: 0, body: stampResource(event, { id: facts.id, versionId: '1', lastUpdated: toInstant(0) }), index: registry.extract(JSON.parse(event) as Record<string, unknown>) };
  });
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
