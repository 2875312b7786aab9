/**
 * Signing keys of id_tokens (https://www.rfc-editor.org/rfc/rfc7517): made at the first start, published before they are
 * used and after they were, so that a rotation fails no request.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Clock } from '../../core/clock.js';
import { randomSecret } from '../../core/id.js';
import type { GrantStore } from '../../store/grant.js';
import { makeCollection } from './collection.js';

interface SigningKey {
  readonly jwk: JWK & { readonly kid: string; readonly alg: string };
  readonly created: number;
  /** From when it signs; until then it is only published. */
  readonly from: number;
}

export interface SigningKeys {
  /** All published keys as private JWKs, the one to sign with first for each algorithm. Makes the first ones. */
  load(): Promise<readonly JWK[]>;
  /** Makes new keys: published at once, used after `overlap`; former ones stay published that long after. */
  rotate(): Promise<void>;
  /** Makes new keys and takes the others away: what those signed is good for nothing from now on. */
  replace(): Promise<void>;
  /** Resolves with what is published: until when a key signs is when the next of its algorithm begins. */
  list(): Promise<readonly { readonly kid: string; readonly alg: string; readonly from: number }[]>;
  /** Rotates when the newest keys have signed for a season; resolves with whether it did. */
  rotateWhenDue(): Promise<boolean>;
}

/** How long clients may go without asking for the keys again. */
const overlap = 24 * 3_600_000;
/** How long a key signs. */
const season = 90 * 24 * 3_600_000;
/** One that has not made them by then has died over it. */
const startMs = 30_000;
const algorithms = ['RS256', 'ES256'];

export const makeSigningKeys = (grants: GrantStore, clock: Clock): SigningKeys => {
  const keys = makeCollection<SigningKey>(grants, 'signing-key');
  const make = async (from: number): Promise<void> => {
    for (const alg of algorithms) {
      const { privateKey } = await generateKeyPair(alg, { extractable: true });
      const kid = randomSecret(12);
      await keys.put(kid, { created: clock.now(), from, jwk: { ...(await exportJWK(privateKey)), kid, alg, use: 'sig' } });
    }
  };
  /** Of processes that start together one makes the first keys, and the others wait for them: all have to publish the same. */
  const begin = async (): Promise<void> => {
    while ((await keys.all()).length < algorithms.length) {
      const mine = await grants.insertOnce({ collection: 'signing-key-start', key: 'first', value: '{}', expires: clock.now() + startMs });
      await (mine ? make(clock.now()) : wait(100));
    }
  };
  const load = async (): Promise<readonly JWK[]> => {
    await begin();
    const now = clock.now();
    const known = (await keys.all()).map(({ value }) => value);
    const current = known.filter(({ from }) => from <= now).sort((a, b) => b.from - a.from || (a.jwk.kid < b.jwk.kid ? -1 : 1));
    const next = known.filter(({ from }) => from > now);
    // The newest of each algorithm signs; an older one is published until nothing it signed can still be held.
    const kept = current.filter(({ jwk }, index) => {
      const newer = current.slice(0, index).filter((other) => other.jwk.alg === jwk.alg);
      return newer.length === 0 || newer.every(({ from }) => from + overlap > now);
    });
    for (const { jwk } of current) if (!kept.some((one) => one.jwk.kid === jwk.kid)) await keys.remove(jwk.kid);
    return [...kept, ...next].map(({ jwk }) => jwk);
  };
  const rotate = (): Promise<void> => make(clock.now() + overlap);
  const rotateWhenDue = async (): Promise<boolean> => {
    const newest = Math.max(...(await keys.all()).map(({ value }) => value.from));
    if (!Number.isFinite(newest) || clock.now() - newest < season) return false;
    await rotate();
    return true;
  };
  const replace = async (): Promise<void> => {
    const former = await keys.all();
    await make(clock.now());
    for (const { key } of former) await keys.remove(key);
  };
  const list = async () => (await keys.all()).map(({ value: { jwk, from } }) => ({ kid: jwk.kid, alg: jwk.alg, from })).sort((a, b) => a.from - b.from || (a.alg < b.alg ? -1 : 1));
  return { load, rotate, rotateWhenDue, replace, list };
};
