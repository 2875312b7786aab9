/** What a transaction itself stores, found by criteria as if it were stored (https://hl7.org/fhir/R4/http.html#trules). */
import { matchesPlan, type Candidate } from '../search/matches.js';
import type { IndexEntry } from '../store/index-entry.js';
import type { Predicate } from '../store/plan.js';
import type { ResourceKey } from '../store/resource.js';
import type { Criteria } from './match.js';
import type { Identity } from './transaction-prepare.js';

export interface Twins {
  /** Takes an identity in, unless it is one of something that is there already. */
  add(identity: Identity): void;
  /** Returns those of the criteria's type that satisfy them. */
  matching(criteria: Criteria): readonly Identity[];
}

interface Twin {
  readonly identity: Identity;
  readonly key: ResourceKey;
  readonly entries: readonly IndexEntry[];
}

interface OfType {
  /** Not yet extracted: a transaction without conditions never pays for it. */
  fresh: Identity[];
  readonly all: Twin[];
  /** By parameter and code of a token entry. */
  readonly byToken: Map<string, Twin[]>;
}

/** Returns an empty set. Criteria with a token, as an identifier, cost the same however many twins there are. */
export const makeTwins = (): Twins => {
  const types = new Map<string, OfType>();
  const ofType = (type: string): OfType => {
    const own = types.get(type) ?? { fresh: [], all: [], byToken: new Map<string, Twin[]>() };
    types.set(type, own);
    return own;
  };
  const take = (own: OfType, identity: Identity): void => {
    const { key, prepared: { incoming, context } } = identity;
    if (key === undefined || incoming === undefined) return;
    const twin = { identity, key, entries: context.service.registry.extract(incoming.value) };
    own.all.push(twin);
    for (const name of new Set(twin.entries.flatMap((entry) => (entry.kind === 'token' && entry.code !== undefined ? [tokenName(entry.param, entry.code)] : [])))) {
      const same = own.byToken.get(name);
      if (same === undefined) own.byToken.set(name, [twin]);
      else same.push(twin);
    }
  };
  return {
    add: (identity) => {
      if (identity.key !== undefined && !identity.found) ofType(identity.key.type).fresh.push(identity);
    },
    matching: ({ type, planned: { plan: { where } } }) => {
      const own = ofType(type);
      for (const identity of own.fresh) take(own, identity);
      own.fresh = [];
      if (where === undefined) return [];
      const token = neededToken(where);
      const candidates = token === undefined ? own.all : own.byToken.get(token) ?? [];
      return candidates.filter((twin) => matchesPlan(where, candidateOf(twin))).map(({ identity }) => identity);
    },
  };
};

const candidateOf = ({ identity: { prepared: { context } }, key, entries }: Twin): Candidate => ({ ...key, updated: context.service.clock.now(), entries });

const tokenName = (param: string, code: string): string => `${param} ${code}`;

/** Returns the name of a token without which the predicate is never satisfied. */
const neededToken = (where: Predicate): string | undefined => {
  if (where.op === 'token') return where.code === undefined ? undefined : tokenName(where.param, where.code);
  return where.op === 'and' ? where.of.map(neededToken).find((token) => token !== undefined) : undefined;
};
