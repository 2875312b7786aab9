/**
 * Whose records people who work here reach, remembered per person: read from the store once, and kept in step by the feed. A written
 * resource is held against the rules by itself, so that the next request of whoever it concerns already knows of it.
 */
import type { PersonReach } from '../../access/standing.js';
import { relationOf, relationSearch, type Relation } from '../../access/relation.js';
import type { WorkRules } from '../../access/rules.js';
import type { Clock } from '../../core/clock.js';
import type { Registry } from '../../search/registry.js';
import type { IndexEntry } from '../../store/index-entry.js';
import type { Version } from '../../store/resource.js';
import type { Store } from '../../store/store.js';
import type { Follower } from './feed.js';
import { findEach } from './find-each.js';
import { mayChange, readIdentity, type Identity } from './identity.js';

export interface PeopleParts {
  readonly store: Pick<Store, 'read' | 'search'>;
  readonly registry: Registry;
  readonly clock: Clock;
}

export interface People extends Follower {
  /** Resolves with whom someone reaches by these rules now: the same object as long as it is the same. */
  reachOf(fhirUser: string, rules: WorkRules): Promise<PersonReach>;
}

interface Known {
  readonly fhirUser: string;
  readonly rules: WorkRules;
  readonly identity: Identity;
  /** By `Type/id` of the resource that makes it. */
  readonly relations: Map<string, readonly Relation[]>;
  reach: PersonReach;
  /** When the reach must be put together anew, milliseconds since 1970. */
  until: number;
}

/** Relations remembered of all people together; the people asked for longest ago are forgotten. */
const most = 500_000;

/** Returns the memory; the store is only read by it. */
export const makePeople = (parts: () => PeopleParts): People => {
  const known = new Map<string, Known>();
  const loading = new Map<string, Promise<Known>>();
  /** What was stored while someone is being read. */
  const meanwhile = new Map<string, Change[]>();

  const load = async (key: string, fhirUser: string, rules: WorkRules): Promise<Known> => {
    for (;;) {
      meanwhile.set(key, []);
      const person = await readPerson(parts(), fhirUser, rules);
      const missed = meanwhile.get(key);
      // Whoever may be somebody else by now is read again.
      if (missed?.every((change) => takeIn(parts(), person, change)) === true) return person;
    }
  };
  const personOf = (key: string, fhirUser: string, rules: WorkRules): Promise<Known> => {
    const running = loading.get(key) ?? load(key, fhirUser, rules).then((person) => {
      known.set(key, person);
      forgetOldest(known);
      return person;
    }).finally(() => {
      loading.delete(key);
      meanwhile.delete(key);
    });
    loading.set(key, running);
    return running;
  };

  return {
    reachOf: async (fhirUser, rules) => {
      const key = `${fhirUser} ${rules.relations.map(({ name }) => name).join(' ')}`;
      const now = parts().clock.now();
      const found = known.get(key);
      const person = found !== undefined && found.identity.until > now ? found : await personOf(key, fhirUser, rules);
      known.delete(key);
      known.set(key, person);
      if (person.until <= now) putTogether(person, now);
      return person.reach;
    },
    changed: (versions) => {
      for (const version of versions) {
        const change = changeOf(parts().registry, version);
        for (const list of meanwhile.values()) list.push(change);
        for (const [key, person] of known) if (!takeIn(parts(), person, change)) known.delete(key);
      }
    },
    forget: () => {
      known.clear();
      // Whoever is being read was begun before: it is read again.
      for (const key of meanwhile.keys()) meanwhile.delete(key);
    },
  };
};

interface Change {
  readonly version: Version;
  readonly name: string;
  /** What is indexed of it, read when somebody needs it; none of a delete. */
  readonly entries: () => readonly IndexEntry[];
}

const changeOf = (registry: Registry, version: Version): Change => {
  let read: readonly IndexEntry[] | undefined;
  return {
    version, name: `${version.type}/${version.id}`,
    entries: () => (read ??= version.body === undefined ? [] : registry.extract(JSON.parse(version.body) as Record<string, unknown>)),
  };
};

const readPerson = async ({ store, registry, clock }: PeopleParts, fhirUser: string, rules: WorkRules): Promise<Known> => {
  const now = clock.now();
  const identity = await readIdentity({ store, registry, now }, fhirUser);
  const person: Known = { fhirUser, rules, identity, relations: new Map(), reach: { work: rules, self: selfOf(fhirUser, identity), organizations: identity.names.organization, patients: new Map() }, until: -Infinity };
  for (const rule of rules.relations) {
    const where = relationSearch(registry, rule, { names: identity.names, now });
    if (where === undefined) continue;
    await findEach(store, { types: [rule.type], where }, (version) => { takeRelations({ registry }, person, changeOf(registry, version)); });
  }
  return person;
};

const selfOf = (fhirUser: string, { names: { practitioner, role } }: Identity): readonly string[] => [...new Set([...practitioner, ...role, ...(fhirUser.startsWith('Person/') && practitioner.length + role.length > 0 ? [fhirUser] : [])])];

/** Takes a written resource in; returns false where it may make the person another one, who has to be read anew. */
const takeIn = (parts: Pick<PeopleParts, 'registry'>, person: Known, change: Change): boolean => {
  const { version: { type }, name } = change;
  if (mayChange(person.identity, { type, name, entries: change.entries })) return false;
  takeRelations(parts, person, change);
  return true;
};

const takeRelations = ({ registry }: Pick<PeopleParts, 'registry'>, person: Known, { version: { type, id }, name, entries }: Change): void => {
  const rules = person.rules.relations.filter((rule) => rule.type === type);
  if (rules.length === 0) return;
  const found = rules.flatMap((rule) => relationOf(registry, rule, { id, entries: entries(), names: person.identity.names }) ?? []);
  if (found.length === 0 && !person.relations.delete(name)) return;
  if (found.length > 0) person.relations.set(name, found);
  person.until = -Infinity;
};

/** What holds now, and until when it does; the former object stays where nothing is different. */
const putTogether = (person: Known, now: number): void => {
  const patients = new Map<string, string[]>();
  let until = Infinity;
  for (const relation of [...person.relations.values()].flat()) {
    for (const border of [relation.from, relation.until]) if (border > now) until = Math.min(until, border);
    if (relation.from > now || relation.until <= now) continue;
    for (const patient of relation.patients) {
      const rules = patients.get(patient);
      if (rules === undefined) patients.set(patient, [relation.rule]);
      else if (!rules.includes(relation.rule)) rules.push(relation.rule);
    }
  }
  person.until = until;
  if (!isSame(person.reach.patients, patients)) person.reach = { ...person.reach, patients };
};

const isSame = (a: ReadonlyMap<string, readonly string[]>, b: ReadonlyMap<string, readonly string[]>): boolean =>
  a.size === b.size && [...b].every(([patient, rules]) => { const own = a.get(patient); return own?.length === rules.length && rules.every((rule) => own.includes(rule)); });

const forgetOldest = (known: Map<string, Known>): void => {
  let sum = 0;
  for (const { relations } of known.values()) sum += relations.size + 1;
  for (const [key, { relations }] of known) {
    if (sum <= most || known.size === 1) return;
    known.delete(key);
    sum -= relations.size + 1;
  }
};
