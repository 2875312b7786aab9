/**
 * The keys that records are sealed with, themselves sealed by AUTH_KEY (https://csrc.nist.gov/pubs/sp/800/57/pt1/r5/final): AUTH_KEY opens a ring
 * key, the ring key the data keys. A new AUTH_KEY is one write of one record; until the former is retired both open the ring, so
 * that processes are started with the new one at leisure.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.js';
import { randomSecret } from '../../core/id.js';
import type { GrantStore, KeptGrantRecord } from '../../store/grant.js';
import { deriveKey, keyBytes, openText, sealText } from './box.js';

/** The value cannot be opened: it was sealed with another key, or changed. */
export class SealBroken extends Error {}

/** What is asked of the keys cannot be done now; the message says why and what to do. */
export class KeyFault extends Error {}

export interface Keys {
  /** Hides the names of records; it never changes, since records are found by it. */
  readonly nameKey: Buffer;
  /** What is written now is sealed with this one. */
  readonly current: string;
  readonly byId: ReadonlyMap<string, Buffer>;
}

export interface RingStatus {
  /** Fingerprints of the AUTH_KEYs that open the ring, the newest first. */
  readonly accepted: readonly string[];
  /** Fingerprint of the one that this process has. */
  readonly own: string;
  /** Data keys that were replaced and are still kept. */
  readonly former: number;
}

export interface Keyring {
  /** Resolves with the keys, read anew when another process may have changed them. */
  keys(): Promise<Keys>;
  /** Resolves with the data key, asking the store for one that is not known yet. Rejects with SealBroken. */
  keyOf(id: string): Promise<Buffer>;
  status(): Promise<RingStatus>;
  /** Accepts the new AUTH_KEY beside this process's own, and makes a new data key. Rejects with KeyFault. */
  rotate(secret: string): Promise<void>;
  /** This process goes on with that AUTH_KEY. */
  adopt(secret: string): void;
  /** Takes away every AUTH_KEY but the newest, and the former data keys. Rejects with KeyFault. */
  retire(): Promise<void>;
}

interface RingRecord {
  /** The ring key sealed by each AUTH_KEY, the newest first. */
  readonly wraps: readonly { readonly id: string; readonly sealed: string }[];
  readonly content: string;
  /** Milliseconds since 1970 of the last rotation. */
  readonly rotated: number;
}

interface Content {
  readonly nameKey: string;
  readonly current: string;
  readonly keys: Readonly<Record<string, string>>;
}

const place = { collection: 'keyring', key: 'keyring' } as const;
/** The ring's own collection is not sealed by what is in it. */
export const ringCollection = place.collection;
/** How long the keys are used before they are asked for again; a rotation of another process is followed after it. */
const freshMs = 15_000;

const fingerprint = (secret: string): string => deriveKey(secret, 'fingerprint of AUTH_KEY', 9).toString('base64url');
const wrapKey = (secret: string): Buffer => deriveKey(secret, 'keyring');
const newKey = (): string => randomBytes(keyBytes).toString('base64');
const refused = (cause?: unknown): SealBroken => new SealBroken('the records of the authorization server cannot be opened: AUTH_KEY is not the one they were sealed with', { cause });

const ringRecord = (content: Content, secrets: readonly string[], rotated: number): string => {
  const ringKey = randomBytes(keyBytes);
  const wraps = secrets.map((secret) => ({ id: fingerprint(secret), sealed: sealText(wrapKey(secret), ringKey.toString('base64'), 'ring key') }));
  return JSON.stringify({ wraps, content: sealText(ringKey, JSON.stringify(content), 'ring'), rotated } satisfies RingRecord);
};

