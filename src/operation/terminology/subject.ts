/** What a terminology operation is about: the instance of the URL, a resource in the parameters, or a canonical URL. */
import { FhirError } from '../../core/error.js';
import type { Context } from '../../interaction/context.js';
import { lookUp } from '../../interaction/gate.js';
import type { Terminology } from '../../terminology/port.js';
import type { Coding, TerminologyResources, TerminologyType } from '../../terminology/resource.js';
import { splitCanonical } from '../../terminology/resource.js';
import type { JsonObject, OperationParameters } from '../parameters.js';

/** Returns the resource of the URL; undefined on type level. Throws `not-found` and `deleted`. */
export const instanceOf = async <T extends TerminologyType>(context: Context, type: T): Promise<TerminologyResources[T] | undefined> => {
  const { id } = context.request;
  if (id === undefined) return undefined;
  const version = await lookUp(context, { type, id });
  if (version === undefined) throw new FhirError('not-found', `There is no ${type} with this id.`);
  if (version.body === undefined) throw new FhirError('deleted', `This ${type} was deleted; its history has the former versions.`);
  return JSON.parse(version.body) as TerminologyResources[T];
};

/** Returns what codes mean to who asks. */
export type TerminologyOf = (context: Context) => Terminology;

interface Names {
  /** Parameter with the resource itself. */
  readonly resource: string;
  readonly url: string;
  readonly version: string;
}

/**
 * Returns the resource, or its canonical URL with the version asked for; undefined when none is given. Throws for more than
 * one, and for a resource in the parameters that is not valid.
 */
export const subjectOf = async <T extends TerminologyType>(context: Context, given: OperationParameters, { type, names }: { readonly type: T; readonly names: Names }): Promise<TerminologyResources[T] | string | undefined> => {
  const instance = await instanceOf(context, type);
  const inline = given.object(names.resource);
  const url = given.text(names.url);
  const ways = [instance, inline, url].filter((way) => way !== undefined);
  if (ways.length > 1) throw new FhirError('invalid-parameter', `Name the ${type} in one way only: by the id in the URL, by ${names.url}, or as ${names.resource}.`, given.placeOf(inline === undefined ? names.url : names.resource));
  if (inline !== undefined) return checked(context, { resource: inline, type, place: given.placeOf(names.resource) });
  if (url === undefined) return instance;
  const version = given.text(names.version);
  return version === undefined ? url : `${splitCanonical(url).url}|${version}`;
};

interface Inline<T> {
  readonly resource: JsonObject;
  readonly type: T;
  readonly place: ReturnType<OperationParameters['placeOf']>;
}

const checked = async <T extends TerminologyType>({ service }: Context, { resource, type, place }: Inline<T>): Promise<TerminologyResources[T]> => {
  if (resource['resourceType'] !== type) throw new FhirError('wrong-resource-type', `The resource must be a ${type}.`, place);
  const issues = await service.validate(resource);
  if (issues.some(({ severity }) => severity === 'error' || severity === 'fatal')) throw new FhirError('invalid-resource', `The ${type} in the parameters is not valid.`, { issues });
  return resource as unknown as TerminologyResources[T];
};

const textIn = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Returns the Coding of a parameter; throws when it has no code. */
export const codingOf = (given: OperationParameters, name: string): Coding | undefined => {
  const value = given.object(name);
  return value === undefined ? undefined : readCoding(value, given, name);
};

const readCoding = (value: JsonObject, given: OperationParameters, name: string): Coding => {
  const code = textIn(value['code']);
  if (code === undefined) throw new FhirError('invalid-parameter', `${name} has no code.`, given.placeOf(name));
  return { system: textIn(value['system']), version: textIn(value['version']), code, display: textIn(value['display']) };
};

/** Returns the codings of a CodeableConcept; throws when it has none. */
export const conceptOf = (given: OperationParameters, name: string): readonly Coding[] | undefined => {
  const value = given.object(name);
  if (value === undefined) return undefined;
  const codings = Array.isArray(value['coding']) ? (value['coding'] as JsonObject[]) : [];
  if (codings.length === 0) throw new FhirError('invalid-parameter', `${name} has no coding.`, given.placeOf(name));
  return codings.map((coding) => readCoding(coding, given, name));
};

/** Returns the value of the one parameter of several that is given; throws when none or several are. */
export const oneOf = <T>(given: OperationParameters, ways: Readonly<Record<string, T | undefined>>): T => {
  const names = Object.keys(ways);
  const [name, another] = names.filter((each) => ways[each] !== undefined);
  const value = name === undefined ? undefined : ways[name];
  if (name === undefined || value === undefined) throw new FhirError('invalid-parameter', `Give one of ${names.join(', ')}.`, { location: `http.${names[0] ?? ''}` });
  if (another !== undefined) throw new FhirError('invalid-parameter', `${name} and ${another} are both given; give one of ${names.join(', ')}.`, given.placeOf(another));
  return value;
};

/** Returns a text that must be there. */
export const needed = (given: OperationParameters, name: string): string => {
  const value = given.text(name);
  if (value === undefined) throw new FhirError('invalid-parameter', `${name} is missing.`, { location: `http.${name}` });
  return value;
};
