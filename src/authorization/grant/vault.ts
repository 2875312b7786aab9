/**
 * Seals what the authorization server keeps: values are encrypted (AES-256-GCM), keys are hashed, so that a copy of the
 * database holds no token, no secret and no signing key that could be used (design rule: encrypted at rest).
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { GrantKey, GrantRecord, GrantStore, KeptGrantRecord } from '../../store/grant.js';

const cipher = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/** What the engine must not read, in one text. */
type Inside = readonly [key: string, value: string, grant: string | null, owner: string | null, alias: string | null];

/** The value cannot be opened: it was sealed with another key, or changed. */
export class SealBroken extends Error {}

/** Returns the store with everything sealed by the key, any secret text of 32 characters or more. */
export const sealGrants = (inner: GrantStore, secret: string): GrantStore => {
  const derived = Buffer.from(hkdfSync('sha256', secret, '', 'authorization records', 64));
  const encryptKey = derived.subarray(0, 32);
  const nameKey = derived.subarray(32);
  const named = (kind: string, collection: string, text: string): string =>
    createHmac('sha256', nameKey).update(JSON.stringify([kind, collection, text])).digest('base64url');
  const hide = (kind: string, collection: string, text: string | undefined): string | undefined => (text === undefined ? undefined : named(kind, collection, text));
  const sealedKey = ({ collection, key }: GrantKey): GrantKey => ({ collection, key: named('key', collection, key) });

  const seal = (record: GrantRecord): GrantRecord => {
    const { collection, key, value, grant, owner, alias, expires } = record;
    const at = sealedKey(record);
    const iv = randomBytes(ivBytes);
    const inside: Inside = [key, value, grant ?? null, owner ?? null, alias ?? null];
    const box = createCipheriv(cipher, encryptKey, iv).setAAD(Buffer.from(`${at.collection} ${at.key}`));
    const sealed = Buffer.concat([iv, box.update(JSON.stringify(inside), 'utf8'), box.final(), box.getAuthTag()]).toString('base64');
    return { ...at, value: sealed, expires, grant: hide('grant', '', grant), owner: hide('owner', collection, owner), alias: hide('alias', collection, alias) };
  };

  const open = (record: KeptGrantRecord): KeptGrantRecord => {
    const bytes = Buffer.from(record.value, 'base64');
    const box = createDecipheriv(cipher, encryptKey, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
      .setAAD(Buffer.from(`${record.collection} ${record.key}`)).setAuthTag(bytes.subarray(-tagBytes));
    try {
      const text = Buffer.concat([box.update(bytes.subarray(ivBytes, -tagBytes)), box.final()]).toString('utf8');
      const [key, value, grant, owner, alias] = JSON.parse(text) as Inside;
      return { ...record, key, value, grant: grant ?? undefined, owner: owner ?? undefined, alias: alias ?? undefined };
    } catch (cause) {
      throw new SealBroken('a record of the authorization server cannot be opened: AUTH_KEY is not the one it was sealed with', { cause });
    }
  };
  const opened = (record: KeptGrantRecord | undefined): KeptGrantRecord | undefined => (record === undefined ? undefined : open(record));

  return {
    get: async (key) => opened(await inner.get(sealedKey(key))),
    getByAlias: async (collection, alias) => opened(await inner.getByAlias(collection, named('alias', collection, alias))),
    put: (record) => inner.put(seal(record)),
    insertOnce: (record) => inner.insertOnce(seal(record)),
    replace: (record, revision) => inner.replace(seal(record), revision),
    consume: (key) => inner.consume(sealedKey(key)),
    remove: (key) => inner.remove(sealedKey(key)),
    revokeGrant: (grant) => inner.revokeGrant(named('grant', '', grant)),
    list: async ({ collection, owner, after, limit }) =>
      (await inner.list({ collection, owner: hide('owner', collection, owner), after: hide('key', collection, after), limit })).map(open),
    all: async (after, limit) => (await inner.all(after && sealedKey(after), limit)).map(open),
    copy: ({ revision, consumed, ...record }) => inner.copy({ ...seal(record), revision, consumed }),
    expire: () => inner.expire(),
    close: () => inner.close(),
  };
};

/** Resolves when the records are those of this key; rejects with SealBroken for those of another one. */
export const checkSeal = async (sealed: GrantStore): Promise<void> => {
  if ((await sealed.list({ collection: 'seal', limit: 1 })).length === 0) await sealed.insertOnce({ collection: 'seal', key: 'seal', value: 'whole' });
};
