/** The rules of a deployment, read from its own file: JSON of the shape of `rules.ts`, of which each part may be left out (docs/access.md). */
import { isResourceType } from '../fhir/definitions.js';
import type { Registry } from '../search/registry.js';
import type { ActorKind, RelationRule } from './relation.js';
import { defaultRules, type AccessRules, type RoleRules, type WorkRole } from './rules.js';

/** The file is wrong; the message says where and how it is mended. */
export class RulesFault extends Error {}

type Value = Readonly<Record<string, unknown>>;
const kinds: ReadonlySet<string> = new Set<ActorKind>(['practitioner', 'role', 'team', 'organization']);
const roleNames: readonly WorkRole[] = ['practitioner', 'staff', 'admin'];

const fail = (place: string, expected: string): never => { throw new RulesFault(`${place} must be ${expected}.`); };
const object = (value: unknown, place: string, known: readonly string[]): Value => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(place, 'an object');
  const stranger = Object.keys(value).find((name) => !known.includes(name));
  return stranger === undefined ? value as Value : fail(`${place}.${stranger}`, `left out: only ${known.join(', ')} are known there`);
};
const text = (value: unknown, place: string): string => (typeof value === 'string' && value !== '' ? value : fail(place, 'a text'));
const texts = (value: unknown, place: string): readonly string[] => (Array.isArray(value) ? value.map((each, index) => text(each, `${place}[${String(index)}]`)) : fail(place, 'a list of texts'));
const days = (value: unknown, place: string): number => (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 36_500 ? value : fail(place, 'a whole number of days from 0 to 36500'));

/** Returns the rules of the file, those of the product where it has none; throws RulesFault. */
export const readRules = (registry: Registry, file: string): AccessRules => {
  const all = object(parsed(file), 'the file', ['relations', 'roles', 'clinic']);
  const relations = all['relations'] === undefined ? defaultRules.relations : listOf(all['relations']).map((one, index) => relation(registry, one, `relations[${String(index)}]`));
  const clinic = all['clinic'] === undefined ? defaultRules.clinic : texts(all['clinic'], 'clinic');
  const roles = all['roles'] === undefined ? {} : object(all['roles'], 'roles', roleNames);
  const names = new Set(relations.map(({ name }) => name));
  if (names.size < relations.length) fail('relations', 'rules with names of their own, each once');
  const role = (name: WorkRole): RoleRules => roleOf(roles[name], { place: `roles.${name}`, names, usual: defaultRules.roles[name] });
  for (const type of clinic) if (!isResourceType(type)) fail('clinic', `a list of resource types; ${type} is none`);
  return { relations, clinic, roles: { practitioner: role('practitioner'), staff: role('staff'), admin: role('admin') } };
};

const parsed = (file: string): unknown => {
  try {
    return JSON.parse(file);
  } catch (error) {
    throw new RulesFault(`It is not JSON: ${String(error)}`, { cause: error });
  }
};

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value as readonly unknown[] : fail('relations', 'a list'));

interface RoleAbout {
  readonly place: string;
  readonly names: ReadonlySet<string>;
  readonly usual: RoleRules;
}

const roleOf = (value: unknown, { place, names, usual }: RoleAbout): RoleRules => {
  const given = value === undefined ? {} : object(value, place, ['patients', 'keeps']);
  const patients = given['patients'] === 'all' ? 'all' : given['patients'] === undefined ? usual.patients : texts(given['patients'], `${place}.patients`);
  const stranger = patients === 'all' ? undefined : patients.find((name) => !names.has(name));
  if (stranger !== undefined) fail(`${place}.patients`, `"all" or names of relations; there is none called ${stranger}`);
  return { patients, keeps: given['keeps'] === undefined ? usual.keeps : texts(given['keeps'], `${place}.keeps`) };
};

const relation = (registry: Registry, value: unknown, place: string): RelationRule => {
  const given = object(value, place, ['name', 'words', 'type', 'patient', 'actors', 'kinds', 'status', 'period']);
  const type = text(given['type'], `${place}.type`);
  if (!isResourceType(type)) fail(`${place}.type`, 'a resource type of R4');
  const parameters = registry.parametersOf(type);
  const param = (code: unknown, kind: string, at: string): string => (parameters.get(text(code, at))?.type === kind ? String(code) : fail(at, `a ${kind} parameter of ${type}`));
  const status = given['status'] === undefined ? undefined : object(given['status'], `${place}.status`, ['param', 'codes']);
  const period = given['period'] === undefined ? undefined : object(given['period'], `${place}.period`, ['param', 'daysBefore', 'daysAfter']);
  const named = texts(given['kinds'], `${place}.kinds`);
  if (!named.every((kind) => kinds.has(kind))) fail(`${place}.kinds`, `some of ${[...kinds].join(', ')}`);
  return {
    name: text(given['name'], `${place}.name`), words: text(given['words'], `${place}.words`), type,
    patient: given['patient'] === '_id' && type === 'Patient' ? '_id' : param(given['patient'], 'reference', `${place}.patient`),
    actors: texts(given['actors'], `${place}.actors`).map((code, index) => param(code, 'reference', `${place}.actors[${String(index)}]`)),
    kinds: named as readonly ActorKind[],
    ...(status === undefined ? {} : { status: { param: param(status['param'], 'token', `${place}.status.param`), codes: texts(status['codes'], `${place}.status.codes`) } }),
    ...(period === undefined ? {} : { period: { param: param(period['param'], 'date', `${place}.period.param`), daysBefore: days(period['daysBefore'], `${place}.period.daysBefore`), daysAfter: days(period['daysAfter'], `${place}.period.daysAfter`) } }),
  };
};
