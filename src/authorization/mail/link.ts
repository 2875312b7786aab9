/** Links that prove an address: random, good once and for a time, kept by their hash like every record. */
import type { Clock } from '../../core/clock.js';
import { randomSecret } from '../../core/id.js';
import type { GrantStore } from '../../store/grant.js';
import type { Role } from '../account/role.js';
import { makeCollection, type Collection } from '../grant/collection.js';
import { mountPath } from '../option.js';

/** What opening the link and choosing a password does. */
export type LinkPurpose =
  | { readonly kind: 'reset'; readonly account: string }
  | { readonly kind: 'sign-up'; readonly email: string; readonly name: string; readonly role: Role; readonly fhirUser: string }
  | { readonly kind: 'email'; readonly account: string; readonly email: string };

export type Link = LinkPurpose & { readonly expires: number };

export interface Links {
  readonly kept: Collection<Link>;
  /** Resolves with the path of a new link. */
  make(purpose: LinkPurpose, minutes: number): Promise<string>;
}

export const makeLinks = (grants: GrantStore, clock: Clock): Links => {
  const kept = makeCollection<Link>(grants, 'link', ({ expires }) => ({ expires }));
  return {
    kept,
    make: async (purpose, minutes) => {
      const token = randomSecret();
      await kept.put(token, { ...purpose, expires: clock.now() + minutes * 60_000 });
      return `${mountPath}/link/${token}`;
    },
  };
};
