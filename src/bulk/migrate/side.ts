/** The two stores of a migration (https://hl7.org/fhir/R4/http.html#versioning: a version stays what it was, wherever it is kept). */
import type { GrantStore } from '../../store/grant.js';
import type { Store } from '../../store/store.js';
import type { Switchable } from '../../store/switchable.js';

/** Everything that one engine keeps. */
export interface Side {
  readonly store: Store;
  readonly grants: GrantStore;
}

export interface Sides {
  readonly from: Side;
  readonly to: Side;
}

/** What it takes to move the data to another engine. */
export interface Moving {
  /** STORE_URL of where the data is now. */
  readonly storeUrl: () => string;
  /** Told where it is from now on. */
  readonly moved: (storeUrl: string) => void;
  readonly store: Switchable<Store>;
  /** Records of the authorization server, as they are kept. */
  readonly grants: () => Promise<Switchable<GrantStore>>;
  /** Opens the engine that a STORE_URL names. */
  readonly open: (storeUrl: string) => Promise<Side>;
}

/** The data is not as a migration needs it; the message tells the operator what to do. */
export class MigrationFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MigrationFault';
  }
}

/** Versions, or records, read at once. */
export const portion = 500;
