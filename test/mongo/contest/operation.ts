/** What competing processes do to one store: each kind of change that has something to lose, and the note of it that the stored text carries. */
import { FhirError } from '../../../src/core/error.js';
import type { Commit, Guard, Write } from '../../../src/store/resource.js';
import type { Store } from '../../../src/store/store.js';

/** What a stored version says of the change that made it. */
export interface Note {
  /** In no other change. */
  readonly mark: string;
  readonly kind: Kind;
  /** Identifier, target of the reference, or Idempotency-Key. */
  readonly of?: string | undefined;
}

export type Kind = 'create' | 'plain' | 'update' | 'pair' | 'once' | 'device' | 'refer' | 'drop';

/** What was acknowledged. */
export interface Told extends Note {
  readonly written: readonly { readonly name: string; readonly version: number }[];
}

export interface Contest {
  readonly store: Store;
  readonly mark: string;
  /** A number of [0, most). */
  readonly pick: (most: number) => number;
  /** How many things there are to compete for. */
  readonly size: number;
}

const stamp = '1970-01-01T00:00:00.000Z';

const write = (type: string, id: string, { base = 0, note, index = [] }: { readonly base?: number; readonly note: Note; readonly index?: Write['index'] }): Write => {
  const head = `{"resourceType":"${type}","id":"${id}","meta":{"lastUpdated":"`;
  return { type, id, method: 'PUT', base, index, body: { text: `${head}${stamp}"},"note":${JSON.stringify(note)}}`, stampAt: head.length } };
};

const newest = async (store: Store, type: string, id: string): Promise<{ version: number; there: boolean }> => {
  const found = await store.read({ type, id });
  return { version: found?.version ?? 0, there: found?.body !== undefined };
};

type Make = (contest: Contest) => Promise<Omit<Commit, 'audit'> & { readonly note: Note }>;

const identified = async ({ mark, pick, size }: Contest, kind: 'create' | 'plain'): ReturnType<Make> => {
  const of = `code-${String(pick(size))}`;
  const note: Note = { mark, kind, of };
  const guard: Guard = { kind: 'matches', claim: of, plan: { types: ['Patient'], where: { op: 'token', param: 'identifier', code: of }, count: 2 }, expected: [] };
  return { note, writes: [write('Patient', mark, { note, index: [{ kind: 'token', param: 'identifier', code: of }] })], ...(kind === 'create' ? { guards: [guard] } : {}) };
};

const changed = async ({ store, mark }: Contest, kind: 'update' | 'pair', ids: readonly string[]): ReturnType<Make> => {
  const note: Note = { mark, kind };
  const type = kind === 'pair' ? 'Group' : 'Basic';
  return { note, writes: await Promise.all(ids.map(async (id) => write(type, id, { base: (await newest(store, type, id)).version, note }))) };
};

const pairs = 6;

const makers: Readonly<Record<Kind, Make>> = {
  create: (contest) => identified(contest, 'create'),
  plain: (contest) => identified(contest, 'plain'),
  update: (contest) => changed(contest, 'update', [`counter-${String(contest.pick(8))}`]),
  pair: (contest) => {
    const first = contest.pick(pairs);
    return changed(contest, 'pair', [first, (first + 1 + contest.pick(pairs - 1)) % pairs].map((at) => `member-${String(at)}`));
  },
  once: async ({ mark, pick, size }) => {
    const of = `key-${String(pick(size))}`;
    const note: Note = { mark, kind: 'once', of };
    return { note, writes: [write('Task', mark, { note })], answer: { key: of, fingerprint: 'f', expires: 9e12, answer: mark } };
  },
  device: async ({ store, mark, pick, size }) => {
    const id = `device-${String(pick(size))}`;
    const note: Note = { mark, kind: 'device' };
    return { note, writes: [write('Device', id, { base: (await newest(store, 'Device', id)).version, note })] };
  },
  refer: async ({ mark, pick, size }) => {
    const id = `device-${String(pick(size))}`;
    const note: Note = { mark, kind: 'refer', of: `Device/${id}` };
    return { note, writes: [write('Observation', mark, { note, index: [{ kind: 'reference', param: 'device', target: `Device/${id}` }] })], guards: [{ kind: 'exists', key: { type: 'Device', id } }] };
  },
  drop: async ({ store, mark, pick, size }) => {
    const key = { type: 'Device', id: `device-${String(pick(size))}` };
    const { version, there } = await newest(store, key.type, key.id);
    return { note: { mark, kind: 'drop', of: `Device/${key.id}` }, writes: there ? [{ ...key, method: 'DELETE', base: version, index: [] }] : [], guards: [{ kind: 'unreferenced', key }] };
  },
};

/** As often as it is listed. */
const mixture: readonly Kind[] = ['create', 'create', 'create', 'plain', 'update', 'update', 'pair', 'once', 'device', 'device', 'refer', 'drop'];

/** Makes one change; resolves with what was told of it, undefined when it was refused, 'unknown' when nobody can say. */
export const compete = async (contest: Contest): Promise<Told | 'unknown' | undefined> => {
  const kind = mixture[contest.pick(mixture.length)] ?? 'create';
  for (;;) {
    try {
      const { note, ...commit } = await makers[kind](contest);
      if (commit.writes.length === 0) return undefined;
      const result = await contest.store.commit({ ...commit, audit: [{ text: contest.mark }] });
      if (!result.ok) return undefined;
      if (contest.pick(looksOneIn) === 0) await mustBeSeen(contest.store, result.seq);
      return { ...note, written: commit.writes.map(({ type, id, base }) => ({ name: `${type}/${id}`, version: base + 1 })) };
    } catch (error) {
      // What is told to come back comes back, as a client does.
      if (!(error instanceof FhirError) || error.code !== 'store-unavailable') throw error;
      if (error.message.includes('may or may not')) return 'unknown';
    }
  }
};

/** Of so many changes one is looked for in the feed at once: each look moves the lanes of all others, who would do little else. The readers see every change. */
const looksOneIn = 5;

/** Who was told of a change finds it in the feed at once. */
const mustBeSeen = async (store: Store, seq: number): Promise<void> => {
  for (;;) {
    try {
      const [found] = await store.changes(seq - 1, 1);
      if (found?.seq !== seq) throw new Error(`an acknowledged change is not in the feed: ${String(seq)}, but ${String(found?.seq)}`);
      return;
    } catch (error) {
      if (!(error instanceof FhirError) || error.code !== 'store-unavailable') throw error;
    }
  }
};
