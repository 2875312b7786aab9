/**
 * By which names a Consent may mean someone who works here: the person, their roles and identifiers; their organizations and what
 * these are part of, their care teams, their kinds of work (https://hl7.org/fhir/R4/consent.html#provision).
 */
import { identifiedName } from '../../access/consent/provision.js';
import type { Clock } from '../../core/clock.js';
import { keepNewest } from '../../core/keep-newest.js';
import type { Registry } from '../../search/registry.js';
import type { IndexEntry } from '../../store/index-entry.js';
import type { Version } from '../../store/resource.js';
import type { Store } from '../../store/store.js';
import type { Follower } from './feed.js';
import { findEach } from './find-each.js';
import { identityTypes, readIdentity, targetsIn } from './identity.js';

export interface BelongingParts {
  readonly store: Pick<Store, 'read' | 'search'>;
  readonly registry: Registry;
  readonly clock: Clock;
}

export interface Belonging {
  readonly person: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
  /** When it may change by itself, milliseconds since 1970. */
  readonly until: number;
}

interface Known extends Belonging {
  /** `Type/id` of whatever may change it. */
  readonly sources: ReadonlySet<string>;
  /** The person and their roles, as a care team may name them. */
  readonly members: ReadonlySet<string>;
}

export interface BelongingMemory extends Follower {
  /** Resolves with the names of `Type/id`: the same object as long as nothing was written that could change them. */
  of(fhirUser: string): Promise<Belonging>;
}

const most = 20_000;
/** Organizations are parts of others up to this height. */
const highest = 10;
const types: ReadonlySet<string> = new Set([...identityTypes, 'Organization']);

/** Returns the memory; the store is only read by it. */
export const makeBelongingMemory = (parts: () => BelongingParts): BelongingMemory => {
  const known = new Map<string, Known>();
  const loading = new Map<string, Promise<Known>>();
  /** What was stored while somebody is being read. */
  const meanwhile = new Map<string, Change[]>();
  const load = async (fhirUser: string): Promise<Known> => {
    for (;;) {
      meanwhile.set(fhirUser, []);
      const found = await readBelonging(parts(), fhirUser);
      const taken = meanwhile.get(fhirUser)?.reduce<Known | undefined>((one, change) => one && takeIn(one, change, parts().clock.now()), found);
      if (taken !== undefined) return taken;
    }
  };
  const read = (fhirUser: string): Promise<Known> => {
    const running = loading.get(fhirUser) ?? load(fhirUser).then((found) => {
      keepNewest(known, { key: fhirUser, value: found, most });
      return found;
    }).finally(() => {
      loading.delete(fhirUser);
      meanwhile.delete(fhirUser);
    });
    loading.set(fhirUser, running);
    return running;
  };
  return {
    of: async (fhirUser) => {
      const remembered = known.get(fhirUser);
      if (remembered === undefined || remembered.until <= parts().clock.now()) return read(fhirUser);
      known.delete(fhirUser);
      known.set(fhirUser, remembered);
      return remembered;
    },
    changed: (versions) => {
      const now = parts().clock.now();
      for (const version of versions.filter(({ type }) => types.has(type))) {
        const change = changeOf(parts().registry, version);
        for (const list of meanwhile.values()) list.push(change);
        for (const [fhirUser, one] of known) {
          const taken = takeIn(one, change, now);
          if (taken === undefined) known.delete(fhirUser);
          else if (taken !== one) known.set(fhirUser, taken);
        }
      }
    },
    forget: () => {
      known.clear();
      // Whoever is being read was begun before: they are read again.
      meanwhile.clear();
    },
  };
};

interface Change {
  readonly type: string;
  readonly name: string;
  /** None of a delete. */
  readonly entries: readonly IndexEntry[];
  readonly references: ReadonlySet<string>;
}

const changeOf = (registry: Registry, { type, id, body }: Version): Change => {
  const entries = body === undefined ? [] : registry.extract(JSON.parse(body) as Value);
  return { type, name: `${type}/${id}`, entries, references: new Set(entries.flatMap((entry) => (entry.kind === 'reference' ? [entry.target] : []))) };
};

