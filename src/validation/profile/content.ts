/**
 * What R4 expects of content without making it a rule, told as warnings: codes of extensible bindings outside of profiles
 * (https://hl7.org/fhir/R4/terminologies.html#extensible; whether none of the value set fits only a person can tell), codes that
 * their system does not have, canonicals that are not absolute (https://hl7.org/fhir/R4/references.html#canonical).
 */
import { elementsOf, type NamedElement } from '../../fhir/definitions.js';
import { PathNode } from '../../fhir/expression/node.js';
import { isObject, type JsonObject } from '../checks.js';
import { bindable, codesIn, shown } from './binding.js';
import type { ProfileRun } from './run.js';

interface Member {
  /** Without the type of a choice. */
  readonly name: string;
  readonly type: string;
  readonly valueSet: string | undefined;
  readonly isCoded: boolean;
  /** The type to go on in, where something inside of it is looked at. */
  readonly inside: string | undefined;
}

type Members = ReadonlyMap<string, Member>;
const none: Members = new Map();

const boundSet = ({ binding, type }: NamedElement): string | undefined => (binding?.strength === 'extensible' && bindable.has(type?.code ?? '') ? binding.valueSet : undefined);

const coded: ReadonlySet<string> = new Set(['CodeableConcept', 'Coding', 'Quantity', 'Age', 'Count', 'Distance', 'Duration', 'SimpleQuantity']);
const isLookedAt = (element: NamedElement): boolean => boundSet(element) !== undefined || coded.has(element.type?.code ?? '') || element.type?.code === 'canonical';

/** Whether something inside of the type is looked at; resources inside of it are for themselves. */
const isOfUse = (type: string, seen: ReadonlySet<string>): boolean => {
  if (type === '' || seen.has(type)) return false;
  const within = new Set([...seen, type]);
  return [...elementsOf(type).values()].some((element) => isLookedAt(element) || isOfUse(element.children ?? '', within));
};

const known = new Map<string, Members>();

const membersOf = (type: string): Members => {
  const found = known.get(type);
  if (found !== undefined) return found;
  const made = new Map([...elementsOf(type)].flatMap(([key, element]): [string, Member][] => {
    const { children } = element;
    const type = element.type?.code ?? '';
    const isDeeper = children !== undefined && isOfUse(children, new Set());
    return !isLookedAt(element) && !isDeeper ? [] : [[key, { name: element.name, type: children ?? type, valueSet: boundSet(element), isCoded: coded.has(type), inside: isDeeper ? children : undefined }]];
  }));
  const members = made.size === 0 ? none : made;
  known.set(type, members);
  return members;
};

interface Walk {
  readonly run: ProfileRun;
  readonly at: string;
  readonly path: (string | number)[];
}

/** Adds what is to be said of the content of a resource. The structure of the resource must have been found right. */
export const checkContents = (run: ProfileRun, resource: JsonObject, at: string): void => {
  walkMembers(resource, membersOf(run.resource.type), { run, at, path: [] });
};

const walkMembers = (value: JsonObject, members: Members, walk: Walk): void => {
  for (const key in value) {
    if (key.charCodeAt(0) === 95) {
      walkExtensions(value[key], key.slice(1), walk);
      continue;
    }
    const member = members.get(key);
    if (member === undefined) continue;
    const child = value[key];
    walk.path.push(member.name);
    if (Array.isArray(child)) {
      for (let index = 0; index < child.length; index += 1) {
        walk.path.push(index);
        checkItem(child[index], member, walk);
        walk.path.pop();
      }
    } else checkItem(child, member, walk);
    walk.path.pop();
  }
};

/** The elements beside primitives have extensions at most. */
const walkExtensions = (value: unknown, name: string, walk: Walk): void => {
  for (const [index, item] of (Array.isArray(value) ? (value as unknown[]) : [value]).entries()) {
    if (!isObject(item) || item['extension'] === undefined) continue;
    walk.path.push(name, ...(Array.isArray(value) ? [index] : []));
    walkMembers(item, membersOf('Element'), walk);
    walk.path.length -= Array.isArray(value) ? 2 : 1;
  }
};

const checkItem = (value: unknown, { type, valueSet, isCoded, inside }: Member, walk: Walk): void => {
  if (value === null || value === undefined) return;
  if (isCoded) checkSystems(value, type, walk);
  else if (type === 'canonical') checkCanonical(value, walk);
  if (valueSet !== undefined) checkCodes(value, { type, valueSet }, walk);
  if (inside !== undefined && isObject(value)) walkMembers(value, membersOf(inside), walk);
};

const placeOf = ({ at, path }: Walk): string => path.reduce<string>((text, step) => (typeof step === 'number' ? `${text}[${String(step)}]` : `${text}.${step}`), at);

/** Systems whose codes are looked up; others would be asked of the store with each new name a client thinks of. */
const lookedUp = /^http:\/\/(?:(?:terminology\.)?hl7\.org\/|unitsofmeasure\.org$|loinc\.org$|snomed\.info\/sct$)/;

const checkSystems = (value: unknown, type: string, walk: Walk): void => {
  // A Coding inside of a CodeableConcept is met on the way.
  if (type === 'CodeableConcept') return;
  for (const { system, code } of codesIn(new PathNode(value, type))) {
    if (system === undefined || !lookedUp.test(system)) continue;
    const { result, message } = walk.run.ask({ system, code });
    if (result !== 'out') continue;
    const place = placeOf(walk);
    walk.run.issues.push({ severity: 'warning', code: 'code-invalid', diagnostics: `${place}: ${message ?? `"${code}" is not a code of ${system}.`}`, expression: place });
  }
};

const absolute = /^(?:[a-z][a-z0-9+.-]*:|#)/i;

const checkCanonical = (value: unknown, walk: Walk): void => {
  if (typeof value !== 'string' || absolute.test(value)) return;
  const place = placeOf(walk);
  walk.run.issues.push({ severity: 'warning', code: 'value', diagnostics: `${place}: "${value.slice(0, 100)}" is no absolute URL, so that it means nothing elsewhere`, expression: place });
};

const checkCodes = (value: unknown, { type, valueSet }: { readonly type: string; readonly valueSet: string }, walk: Walk): void => {
  const { run } = walk;
  const codes = codesIn(new PathNode(value, type));
  let unknown: string | undefined;
  for (const coded of codes) {
    const { result, message } = run.ask({ ...coded, valueSet });
    if (result === 'in') return;
    if (result === 'unknown') unknown = message ?? '';
  }
  if (codes.length === 0 || (unknown !== undefined && !run.thorough)) return;
  const place = placeOf(walk);
  const text = unknown === undefined ? `${shown(codes)} is not in ${valueSet}; another code is right only where none of it fits` : `cannot be checked against ${valueSet}${unknown === '' ? '' : `: ${unknown}`}`;
  run.issues.push({ severity: unknown === undefined ? 'warning' : 'information', code: unknown === undefined ? 'code-invalid' : 'not-supported', diagnostics: `${place}: ${text}`, expression: place });
};
