/**
 * The Consents of many patients as what one viewer is not shown of each type. Patients whose Consents come to the same are taken
 * together, so that thousands of them are a few predicates with lists of patients. The rules: docs/consent.md.
 */
import type { Registry } from '../../search/registry.js';
import { recordOf } from '../compartment.js';
import type { Permission } from '../scope.js';
import { concerned } from './concern.js';
import { either, every, not, type Fact } from './fact.js';
import type { Provision } from './provision.js';
import { deedOf, impliedPurposes, outranks, regions, rulesOf, type Deed, type Region, type Rule, type Viewpoint } from './rule.js';

/** The Consents in force of each patient, by id. Equal ones are one object, so that they are worked out once. */
export type ConsentsByPatient = ReadonlyMap<string, readonly Provision[]>;

export interface ConsentViewer {
  readonly viewpoint: Viewpoint;
  /** Patients whose own token it is. */
  readonly own: ReadonlySet<string>;
  /** Patients whose record is open to the viewer by break-glass. */
  readonly emergency: ReadonlySet<string>;
  /** Patients whom nothing but a permit lets the viewer reach. */
  readonly onlyPermitted: ReadonlySet<string>;
}

export interface ConsentView {
  /** Returns what is withheld of a type. */
  readonly withheld: (type: string, permission: Permission) => Fact;
  /** Returns where a permit that names the viewer, and labels, shows what a label would hide. */
  readonly lifted: (type: string, permission: Permission) => Fact;
  /** When a period begins or ends next, in milliseconds since 1970. */
  readonly until: number;
}

interface Outcome {
  readonly withheld: Region;
  readonly lifted: Region;
}

interface Group {
  readonly patients: string[];
  readonly outcome: Readonly<Record<Deed, Outcome>>;
}

const deeds: readonly Deed[] = ['look', 'change', 'add'];

/** Returns the view of the Consents; `related` is what the resources they name as `related` refer to. */
export const compileConsents = (consents: ConsentsByPatient, viewer: ConsentViewer, { registry, related }: { readonly registry: Registry; readonly related: ReadonlyMap<string, readonly string[]> }): ConsentView => {
  const groups = groupsOf(consents, viewer);
  const known = new Map<string, Fact>();
  const look = (kind: keyof Outcome, type: string, permission: Permission): Fact => {
    const deed = deedOf(permission);
    const name = `${kind} ${deed} ${type}`;
    const fact = known.get(name) ?? either(groups.map(({ patients, outcome }) => {
      const where = factOf(outcome[deed][kind], (concern, certainty) => concerned(concern, certainty, { registry, type, related }));
      return where === false ? false : every([recordOf(registry, type, patients) ?? false, where]);
    }));
    known.set(name, fact);
    return fact;
  };
  return {
    withheld: (type, permission) => look('withheld', type, permission),
    lifted: (type, permission) => look('lifted', type, permission),
    until: nextChange(consents, viewer.viewpoint.now),
  };
};

const factOf = (region: Region, leaf: (concern: Parameters<typeof concerned>[0], certainty: Parameters<typeof concerned>[1]) => Fact): Fact => {
  if (typeof region === 'boolean') return region;
  if ('concern' in region) return leaf(region.concern, region.certainty);
  if ('not' in region) return not(factOf(region.not, leaf));
  return 'all' in region ? every(region.all.map((one) => factOf(one, leaf))) : either(region.any.map((one) => factOf(one, leaf)));
};

const groupsOf = (consents: ConsentsByPatient, viewer: ConsentViewer): readonly Group[] => {
  const numbers = new Map<Provision, number>();
  const numberOf = (one: Provision): number => {
    const number = numbers.get(one) ?? numbers.size;
    numbers.set(one, number);
    return number;
  };
  const worked = new Map<string, Group>();
  const groups = new Map<string, Group>();
  for (const [patient, own] of consents) {
    const flags: Flags = { isOwn: viewer.own.has(patient), isEmergency: viewer.emergency.has(patient), isOnlyPermitted: viewer.onlyPermitted.has(patient) };
    const name = `${own.map(numberOf).sort((a, b) => a - b).join(' ')} ${JSON.stringify(flags)}`;
    let group = worked.get(name);
    if (group === undefined) {
      const outcome = outcomesOf(own, viewer.viewpoint, flags);
      const text = JSON.stringify(outcome);
      group = groups.get(text) ?? { patients: [], outcome };
      groups.set(text, group);
      worked.set(name, group);
    }
    group.patients.push(patient);
  }
  return [...groups.values()];
};

