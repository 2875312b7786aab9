/**
 * Finds everything that is wrong with the structure of a resource, in words
 * (https://hl7.org/fhir/R4/json.html, https://hl7.org/fhir/R4/conformance-rules.html). Slow beside the schema check:
 * it interprets the definitions, and runs only for what that check refused.
 */
import { nearName } from '../../core/near-name.js';
import type { Issue } from '../../core/error.js';
import { elementsOf, isResourceType, resourceTypes, type NamedElement } from '../../fhir/definitions.js';
import { isAttribute, isBare } from '../binding.js';
import { content, isObject, type JsonObject } from '../checks.js';
import { explainContained } from './contained.js';
import { unknownName, type Elements } from './names.js';
import { checkConcept, checkTarget } from './reference.js';
import { refuse, show, some, type Report } from './report.js';
import { checkList, valueFault } from './value.js';

/** Returns every structural fault of a resource; its paths begin with its type. */
export const explainStructure = (resource: JsonObject): Issue[] => {
  const issues: Issue[] = [];
  const type = resource['resourceType'];
  explainEntry(issues, resource, typeof type === 'string' ? type : 'Resource');
  return issues;
};

const explainEntry = (issues: Issue[], resource: unknown, at: string): void => {
  const report: Report = { issues, fragments: [], isContained: false };
  explainResource(report, resource, at);
  if (isObject(resource)) explainContained(report, resource, at);
};

const explainResource = (report: Report, resource: unknown, at: string): void => {
  if (!isObject(resource)) {
    refuse(report, at, { code: 'structure', text: `must be a resource, not ${show(resource)}` });
    return;
  }
  const type = resource['resourceType'];
  if (typeof type !== 'string' || !isResourceType(type)) {
    const near = typeof type === 'string' ? nearName(type, resourceTypes) : undefined;
    const hint = near === undefined ? '' : `, did you mean "${near}"?`;
    refuse(report, at, { code: 'structure', text: type === undefined ? 'resourceType is missing' : `${show(type)} is not a resource type of FHIR R4${hint}` });
    return;
  }
  explainMembers(report, resource, { at, type });
};

interface Place {
  readonly at: string;
  readonly type: string;
  /** Whether it is the `_name` of a value, so that an id is enough. */
  readonly isBeside?: boolean;
}

const explainMembers = (report: Report, value: JsonObject, { at, type, isBeside = false }: Place): void => {
  const elements = elementsOf(type);
  const seen = new Set<string>();
  for (const key of Object.keys(value)) {
    if (key === 'resourceType' && elements.has('implicitRules') && !type.includes('.')) continue;
    const bare = key.startsWith('_') ? key.slice(1) : key;
    const element = elements.get(bare);
    if (element === undefined || element.max === 0 || (bare !== key && (!isBare(element) || isAttribute(element)))) {
      refuse(report, `${at}.${key}`, { code: 'structure', text: unknownName(key, type, elements) });
      continue;
    }
    if (seen.has(bare)) continue;
    seen.add(bare);
    explainElement(report, { parent: value, key: bare, element, at: `${at}.${element.name}` });
  }
  explainPresence(report, elements, { seen, at });
  if (!content(value) && !elements.has('implicitRules') && !isBeside) refuse(report, at, { code: 'invariant', text: 'must not be empty: an element needs a value or elements (ele-1)' });
  if (type === 'Extension') explainExtension(report, value, at);
};

const explainExtension = (report: Report, value: JsonObject, at: string): void => {
  const hasValue = Object.keys(value).some((key) => /^_?value/.test(key));
  const hasExtension = value['extension'] !== undefined;
  if (hasValue === hasExtension) {
    refuse(report, at, { code: 'invariant', text: `must have either a value[x] or extensions, ${hasValue ? 'not both' : 'it has neither'} (ext-1)` });
  }
};

/** Reports elements that are missing, and choices made twice. */
const explainPresence = (report: Report, elements: Elements, { seen, at }: { readonly seen: ReadonlySet<string>; readonly at: string }): void => {
  const groups = new Map<string, string[]>();
  for (const [key, { name }] of elements) groups.set(name, [...(groups.get(name) ?? []), key]);
  for (const [name, keys] of groups) {
    const element = elements.get(keys[0] ?? '');
    const present = keys.filter((key) => seen.has(key));
    if (present.length > 1) refuse(report, `${at}.${name}`, { code: 'structure', text: `only one of ${present.join(' and ')} may be there` });
    if (present.length === 0 && element !== undefined && element.min > 0) {
      const types = element.choice ? `; as one of ${some(keys)}` : '';
      refuse(report, `${at}.${name}`, { code: 'required', text: `is missing; it must be there${types}` });
    }
  }
};