/** Records from before there was a ring are sealed with keys derived from AUTH_KEY itself: they are the first of the ring. */
const firstContent = async (inner: GrantStore, secret: string): Promise<Content> => {
  const [seal] = await inner.list({ collection: 'seal', limit: 1 });
  if (seal === undefined) return { nameKey: newKey(), current: 'k1', keys: { k1: newKey() } };
  const derived = deriveKey(secret, 'authorization records', 2 * keyBytes);
  const [dataKey, nameKey] = [derived.subarray(0, keyBytes), derived.subarray(keyBytes)];
  try {
    openText(dataKey, seal.value, `${seal.collection} ${seal.key}`);
  } catch (cause) {
    throw refused(cause);
  }
  return { nameKey: nameKey.toString('base64'), current: firstKey, keys: { [firstKey]: dataKey.toString('base64') } };
};

/** Id of the data key of records that name none. */
export const firstKey = 'derived';

/** Resolves with the ring, made when there is none. Rejects with SealBroken when the secret opens it not. */
export const openKeyring = async (inner: GrantStore, firstSecret: string, clock: Clock): Promise<Keyring> => {
  let secret = firstSecret;
  let known: { readonly keys: Keys; readonly at: number } | undefined;

  const load = async (): Promise<{ readonly record: KeptGrantRecord; readonly ring: RingRecord; readonly content: Content }> => {
    const record = await inner.get(place);
    if (record === undefined) throw new SealBroken('the keys of the authorization records are gone from the store');
    const ring = JSON.parse(record.value) as RingRecord;
    const wrap = ring.wraps.find(({ id }) => id === fingerprint(secret));
    if (wrap === undefined) throw refused();
    try {
      const ringKey = Buffer.from(openText(wrapKey(secret), wrap.sealed, 'ring key'), 'base64');
      return { record, ring, content: JSON.parse(openText(ringKey, ring.content, 'ring')) as Content };
    } catch (cause) {
      throw refused(cause);
    }
  };
  const read = async (): Promise<Keys> => {
    const { content: { nameKey, current, keys } } = await load();
    const byId = new Map(Object.entries(keys).map(([id, key]) => [id, Buffer.from(key, 'base64')]));
    known = { at: clock.monotonic(), keys: { nameKey: Buffer.from(nameKey, 'base64'), current, byId } };
    return known.keys;
  };
  const write = async (record: KeptGrantRecord, value: string): Promise<void> => {
    if (!(await inner.replace({ ...place, value }, record.revision))) throw new KeyFault('another process is changing the keys; try again');
    await read();
  };

  if ((await inner.get(place)) === undefined) await inner.insertOnce({ ...place, value: ringRecord(await firstContent(inner, secret), [secret], clock.now()) });
  await read();
  return {
    keys: async () => (known !== undefined && clock.monotonic() - known.at < freshMs ? known.keys : read()),
    keyOf: async (id) => {
      const key = known?.keys.byId.get(id) ?? (await read()).byId.get(id);
      if (key === undefined) throw new SealBroken('a record of the authorization server was sealed with a key that is gone');
      return key;
    },
    status: async () => {
      const { ring, content } = await load();
      return { accepted: ring.wraps.map(({ id }) => id), own: fingerprint(secret), former: Object.keys(content.keys).length - 1 };
    },
    rotate: async (next) => {
      if (fingerprint(next) === fingerprint(secret)) throw new KeyFault('this is the AUTH_KEY that is in use; give another one');
      const { record, content } = await load();
      const current = `k${randomSecret(6)}`;
      await write(record, ringRecord({ ...content, current, keys: { ...content.keys, [current]: newKey() } }, [next, secret], clock.now()));
    },
    adopt: (next) => { secret = next; },
    retire: async () => {
      const { record, ring, content } = await load();
      if (ring.wraps[0]?.id !== fingerprint(secret)) throw new KeyFault('the server still runs with the former AUTH_KEY: start every process with the new one first');
      // Whoever had read the keys before the rotation has read them anew by then.
      if (clock.now() - ring.rotated < 4 * freshMs) throw new KeyFault('the key was rotated less than a minute ago; wait a little');
      const { [content.current]: kept = '' } = content.keys;
      await write(record, ringRecord({ ...content, keys: { [content.current]: kept } }, [secret], ring.rotated));
    },
  };
};
