/**
 * The grant port: what the authorization server keeps - codes, tokens, grants, sessions, clients, accounts, keys
 * (https://www.rfc-editor.org/rfc/rfc6749). Records are text to the engine; what must not race is one call each.
 * `test/suite/grant.suite.ts` is the contract in executable form.
 */

/** Where a record stands. */
export interface GrantKey {
  /** Kind of record: `AccessToken`, `Session`, `account`. */
  readonly collection: string;
  readonly key: string;
}

export interface GrantRecord extends GrantKey {
  readonly value: string;
  /** Milliseconds since 1970 from which the record is as good as gone; undefined: never. */
  readonly expires?: number | undefined;
  /** Everything that one authorization gave carries its id, and is revoked with it. */
  readonly grant?: string | undefined;
  /** Whose it is: account or client; records are listed by it. */
  readonly owner?: string | undefined;
  /** A second key, unique in its collection. */
  readonly alias?: string | undefined;
}

export interface KeptGrantRecord extends GrantRecord {
  /** Rises with every change of the record. */
  readonly revision: number;
  /** Milliseconds since 1970 at which it was used up. */
  readonly consumed?: number | undefined;
}

export interface GrantQuery {
  readonly collection: string;
  readonly owner?: string | undefined;
  /** Only keys after this one, in their order. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface GrantStore {
  /** The record, expired ones left out. */
  get(key: GrantKey): Promise<KeptGrantRecord | undefined>;
  /** The record with this alias. */
  getByAlias(collection: string, alias: string): Promise<KeptGrantRecord | undefined>;
  /** Stores the record over one that is there. Durable when it resolves. Rejects with AliasTaken. */
  put(record: GrantRecord): Promise<void>;
  /** Stores the record unless there is a live one with its key or alias; resolves with whether it did. Of many at once one wins. */
  insertOnce(record: GrantRecord): Promise<boolean>;
  /** Stores the record if the one there is at `revision`; resolves with whether it did. Rejects with AliasTaken. */
  replace(record: GrantRecord, revision: number): Promise<boolean>;
  /** Marks the record as used up: `consumed` for exactly one caller, `already` for all later ones, `absent` where there is none. */
  consume(key: GrantKey): Promise<'consumed' | 'already' | 'absent'>;
  /** Removes the record; resolves with whether it was there. */
  remove(key: GrantKey): Promise<boolean>;
  /** Removes all records of a grant, of whatever collection; resolves with how many. */
  revokeGrant(grant: string): Promise<number>;
  /** Live records in the order of their keys. */
  list(query: GrantQuery): Promise<readonly KeptGrantRecord[]>;
  /** Live records of every collection, in the order of collection and key, after one of them. */
  all(after: GrantKey | undefined, limit: number): Promise<readonly KeptGrantRecord[]>;
  /** Stores the record of another store as it stood there, over one that is here. Rejects with AliasTaken. */
  copy(record: KeptGrantRecord): Promise<void>;
  /** Removes what has expired; resolves with how many. */
  expire(): Promise<number>;
  close(): Promise<void>;
}

/** Another record of the collection has this alias. */
export class AliasTaken extends Error {
  constructor() {
    super('another record has this alias');
    this.name = 'AliasTaken';
  }
}
