/**
 * What someone who works here reaches: the records of the patients that the rules say; what is the clinic's own; and of what names no
 * patient at all, what they have made or what is of their organization (https://hl7.org/fhir/R4/compartmentdefinition-practitioner.html).
 */
import { compartmentParams } from '../fhir/definitions.js';
import { anyOf } from '../search/predicate.js';
import type { Registry } from '../search/registry.js';
import type { Predicate } from '../store/plan.js';
import { nothing, ownedBy, recordOf } from './compartment.js';
import { relationSearch, type ActorNames } from './relation.js';
import type { Permission } from './scope.js';
import { patientIds, type PersonReach } from './standing.js';

export interface WorkAsk {
  readonly registry: Registry;
  readonly type: string;
  readonly permission: Permission;
}

/** Returns what a resource of the type must satisfy; `none` where the role has nothing to do with the type, whatever is stored. Without a reach nothing is within it. */
export const workReach = (ask: WorkAsk, reach: PersonReach | undefined): 'all' | 'none' | Predicate => {
  if (reach === undefined) return nothing;
  const { registry, type, permission } = ask;
  const own = ofPatients(registry, type, patientIds(reach));
  if (type === 'Patient') return permission === 'c' ? registered(registry, reach) : own ?? nothing;
  if (reach.work.clinic.has(type)) return clinicReach(ask, reach, own);
  const names = makersOf(registry, type, reach);
  if (own === undefined && names === undefined) return 'none';
  return anyOf([own ?? nothing, ...(names === undefined ? [] : [{ op: 'and' as const, of: [names, ...namesNoPatient(registry, type)] }])]);
};

/** A type outside of the compartment that has a parameter `patient` is held to that one. */
const ofPatients = (registry: Registry, type: string, patients: readonly string[]): Predicate | undefined =>
  ownedBy(registry, type, patients) ?? recordOf(registry, type, patients);

/** A new patient must be one that the person reaches by what the resource itself says. */
const registered = (registry: Registry, { self, organizations, work }: PersonReach): Predicate => {
  const of = (type: string): readonly string[] => self.filter((name) => name.startsWith(`${type}/`));
  const names: ActorNames = { practitioner: of('Practitioner'), role: of('PractitionerRole'), organization: organizations, team: [], group: [] };
  const rules = work.relations.filter(({ patient }) => patient === '_id');
  return anyOf([nothing, ...rules.flatMap((rule) => relationSearch(registry, rule, { names, now: 0 }) ?? [])]);
};

const isWrite = (permission: Permission): boolean => permission !== 'r' && permission !== 's';

/** Whoever keeps a type keeps the roles of their own organization only: a role is what gives reach. */
const clinicReach = ({ registry, type, permission }: WorkAsk, { work, organizations }: PersonReach, own: Predicate | undefined): 'all' | 'none' | Predicate => {
  if (isWrite(permission) && !work.keeps.has(type)) return 'none';
  if (isWrite(permission) && type === 'PractitionerRole') return organizations.length === 0 ? nothing : { op: 'reference', param: 'organization', targets: organizations };
  if (own === undefined) return 'all';
  const none = namesNoPatient(registry, type);
  return none.length === 0 ? 'all' : anyOf([own, none.length === 1 ? none[0] ?? nothing : { op: 'and', of: none }]);
};

/** Who makes resources of types that have no place in the compartment of a practitioner. */
const makers: Readonly<Record<string, readonly string[]>> = { Task: ['owner', 'requester'], Contract: ['signer'], MeasureReport: ['reporter'], ImagingStudy: ['performer', 'interpreter'], Consent: ['consentor'], Goal: [] };
/** Parameters that say of which organization something is. */
const keepers = ['organization', 'custodian', 'managing-entity'];

const makersOf = (registry: Registry, type: string, { self, organizations }: PersonReach): Predicate | undefined => {
  const parameters = registry.parametersOf(type);
  const by = (codes: readonly string[], targets: readonly string[]): Predicate[] =>
    (targets.length === 0 ? [] : codes.flatMap((code) => parameters.get(code)?.sources ?? []).map(({ param }): Predicate => ({ op: 'reference', param, targets })));
  const codes = [...compartmentParams('Practitioner', type).filter((code) => parameters.get(code)?.type === 'reference'), ...(makers[type] ?? [])];
  const owners = keepers.filter((code) => parameters.get(code)?.type === 'reference');
  if (codes.length === 0 && owners.length === 0) return undefined;
  return anyOf([nothing, ...by(codes, self), ...by(owners, organizations)]);
};

/** Returns that none of the parameters of R4 leads from the resource to a patient. */
const namesNoPatient = (registry: Registry, type: string): Predicate[] =>
  [...registry.parametersOf(type).values()]
    .filter(({ code, type: kind, targets, sources, pending }) => kind === 'reference' && pending === undefined && (targets.length === 0 || targets.includes('Patient')) && sources.some(({ param }) => param === code))
    .map(({ code }): Predicate => ({ op: 'not', of: { op: 'refers', param: code, type: 'Patient' } }));
