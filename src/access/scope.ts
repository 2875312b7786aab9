/** The syntax of clinical scopes, versions 1 and 2 (https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html). */
import { isResourceType } from '../fhir/definitions.js';

/** Create, read, update, delete, search. */
export type Permission = 'c' | 'r' | 'u' | 'd' | 's';

export interface Scope {
  /** As granted. */
  readonly text: string;
  readonly context: 'patient' | 'user' | 'system';
  /** A resource type, or `*` for all. */
  readonly type: string;
  readonly permissions: ReadonlySet<Permission>;
  /** Search parameters that narrow it; all of them must hold. */
  readonly params: readonly (readonly [name: string, value: string])[];
}

const letters: readonly Permission[] = ['c', 'r', 'u', 'd', 's'];
const form = /^(patient|user|system)\/(\*|[A-Z][A-Za-z]{1,40})\.(read|write|\*|c?r?u?d?s?)(?:\?(.+))?$/;
const firstVersion: Readonly<Record<string, string>> = { 'read': 'rs', 'write': 'cud', '*': 'cruds' };
/** Longer ones are nobody's honest request. */
const longest = 1_000;
/** No modifier, no chain: what narrows a scope is one parameter of the type itself. */
const paramName = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

/** Returns the clinical scope that the text is; undefined for anything else. */
export const parseScope = (text: string): Scope | undefined => {
  if (text.length > longest) return undefined;
  const [, context, type = '', access = '', query] = form.exec(text) ?? [];
  if (context === undefined || access === '' || (type !== '*' && !isResourceType(type))) return undefined;
  const old = firstVersion[access];
  const params = query === undefined ? [] : readParams(query);
  // A narrowed wildcard would mean another thing on each type, and version 1 knows no narrowing.
  if (params === undefined || (query !== undefined && (type === '*' || old !== undefined))) return undefined;
  const granted = old ?? access;
  return { text, context: context as Scope['context'], type, permissions: new Set(letters.filter((letter) => granted.includes(letter))), params };
};

const readParams = (query: string): Scope['params'] | undefined => {
  const params = query.split('&').map((part): readonly [string, string] | undefined => {
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(equals, 0));
    const value = decoded(part.slice(equals + 1));
    return paramName.test(name) && value !== undefined && value !== '' ? [name, value] : undefined;
  });
  return params.every((param) => param !== undefined) ? params : undefined;
};

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

/** Returns the clinical scopes of a list separated by spaces; what is none is left out. */
export const parseScopes = (list: string): readonly Scope[] =>
  [...new Set(list.split(' '))].flatMap((text) => parseScope(text) ?? []);

const includes = (own: ReadonlySet<Permission>, wanted: ReadonlySet<Permission>): boolean => [...wanted].every((letter) => own.has(letter));

/** Returns whether one scope gives everything that the other one does: `patient/*.rs` covers `patient/Observation.r?category=x`. */
export const covers = (wide: Scope, narrow: Scope): boolean =>
  wide.context === narrow.context && (wide.type === '*' || wide.type === narrow.type) && includes(wide.permissions, narrow.permissions)
  && wide.params.every(([name, value]) => narrow.params.some(([otherName, otherValue]) => name === otherName && value === otherValue));
