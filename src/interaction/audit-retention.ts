/**
 * The end of the audit's time: the oldest records are removed in order, up to a signed checkpoint, and the AuditEvents made of them with
 * them. Their hashes and all checkpoints stay, so that what is left is verified and proved as before (45 CFR 164.316(b)(2)(i): six years).
 */
import { readAuditRecord } from '../audit/record.js';
import type { Write } from '../store/resource.js';
import type { Service } from './service.js';

export interface Expiry {
  /** Number of the last record to remove. */
  readonly upTo: number;
  readonly signal?: AbortSignal | undefined;
  readonly report?: ((removed: number) => void) | undefined;
}

/** Records removed in one step. */
const together = 1_000;
const writesTogether = 100;

/** The years that records are kept where nothing else is set. */
export const usualYears = 6;

/** Returns the moment before which records may be removed, in milliseconds since 1970. */
export const retentionEnd = ({ clock, audit }: Pick<Service, 'clock' | 'audit'>): number => {
  const date = new Date(clock.now());
  return date.setUTCFullYear(date.getUTCFullYear() - (audit?.years ?? usualYears));
};

/**
 * Resolves with how many records were removed. One that was ended in between is gone on with by the next. An engine may leave the last few
 * to the next time. Rejects with the reason of the signal.
 */
export const expireAudit = async (service: Service, { upTo, signal, report }: Expiry): Promise<number> => {
  const { store } = service;
  for (let removed = 0; ;) {
    signal?.throwIfAborted();
    const gone = (await store.records('audit', 0, together)).filter(({ number }) => number <= upTo);
    const last = gone.at(-1);
    if (last === undefined) return removed;
    const events = gone.map(({ text }) => readAuditRecord(text).id);
    await deleteEvents(service, events);
    const { done } = await store.maintain({ task: 'expire-audit', upTo: last.number, events });
    if (done === 0) return removed;
    removed += done;
    report?.(removed);
  }
};

/** They end as every resource does, with a version that says so; the store then forgets what the one before said. */
const deleteEvents = async ({ store }: Service, ids: readonly string[]): Promise<void> => {
  for (let from = 0; from < ids.length; from += writesTogether) {
    const writes: Write[] = [];
    for (const id of ids.slice(from, from + writesTogether)) {
      const current = await store.read({ type: 'AuditEvent', id });
      if (current?.body !== undefined) writes.push({ type: 'AuditEvent', id, method: 'DELETE', base: current.version, index: [] });
    }
    if (writes.length > 0) await store.commit({ writes });
  }
};
