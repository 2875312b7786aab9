/**
 * Seals what the authorization server keeps: values are encrypted (AES-256-GCM), keys are hashed, so that a copy of the
 * database holds no token, no secret and no signing key that could be used (design rule: encrypted at rest).
 */
import { createHmac } from 'node:crypto';
import type { Clock } from '../../core/clock.js';
import type { GrantKey, GrantRecord, GrantStore, KeptGrantRecord } from '../../store/grant.js';
import { openText, sealText } from './box.js';
import { firstKey, KeyFault, openKeyring, ringCollection, SealBroken, type Keyring, type Keys, type RingStatus } from './keyring.js';

/** What the engine must not read, in one text. */
type Inside = readonly [key: string, value: string, grant: string | null, owner: string | null, alias: string | null];

export interface VaultStatus extends RingStatus {
  /** Records that are sealed with a former data key. */
  readonly left: number;
}

export interface Vault {
  /** The store with everything sealed. */
  readonly grants: GrantStore;
  status(): Promise<VaultStatus>;
  /** Accepts a new AUTH_KEY beside the present one; what is written from now on is sealed with a new key. Rejects with KeyFault. */
  rotate(secret: string): Promise<void>;
  /** This process goes on with that AUTH_KEY. */
  adopt(secret: string): void;
  /** Seals anew what a former key has sealed; may be broken off at any point and begun again. Resolves with how many records it was. */
  reseal(tell?: (done: number) => void, signal?: AbortSignal): Promise<number>;
  /** Takes the former AUTH_KEY and data keys away. Rejects with KeyFault while something is sealed with them. */
  retire(): Promise<void>;
}

const page = 200;

/** Sealed texts name their key, but for those from before there was more than one. */
const keyIdOf = (value: string): string => (value.includes('.') ? value.slice(0, value.indexOf('.')) : firstKey);

/** Resolves with the vault over the store; AUTH_KEY is any secret text of 32 characters or more. Rejects with SealBroken for another one than the records'. */
export const openVault = async (inner: GrantStore, authKey: string, clock: Clock): Promise<Vault> => {
  const ring = await openKeyring(inner, authKey, clock);
  const seals = makeSeals(ring, (await ring.keys()).nameKey);

  /** Calls back for every record that a former key has sealed, page by page. */
  const eachOld = async (act: (records: readonly KeptGrantRecord[]) => Promise<void>, signal?: AbortSignal): Promise<void> => {
    for (let after: GrantKey | undefined, more = true; more && signal?.aborted !== true;) {
      const records = await inner.all(after, page);
      const { current } = await ring.keys();
      await act(records.filter(({ collection, value }) => collection !== ringCollection && keyIdOf(value) !== current));
      after = records.at(-1);
      more = records.length === page;
    }
  };
  const left = async (): Promise<number> => {
    let count = 0;
    await eachOld(async (records) => { count += records.length; });
    return count;
  };
  return {
    grants: sealGrants(inner, seals),
    status: async () => ({ ...(await ring.status()), left: await left() }),
    rotate: (secret) => ring.rotate(secret),
    adopt: (secret) => { ring.adopt(secret); },
    reseal: async (tell, signal) => {
      if ((await ring.status()).former === 0) return 0;
      let done = 0;
      await eachOld(async (records) => {
        for (const record of records) {
          // One that was changed meanwhile was sealed anew by whoever changed it.
          if (await inner.replace({ ...record, value: await seals.again(record) }, record.revision)) done += 1;
        }
        tell?.(done);
      }, signal);
      return done;
    },
    retire: async () => {
      const count = await left();
      if (count > 0) throw new KeyFault(`${String(count)} records are still sealed with the former key; "concierge keys list" counts them, and they are sealed anew within minutes`);
      await ring.retire();
    },
  };
};

interface Seals {
  readonly named: (kind: string, collection: string, text: string) => string;
  readonly at: (key: GrantKey) => GrantKey;
  readonly seal: (record: GrantRecord) => Promise<GrantRecord>;
  readonly open: (record: KeptGrantRecord) => Promise<KeptGrantRecord>;
  /** The value sealed with the current key. */
  readonly again: (record: KeptGrantRecord) => Promise<string>;
}

const makeSeals = (ring: Keyring, nameKey: Buffer): Seals => {
  const named = (kind: string, collection: string, text: string): string => createHmac('sha256', nameKey).update(JSON.stringify([kind, collection, text])).digest('base64url');
  const hide = (kind: string, collection: string, text: string | undefined): string | undefined => (text === undefined ? undefined : named(kind, collection, text));
  const placeOf = ({ collection, key }: GrantKey): string => `${collection} ${key}`;
  const sealed = ({ current, byId }: Keys, text: string, place: string): string => {
    const key = byId.get(current);
    if (key === undefined) throw new SealBroken('the ring has no current key');
    const box = sealText(key, text, place);
    return current === firstKey ? box : `${current}.${box}`;
  };
  const textOf = async (record: KeptGrantRecord): Promise<string> => {
    const key = await ring.keyOf(keyIdOf(record.value));
    try {
      return openText(key, record.value.slice(record.value.indexOf('.') + 1), placeOf(record));
    } catch (cause) {
      throw new SealBroken('a record of the authorization server cannot be opened: it was sealed with another key, or changed', { cause });
    }
  };
  const at = ({ collection, key }: GrantKey): GrantKey => ({ collection, key: named('key', collection, key) });
  return {
    named, at,
    seal: async (record) => {
      const { collection, key, value, grant, owner, alias, expires } = record;
      const inside: Inside = [key, value, grant ?? null, owner ?? null, alias ?? null];
      const place = at(record);
      return { ...place, value: sealed(await ring.keys(), JSON.stringify(inside), placeOf(place)), expires, grant: hide('grant', '', grant), owner: hide('owner', collection, owner), alias: hide('alias', collection, alias) };
    },
    open: async (record) => {
      const [key, value, grant, owner, alias] = JSON.parse(await textOf(record)) as Inside;
      return { ...record, key, value, grant: grant ?? undefined, owner: owner ?? undefined, alias: alias ?? undefined };
    },
    again: async (record) => sealed(await ring.keys(), await textOf(record), placeOf(record)),
  };
};

const sealGrants = (inner: GrantStore, { named, at, seal, open }: Seals): GrantStore => {
  const opened = async (record: KeptGrantRecord | undefined): Promise<KeptGrantRecord | undefined> => (record === undefined ? undefined : open(record));
  return {
    get: async (key) => opened(await inner.get(at(key))),
    getByAlias: async (collection, alias) => opened(await inner.getByAlias(collection, named('alias', collection, alias))),
    put: async (record) => inner.put(await seal(record)),
    insertOnce: async (record) => inner.insertOnce(await seal(record)),
    replace: async (record, revision) => inner.replace(await seal(record), revision),
    consume: (key) => inner.consume(at(key)),
    remove: (key) => inner.remove(at(key)),
    revokeGrant: (grant) => inner.revokeGrant(named('grant', '', grant)),
    list: async ({ collection, owner, after, limit }) => {
      const records = await inner.list({ collection, owner: owner === undefined ? undefined : named('owner', collection, owner), after: after === undefined ? undefined : named('key', collection, after), limit });
      return Promise.all(records.map(open));
    },
    all: async (after, limit) => Promise.all((await inner.all(after && at(after), limit + 1)).filter(({ collection }) => collection !== ringCollection).slice(0, limit).map(open)),
    copy: async ({ revision, consumed, ...record }) => inner.copy({ ...(await seal(record)), revision, consumed }),
    expire: () => inner.expire(),
    close: () => inner.close(),
  };
};
