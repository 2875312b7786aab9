/** `_summary` and `_elements`: a part of a resource, cut out of its text (https://hl7.org/fhir/R4/search.html#summary). */
import { FhirError } from '../core/error.js';
import { selectMembers } from '../core/json/select.js';
import { memberSpans } from '../core/json/span.js';
import { nearName } from '../core/near-name.js';
import { elementsOf, mandatoryElements, summaryElements } from '../fhir/definitions.js';

export type Params = readonly (readonly [name: string, value: string])[];

const summaries = ['true', 'false', 'text', 'data', 'count'];
const always = new Set(['resourceType', 'id', 'meta']);
const atHead = /^\{"resourceType":"([A-Za-z]+)"/;

/** Returns the last value of a parameter, or undefined. */
export const paramOf = (params: Params, name: string): string | undefined => params.findLast(([key]) => key === name)?.[1];

/** Returns the checked value of `_summary`; throws `invalid-parameter`. */
export const summaryOf = (params: Params): string => {
  const summary = paramOf(params, '_summary') ?? 'false';
  if (summaries.includes(summary)) return summary;
  throw new FhirError('invalid-parameter', `_summary must be one of ${summaries.join(', ')}.`, { location: 'http._summary' });
};

/**
 * Returns the JSON text with what `_summary` and `_elements` leave of it, tagged SUBSETTED; the text itself when they
 * leave all. Mandatory elements stay, since a resource without them would be invalid.
 */
export const shapeResource = (params: Params, body: string): string => {
  if (!params.some(([name]) => name === '_summary' || name === '_elements')) return body;
  const elements = params.filter(([name]) => name === '_elements').flatMap(([, value]) => value.split(',')).map((name) => name.trim()).filter((name) => name !== '');
  const type = typeOf(body);
  return shapeTo(body, { summary: summaryOf(params), elements: elements.length === 0 ? undefined : elements.flatMap((name) => checkedNames(type, name)) });
};

export interface Wish {
  readonly summary?: string | undefined;
  /** Elements as `_elements` names them; those that the type has not are left out. Undefined: all. */
  readonly elements?: readonly string[] | undefined;
}

/** Most texts begin with it; in others it may stand behind a contained resource that has one, too. */
const typeOf = (body: string): string => {
  const first = atHead.exec(body)?.[1];
  if (first !== undefined) return first;
  const member = memberSpans(body).find(({ name }) => name === 'resourceType');
  return member === undefined ? '' : String(JSON.parse(body.slice(member.valueStart, member.end)));
};

/** Returns the JSON text with what is wished for; both have been checked. */
export const shapeTo = (body: string, wish: Wish): string => makeShaper(wish)(body);

const whole = (body: string): string => body;

/** Returns what shapes one resource after the other as `shapeTo` does: what to keep of a type is found out once. */
export const makeShaper = (wish: Wish): ((body: string) => string) => {
  if (wish.elements === undefined && (wish.summary === undefined || wish.summary === 'false')) return whole;
  const byType = new Map<string, Keep | undefined>();
  return (body) => {
    const type = typeOf(body);
    if (!byType.has(type)) byType.set(type, keepOf(wish, type));
    const keep = byType.get(type);
    return keep === undefined ? body : selectMembers(body, keep);
  };
};

type Keep = (name: string) => boolean;

const keepOf = ({ summary, elements }: Wish, type: string): Keep | undefined => {
  const mandatory = new Set(mandatoryElements(type));
  if (elements !== undefined) {
    const wanted = new Set(elements.flatMap((name) => elementNames(type, name)));
    return (name) => always.has(name) || mandatory.has(bare(name)) || wanted.has(bare(name));
  }
  switch (summary) {
    case 'true': {
      const summary = new Set(summaryElements(type));
      return (name) => always.has(name) || mandatory.has(bare(name)) || summary.has(bare(name));
    }
    case 'text':
      return (name) => always.has(name) || name === 'text' || mandatory.has(bare(name));
    case 'data':
      return (name) => name !== 'text';
    default:
      return undefined;
  }
};

/** `_birthDate` goes where `birthDate` goes. */
const bare = (name: string): string => (name.startsWith('_') ? name.slice(1) : name);

/** `Patient.name` and `name` mean the same; `value` means every type of the choice. */
const elementNames = (type: string, name: string): string[] => {
  const own = name.startsWith(`${type}.`) ? name.slice(type.length + 1) : name;
  const names = [...elementsOf(type)].filter(([key, element]) => key === own || (element.choice && element.name === own)).map(([key]) => key);
  return names.length === 0 && own.includes('.') ? [own.split('.')[0] ?? own] : names;
};

const checkedNames = (type: string, name: string): string[] => {
  const names = elementNames(type, name);
  if (names.length > 0 || /^[A-Z]/.test(name)) return names;
  const near = nearName(name, [...elementsOf(type).keys()]);
  throw new FhirError('invalid-parameter', `_elements: ${type} has no element "${name.slice(0, 40)}".${near === undefined ? '' : ` Did you mean ${near}?`}`, { location: 'http._elements' });
};
