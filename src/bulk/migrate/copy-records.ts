/** Copies what is not a resource: the audit's journal under its own numbers, the outbox, kept answers, and the records of the authorization server. */
import type { StoredAnswer } from '../../store/resource.js';
import type { GrantKey, GrantStore, KeptGrantRecord } from '../../store/grant.js';
import type { Numbered, Store } from '../../store/store.js';
import { MigrationFault, portion, type Sides } from './side.js';

/** Resolves with the number of the last audit record, 0 when there is none. */
export const lastNumber = async (store: Store): Promise<number> => {
  const isMore = async (after: number): Promise<boolean> => (await store.records('audit', after, 1)).length > 0;
  let [low, step] = [0, 1_024];
  if (!(await isMore(low))) return low;
  while (await isMore(low + step)) {
    low += step;
    step *= 2;
  }
  // There is one after `low` and none after `high`.
  let high = low + step;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (await isMore(middle)) low = middle;
    else high = middle;
  }
  return high;
};

export interface RecordCopy {
  readonly from: Store;
  readonly to: Store;
  readonly signal: AbortSignal;
}

/** Copies the audit records after a number, under their numbers; resolves with the last one copied. */
export const copyRecords = async ({ from, to, signal }: RecordCopy, after: number): Promise<number> => {
  let at = after;
  for (;;) {
    signal.throwIfAborted();
    const records = await from.records('audit', at, portion);
    const last = records.at(-1);
    if (last === undefined) return at;
    const result = await to.commit({ writes: [], audit: records.map(({ number, text }) => ({ number, text })) });
    if (!result.ok) throw new MigrationFault('Records of the audit were refused by the store to copy to.');
    at = last.number;
  }
};

/** Copies the outbox, in its order; its numbers are each store's own. What a former try has copied is not copied again. */
export const copyOutbox = async ({ from, to, signal }: RecordCopy): Promise<void> => {
  let there = 0;
  for await (const records of outboxOf(to)) there += records.length;
  for await (const records of outboxOf(from)) {
    signal.throwIfAborted();
    const rest = records.slice(there);
    there = Math.max(0, there - records.length);
    if (rest.length > 0) await to.commit({ writes: [], outbox: rest.map(({ topic, text }) => ({ topic, text })) });
  }
};

async function* outboxOf(store: Store): AsyncGenerator<readonly Numbered[]> {
  for (let after = 0; ;) {
    const records = await store.records('outbox', after, portion);
    const last = records.at(-1);
    if (last === undefined) return;
    yield records;
    after = last.number;
  }
}

/** Throws a MigrationFault unless both journals of the audit say the same; resolves with how many records were compared. */
export const compareRecords = async ({ from, to, signal }: RecordCopy): Promise<number> => {
  let [at, compared] = [0, 0];
  for (;;) {
    signal.throwIfAborted();
    const [ours, theirs] = await Promise.all([from.records('audit', at, portion), to.records('audit', at, portion)]);
    const differs = ours.findIndex((record, place) => !isSame(record, theirs[place]));
    if (differs >= 0) throw new MigrationFault(`Record ${String(ours[differs]?.number)} of the audit is not the same in both stores.`);
    compared += ours.length;
    const last = ours.at(-1);
    if (last === undefined) return compared;
    at = last.number;
  }
};

const isSame = (one: Numbered, other: Numbered | undefined): boolean => one.number === other?.number && one.text === other.text;

/** Copies the answers kept for idempotency keys; resolves with how many there are. Those the copy has from a former try stay. */
export const copyAnswers = async ({ from, to }: Sides, now: number): Promise<number> => {
  let [after, copied] = ['', 0];
  for (;;) {
    const answers = await from.store.answers({ after, limit: portion }, now);
    const last: StoredAnswer | undefined = answers.at(-1);
    if (last === undefined) return copied;
    for (const answer of answers) {
      const [kept] = await to.store.answers({ key: answer.key }, now);
      if (kept === undefined) await to.store.commit({ writes: [], answer });
      else if (kept.answer !== answer.answer || kept.fingerprint !== answer.fingerprint) throw new MigrationFault('The store to copy to has another answer for the same Idempotency-Key: it is no copy. Name an empty store.');
      copied += 1;
    }
    after = last.key;
  }
};

/** Makes the records of the authorization server the same on both sides; resolves with how many there are. */
export const copyGrants = async ({ from, to }: Sides): Promise<number> => {
  // What is gone on the one side goes on the other: a former try may have copied what was revoked since. So aliases are free too.
  for await (const record of allOf(to.grants)) {
    const kept = await from.grants.get(record);
    if (kept?.revision !== record.revision) await to.grants.remove(record);
  }
  let copied = 0;
  for await (const record of allOf(from.grants)) {
    await to.grants.copy(record);
    copied += 1;
  }
  return copied;
};

async function* allOf(grants: GrantStore): AsyncGenerator<KeptGrantRecord> {
  let after: GrantKey | undefined;
  for (;;) {
    const records = await grants.all(after, portion);
    yield* records;
    after = records.at(-1);
    if (after === undefined) return;
  }
}
