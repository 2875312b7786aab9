/** Records of one kind as values: JSON inside, the grant port outside. */
import type { GrantRecord, GrantStore, KeptGrantRecord } from '../../store/grant.js';

type Marks = Pick<GrantRecord, 'expires' | 'grant' | 'owner' | 'alias'>;

export interface Kept<T> {
  readonly key: string;
  readonly value: T;
  readonly revision: number;
  readonly expires: number | undefined;
}

export interface Collection<T> {
  get(key: string): Promise<T | undefined>;
  getByAlias(alias: string): Promise<Kept<T> | undefined>;
  /** Rejects with AliasTaken. */
  put(key: string, value: T): Promise<void>;
  insertOnce(key: string, value: T): Promise<boolean>;
  /** Reads, changes and stores until nobody came between; `change` returns undefined to leave the value. Resolves with what is kept then. */
  change(key: string, change: (value: T) => T | undefined): Promise<T | undefined>;
  /** Removes the value and gives it to exactly one caller; undefined for all others. */
  take(key: string): Promise<T | undefined>;
  remove(key: string): Promise<boolean>;
  /** All of an owner, or all; in pages inside. */
  all(owner?: string): Promise<readonly Kept<T>[]>;
}

const page = 200;
const attempts = 20;

/** Returns the collection; `marks` tells how long a value is kept and what it belongs to. */
export const makeCollection = <T>(grants: GrantStore, collection: string, marks: (value: T) => Marks = () => ({})): Collection<T> => {
  const recordOf = (key: string, value: T): GrantRecord => ({ collection, key, value: JSON.stringify(value), ...marks(value) });
  const valueOf = ({ value }: KeptGrantRecord): T => JSON.parse(value) as T;
  const keptOf = (record: KeptGrantRecord): Kept<T> => ({ key: record.key, value: valueOf(record), revision: record.revision, expires: record.expires });
  const get = async (key: string): Promise<T | undefined> => {
    const record = await grants.get({ collection, key });
    return record === undefined ? undefined : valueOf(record);
  };
  return {
    get,
    getByAlias: async (alias) => {
      const record = await grants.getByAlias(collection, alias);
      return record === undefined ? undefined : keptOf(record);
    },
    put: (key, value) => grants.put(recordOf(key, value)),
    insertOnce: (key, value) => grants.insertOnce(recordOf(key, value)),
    change: async (key, change) => {
      for (let tried = 0; tried < attempts; tried += 1) {
        const record = await grants.get({ collection, key });
        if (record === undefined) return undefined;
        const next = change(valueOf(record));
        if (next === undefined) return valueOf(record);
        if (await grants.replace(recordOf(key, next), record.revision)) return next;
      }
      throw new Error(`a record of ${collection} keeps changing`);
    },
    take: async (key) => {
      const value = await get(key);
      return value !== undefined && (await grants.remove({ collection, key })) ? value : undefined;
    },
    remove: (key) => grants.remove({ collection, key }),
    all: async (owner) => {
      const found: Kept<T>[] = [];
      for (let after: string | undefined, more = true; more;) {
        const records = await grants.list({ collection, owner, after, limit: page });
        found.push(...records.map(keptOf));
        after = records.at(-1)?.key;
        more = records.length === page;
      }
      return found;
    },
  };
};
