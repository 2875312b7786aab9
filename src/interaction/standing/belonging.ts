/**
 * By which names a Consent may mean someone who works here: the person, their roles and identifiers; their organizations and what
 * these are part of, their care teams, their kinds of work (https://hl7.org/fhir/R4/consent.html#provision).
 */
import { identifiedName } from '../../access/consent/provision.js';
import type { Clock } from '../../core/clock.js';
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
  readonly sources: ReadonlySet<string>;
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
  /** Rises with what is written, so that what was read meanwhile is read again. */
  let written = 0;
  const load = async (fhirUser: string): Promise<Known> => {
    for (;;) {
      const before = written;
      const found = await readBelonging(parts(), fhirUser);
      if (before === written) return found;
    }
  };
  const read = (fhirUser: string): Promise<Known> => {
    const running = loading.get(fhirUser) ?? load(fhirUser).then((found) => {
      known.set(fhirUser, found);
      const [oldest] = known.size > most ? known.keys() : [];
      if (oldest !== undefined) known.delete(oldest);
      return found;
    }).finally(() => { loading.delete(fhirUser); });
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
      const relevant = versions.filter(({ type }) => types.has(type));
      if (relevant.length === 0) return;
      written += 1;
      for (const version of relevant) {
        const names = new Set([`${version.type}/${version.id}`, ...referencesIn(parts().registry, version)]);
        for (const [fhirUser, { sources }] of known) if ([...names].some((name) => sources.has(name))) known.delete(fhirUser);
      }
    },
    forget: () => {
      written += 1;
      known.clear();
    },
  };
};

const referencesIn = (registry: Registry, { body }: Version): string[] =>
  (body === undefined ? [] : registry.extract(JSON.parse(body) as Value).flatMap((entry) => (entry.kind === 'reference' ? [entry.target] : [])));

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
    const periods = (team['period'] === undefined ? [] : registry.extract(team)).flatMap((entry) => (entry.kind === 'date' && entry.param === 'date' ? [entry] : []));
    for (const border of periods.flatMap(({ low, high }) => [low, high + 1])) if (border > now) until = Math.min(until, border);
    if (periods.every(({ low, high }) => low <= now && now <= high)) names.push(`CareTeam/${id}`);
  });
  return { names, until };
};

const readBelonging = async ({ store, registry, clock }: BelongingParts, fhirUser: string): Promise<Known> => {
  const { names, sources, until } = await readIdentity({ store, registry, now: clock.now() }, fhirUser);
  const teams = await readTeams({ store, registry, clock }, [...names.practitioner, ...names.role]);
  const found = { person: new Set([fhirUser, ...names.practitioner, ...names.role]), groups: new Set([...names.organization, ...teams.names]), sources: new Set([fhirUser, ...sources, ...teams.names, ...names.practitioner, ...names.role]) };
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