interface Member {
  readonly parent: JsonObject;
  readonly key: string;
  readonly element: NamedElement;
  readonly at: string;
}

const explainElement = (report: Report, member: Member): void => {
  if (isBare(member.element)) explainPrimitive(report, member);
  else explainComplex(report, member);
};

const explainPrimitive = (report: Report, { parent, key, element, at }: Member): void => {
  const value = parent[key];
  const sibling = parent[`_${key}`];
  if (element.max > 1) {
    checkList(report, { values: value, siblings: sibling, at, element });
    for (const [index, item] of asList(sibling).entries()) if (item !== null) explainObject(report, item, { at: `${at}[${String(index)}]`, type: 'Element', isBeside: hasValue(asList(value)[index]) });
  } else {
    const fault = value === undefined ? undefined : valueFault(value, element);
    if (fault !== undefined) refuse(report, at, fault);
    if (sibling !== undefined) explainObject(report, sibling, { at, type: 'Element', isBeside: hasValue(value) });
  }
  for (const [index, text] of asList(value).entries()) noteFragment(report, text, { at: element.max > 1 ? `${at}[${String(index)}]` : at, code: element.type?.code ?? '' });
};

const hasValue = (value: unknown): boolean => value !== undefined && value !== null;

const asList = (value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) return value as readonly unknown[];
  return value === undefined ? [] : [value];
};

const noteFragment = ({ fragments, isContained }: Report, text: unknown, { at, code }: { readonly at: string; readonly code: string }): void => {
  if (typeof text !== 'string' || !text.startsWith('#') || !['uri', 'url', 'canonical', 'Reference'].includes(code)) return;
  fragments.push({ text, at, isReference: code === 'Reference', isInside: isContained });
};

const explainComplex = (report: Report, { parent, key, element, at }: Member): void => {
  const value = parent[key];
  if (element.max <= 1) {
    explainItem(report, value, { element, at });
    return;
  }
  if (!Array.isArray(value)) {
    refuse(report, at, { code: 'structure', text: 'must be an array: it can be there more than once' });
    return;
  }
  if (value.length === 0) refuse(report, at, { code: 'structure', text: 'must not be an empty array: leave it out' });
  else if (value.length < element.min) refuse(report, at, { code: 'required', text: `must be there at least ${String(element.min)} times` });
  if (value.length > element.max) refuse(report, at, { code: 'structure', text: `is there ${String(value.length)} times, at most ${String(element.max)} is allowed` });
  for (const [index, item] of (value as unknown[]).entries()) explainItem(report, item, { element, at: `${at}[${String(index)}]` });
};

const explainItem = (report: Report, value: unknown, { element, at }: { readonly element: NamedElement; readonly at: string }): void => {
  if (element.type?.code === 'Resource') {
    explainNested(report, value, { element, at });
    return;
  }
  if (!explainObject(report, value, { at, type: element.children ?? '' }) || !isObject(value)) return;
  if (element.type?.code === 'Reference') noteFragment(report, value['reference'], { at, code: 'Reference' });
  checkTarget(report, at, { value, element });
  checkConcept(report, at, { value, element });
};

const explainNested = (report: Report, value: unknown, { element, at }: { readonly element: NamedElement; readonly at: string }): void => {
  if (element.name !== 'contained') {
    explainEntry(report.issues, value, at);
    return;
  }
  if (report.isContained || (isObject(value) && value['contained'] !== undefined)) refuse(report, at, { code: 'invariant', text: 'a contained resource must not contain resources (dom-2)' });
  if (!report.isContained) explainResource({ ...report, isContained: true }, value, at);
};

/** Returns whether the value is an object; its members have been explained then. */
const explainObject = (report: Report, value: unknown, place: Place): boolean => {
  if (isObject(value)) {
    explainMembers(report, value, place);
    return true;
  }
  const what = Array.isArray(value) ? 'must not be an array: it is at most one' : `must be an object (${place.type}), not ${show(value)}`;
  refuse(report, place.at, { code: 'structure', text: value === null ? 'must not be null: leave the element out' : what });
  return false;
};