/** Returns what is known with a written resource taken in, the same object where nothing is different; undefined: it has to be read anew. Somebody may be on thousands of teams, so one more is no reason. */
const takeIn = (one: Known, { type, name, entries, references }: Change, now: number): Known | undefined => {
  if (!one.sources.has(name) && ![...references].some((each) => one.sources.has(each))) return one;
  if (type !== 'CareTeam') return undefined;
  const isNamed = entries.some((entry) => entry.kind === 'reference' && entry.param === 'participant' && one.members.has(entry.target));
  const isActive = entries.some((entry) => entry.kind === 'token' && entry.param === 'status' && entry.code === 'active');
  const { isNow, until } = isNamed && isActive ? periodIn(entries, now) : { isNow: false, until: Infinity };
  if (isNow === one.groups.has(name) && until >= one.until) return one;
  const groups = new Set(one.groups);
  if (isNow) groups.add(name);
  else groups.delete(name);
  return { ...one, groups, sources: new Set([...one.sources, name]), until: Math.min(one.until, until) };
};

const periodIn = (entries: readonly IndexEntry[], now: number): { readonly isNow: boolean; readonly until: number } => {
  const periods = entries.flatMap((entry) => (entry.kind === 'date' && entry.param === 'date' ? [entry] : []));
  const borders = periods.flatMap(({ low, high }) => [low, high + 1]).filter((border) => border > now);
  return { isNow: periods.every(({ low, high }) => low <= now && now <= high), until: Math.min(Infinity, ...borders) };
};

type Value = Readonly<Record<string, unknown>>;

/** Care teams of one patient too: they lend no reach, but a Consent may mean them. */
const readTeams = async ({ store, registry, clock }: BelongingParts, targets: readonly string[]): Promise<{ readonly names: readonly string[]; readonly until: number }> => {
  const names: string[] = [];
  let until = Infinity;
  if (targets.length === 0) return { names, until };
  const where = { op: 'and', of: [{ op: 'reference', param: 'participant', targets }, { op: 'token', param: 'status', code: 'active' }] } as const;
  const now = clock.now();
  await findEach(store, { types: ['CareTeam'], where }, ({ id, body = '{}' }) => {
    const team = JSON.parse(body) as Value;
    // Most have no period, and somebody may be in thousands.
    const period = periodIn(team['period'] === undefined ? [] : registry.extract(team), now);
    until = Math.min(until, period.until);
    if (period.isNow) names.push(`CareTeam/${id}`);
  });
  return { names, until };
};

const readBelonging = async ({ store, registry, clock }: BelongingParts, fhirUser: string): Promise<Known> => {
  const { names, sources, until } = await readIdentity({ store, registry, now: clock.now() }, fhirUser);
  const members = new Set([...names.practitioner, ...names.role]);
  const teams = await readTeams({ store, registry, clock }, [...members]);
  const found = { members, person: new Set([fhirUser, ...names.practitioner, ...names.role]), groups: new Set([...names.organization, ...teams.names]), sources: new Set([fhirUser, ...sources, ...teams.names, ...names.practitioner, ...names.role]) };
  const entriesOf = async (name: string): Promise<readonly IndexEntry[]> => {
    const [type = '', id = ''] = name.split('/');
    const version = await store.read({ type, id });
    found.sources.add(name);
    return version?.body === undefined ? [] : registry.extract(JSON.parse(version.body) as Value);
  };
  const identified = (entries: readonly IndexEntry[], params: readonly string[]): string[] =>
    entries.flatMap((entry) => (entry.kind === 'token' && params.includes(entry.param) && entry.code !== undefined ? [identifiedName(entry.system ?? '', entry.code)] : []));
  for (const name of names.practitioner) for (const one of identified(await entriesOf(name), ['identifier'])) found.person.add(one);
  for (const name of names.role) {
    const entries = await entriesOf(name);
    for (const one of identified(entries, ['identifier'])) found.person.add(one);
    for (const one of identified(entries, ['role', 'specialty'])) found.groups.add(one);
  }
  let level: readonly string[] = names.organization;
  for (let height = 0; level.length > 0 && height < highest; height += 1) {
    const above: string[] = [];
    for (const name of level) above.push(...targetsIn(await entriesOf(name), 'partof').filter((each) => !found.groups.has(each)));
    for (const name of above) found.groups.add(name);
    level = above;
  }
  return { ...found, until: Math.min(until, teams.until) };
};