interface Flags {
  readonly isOwn: boolean;
  readonly isEmergency: boolean;
  readonly isOnlyPermitted: boolean;
}

const emergency = impliedPurposes(['BTG']);

const outcomesOf = (consents: readonly Provision[], usual: Viewpoint, flags: Flags): Group['outcome'] => {
  const viewpoint = flags.isEmergency ? { ...usual, purposes: emergency } : usual;
  const [look, change, add] = deeds.map((deed) => outcomeOf(consents.flatMap((one) => rulesOf(one, viewpoint, deed)), flags));
  if (look === undefined || change === undefined || add === undefined) throw new Error('a deed has no outcome');
  // What cannot be seen cannot be changed.
  return { look, change: { ...change, withheld: regions.any(look.withheld === change.withheld ? [look.withheld] : [look.withheld, change.withheld]) }, add };
};

const outcomeOf = (rules: readonly Rule[], flags: Flags): Outcome => {
  const permits = rules.filter(({ effect }) => effect === 'permit');
  const denials = rules.filter((rule) => rule.effect === 'deny' && binds(rule, flags));
  const refused = denials.map((denial) => regions.all([denial.where, regions.not(regions.any(permits.filter((permit) => outranks(permit, denial)).map(({ where }) => where)))]));
  const beyond = flags.isOnlyPermitted ? [regions.not(regions.any(permits.filter(({ namesPerson }) => namesPerson).map(({ where }) => where)))] : [];
  const lifting = permits.filter(({ ofLabels, closeness }) => ofLabels && closeness > 0).map(({ where }) => where);
  return { withheld: regions.any([...beyond, ...refused]), lifted: regions.any(lifting) };
};

/** What a patient denies to everyone is not denied to themselves; in an emergency only what is denied for emergencies is. */
const binds = ({ closeness, inEmergency }: Rule, { isOwn, isEmergency }: Flags): boolean =>
  (!isOwn || closeness > 0) && (!isEmergency || inEmergency);

/** Returns the ids of the patients who permit the person by name to look at something of their record. */
export const permittedTo = (consents: ConsentsByPatient, viewpoint: Viewpoint): ReadonlySet<string> => {
  const permits = new Map<Provision, boolean>();
  const isPermit = (one: Provision): boolean => {
    const known = permits.get(one) ?? rulesOf(one, viewpoint, 'look').some(({ effect, namesPerson }) => effect === 'permit' && namesPerson);
    permits.set(one, known);
    return known;
  };
  return new Set([...consents].flatMap(([patient, own]) => (own.some(isPermit) ? [patient] : [])));
};

/** Returns when a period of them begins or ends next; Infinity when none does. */
export const nextChange = (consents: ConsentsByPatient, now: number): number => {
  let next = Infinity;
  for (const one of new Set([...consents.values()].flat())) next = Math.min(next, changeOf(one, now));
  return next;
};

const changeOf = ({ period, exceptions }: Provision, now: number): number => {
  const own = period === undefined ? Infinity : now < period.low ? period.low : now <= period.high ? period.high + 1 : Infinity;
  return Math.min(own, ...exceptions.map((one) => changeOf(one, now)));
};

/** Returns the resources that the Consents name as `related`: what they refer to must be looked up. */
export const relatedNames = (consents: Iterable<Provision>): ReadonlySet<string> => {
  const names = new Set<string>();
  const gather = ({ concern, exceptions }: Provision): void => {
    for (const { meaning, reference } of concern.data ?? []) if (meaning === 'related') names.add(reference);
    exceptions.forEach(gather);
  };
  for (const one of consents) gather(one);
  return names;
};
