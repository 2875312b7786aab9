/** Accounts: who may sign in, with what, and which FHIR resource they are (https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#scopes-for-requesting-identity-data). */
import type { Clock } from '../../core/clock.js';
import { randomIds } from '../../core/id.js';
import type { GrantStore } from '../../store/grant.js';
import { makeCollection, type Kept } from '../grant/collection.js';
import type { PasswordHash } from './password.js';
import type { Role } from './role.js';

export interface Passkey {
  readonly id: string;
  /** COSE key, base64url. */
  readonly publicKey: string;
  readonly counter: number;
  readonly transports: readonly string[];
}

export interface Account {
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  /** `Type/id`. */
  readonly fhirUser: string;
  readonly password?: PasswordHash | undefined;
  /** `RelatedPerson/id` of those whose records the person acts for, beside their own. */
  readonly represents?: readonly string[] | undefined;
  /** Whether mail to the address has been answered. */
  readonly verified: boolean;
  readonly disabled: boolean;
  /** Secret of a time-based code, base32; set when its first code was entered. */
  readonly totp?: { readonly secret: string; readonly lastStep: number } | undefined;
  readonly passkeys: readonly Passkey[];
  /** Hashes of codes that replace the second factor once. */
  readonly recovery: readonly string[];
  /** Issuer and subject of sign-in elsewhere. */
  readonly external?: { readonly issuer: string; readonly subject: string } | undefined;
  readonly created: number;
}

export interface KnownAccount extends Account {
  readonly id: string;
}

export interface Accounts {
  get(id: string): Promise<KnownAccount | undefined>;
  byEmail(email: string): Promise<KnownAccount | undefined>;
  /** Rejects with AliasTaken when the address has an account. */
  add(account: Omit<Account, 'created' | 'verified' | 'disabled' | 'passkeys' | 'recovery'> & { readonly verified?: boolean }): Promise<KnownAccount>;
  change(id: string, change: (account: Account) => Account | undefined): Promise<KnownAccount | undefined>;
  all(): Promise<readonly KnownAccount[]>;
}

/** Addresses are compared without regard to case: nobody has two that differ by it. */
export const sameEmail = (email: string): string => email.trim().toLowerCase();

export const makeAccounts = (grants: GrantStore, clock: Clock): Accounts => {
  const accounts = makeCollection<Account>(grants, 'account', ({ email }) => ({ alias: sameEmail(email) }));
  const known = ({ key, value }: Pick<Kept<Account>, 'key' | 'value'>): KnownAccount => ({ ...value, id: key });
  return {
    get: async (id) => {
      const value = await accounts.get(id);
      return value === undefined ? undefined : known({ key: id, value });
    },
    byEmail: async (email) => {
      const found = await accounts.getByAlias(sameEmail(email));
      return found === undefined ? undefined : known(found);
    },
    add: async (given) => {
      const id = randomIds.resource();
      const value: Account = { verified: false, disabled: false, passkeys: [], recovery: [], ...given, email: given.email.trim(), created: clock.now() };
      await accounts.put(id, value);
      return known({ key: id, value });
    },
    change: async (id, change) => {
      const value = await accounts.change(id, change);
      return value === undefined ? undefined : known({ key: id, value });
    },
    all: async () => (await accounts.all()).map(known),
  };
};
