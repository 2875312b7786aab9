/** `_include` and `_revinclude` (https://hl7.org/fhir/R4/search.html#revinclude). */
import { FhirError } from '../core/error.js';
import { nearName } from '../core/near-name.js';
import { isResourceType, resourceTypes } from '../fhir/definitions.js';
import type { IndexEntry } from '../store/index-entry.js';
import type { Predicate, SearchPlan } from '../store/plan.js';
import { badValue, shown } from './param/value-text.js';
import { anyOf } from './predicate.js';
import type { Registry, SearchParameter } from './registry.js';

export interface Include {
  readonly mode: 'include' | 'revinclude';
  /** Type of the resources that refer; `*` with `_include=*` and `_revinclude=*`. */
  readonly sourceType: string;
  /** Code of the reference parameter; `*`: every one. */
  readonly param: string;
  /** Only targets of this type. */
  readonly targetType?: string | undefined;
  /** Also from what was included. */
  readonly iterate: boolean;
}

interface Scope {
  readonly registry: Registry;
  readonly types: readonly string[];
}

const referencesOf = (registry: Registry, type: string): SearchParameter[] =>
  [...registry.parametersOf(type).values()].filter((parameter) => parameter.type === 'reference' && parameter.searchable && parameter.pending === undefined);

/** Returns the parsed parameter; throws a FhirError that names what is wrong. */
export const parseInclude = ([name, value]: readonly [string, string], { registry, types }: Scope): Include => {
  const [mode = '', modifier] = name.split(':', 2);
  if (modifier !== undefined && modifier !== 'iterate') {
    throw new FhirError('unsupported-modifier', `":${shown(modifier)}" is not a modifier of ${mode}; it takes :iterate.`, { location: `http.${shown(name)}` });
  }
  const own = { mode: mode === '_include' ? 'include' as const : 'revinclude' as const, iterate: modifier === 'iterate' };
  if (value === '*' || value === '*:*') return { ...own, sourceType: '*', param: '*' };
  const [sourceType = '', param = '', targetType, ...more] = value.split(':');
  if (param === '' || more.length > 0) throw badValue(name, value, 'it must be Type:parameter or Type:parameter:TargetType, such as Observation:subject');
  if (!isResourceType(sourceType)) throw badValue(name, value, `${shown(sourceType)} is not a resource type${hint(nearName(sourceType, resourceTypes))}`);
  if (own.mode === 'include' && !own.iterate && !types.includes(sourceType)) throw badValue(name, value, `this search finds no ${sourceType}; _include:iterate follows from what was included`);
  if (targetType !== undefined && !isResourceType(targetType)) throw badValue(name, value, `${shown(targetType)} is not a resource type${hint(nearName(targetType, resourceTypes))}`);
  if (param !== '*') checkParameter([name, value], { registry, sourceType, param, targetType });
  return { ...own, sourceType, param, targetType };
};

const hint = (near: string | undefined): string => (near === undefined ? '' : `; did you mean ${near}?`);

const checkParameter = ([name, value]: readonly [string, string], { registry, sourceType, param, targetType }: { registry: Registry; sourceType: string; param: string; targetType: string | undefined }): void => {
  const references = referencesOf(registry, sourceType);
  const found = references.find(({ code }) => code === param);
  if (found === undefined) throw badValue(name, value, `${shown(param)} is not a reference parameter of ${sourceType}${hint(nearName(param, references.map(({ code }) => code)))}`);
  if (targetType !== undefined && found.targets.length > 0 && !found.targets.includes(targetType)) throw badValue(name, value, `${param} of ${sourceType} never refers to ${targetType}`);
};

/** A resource that may refer to others. */
export interface Referring {
  readonly type: string;
  readonly entries: readonly IndexEntry[];
}

/** Returns the local targets (`Type/id`) of a resource that the include asks for. */
export const includedTargets = (registry: Registry, { sourceType, param, targetType }: Include, { type, entries }: Referring): string[] => {
  if (sourceType !== '*' && sourceType !== type) return [];
  const parameters = referencesOf(registry, type).filter(({ code }) => param === '*' || code === param);
  const sources = parameters.flatMap((parameter) => parameter.sources);
  const wanted = (target: string, only: string | undefined): boolean => {
    const [found = '', id, ...more] = target.split('/');
    return id !== undefined && more.length === 0 && isResourceType(found) && (only === undefined || only === found) && (targetType === undefined || targetType === found);
  };
  const targets = entries.flatMap((entry) =>
    (entry.kind === 'reference' && entry.within === undefined && sources.some((source) => source.param === entry.param && wanted(entry.target, source.only)) ? [entry.target] : []));
  return [...new Set(targets)];
};

/** Yields the plans that find what refers to the targets (`Type/id`) by a `_revinclude`: one for each type that can. Each is made when it is asked for. */
export function* revincludePlans(registry: Registry, { sourceType, param, targetType }: Include, targets: readonly string[]): Generator<Omit<SearchPlan, 'count'>> {
  const byType = new Map<string, string[]>();
  for (const target of targets) {
    const type = target.slice(0, target.indexOf('/'));
    if (targetType !== undefined && targetType !== type) continue;
    const own = byType.get(type);
    if (own === undefined) byType.set(type, [target]);
    else own.push(target);
  }
  for (const type of sourceType === '*' ? resourceTypes : [sourceType]) {
    const where = referringPredicate(referencesOf(registry, type).filter(({ code }) => param === '*' || code === param), byType);
    if (where !== undefined) yield { types: [type], where };
  }
}

const referringPredicate = (parameters: readonly SearchParameter[], targets: ReadonlyMap<string, readonly string[]>): Predicate | undefined => {
  const of = parameters.flatMap((parameter): Predicate[] => {
    const reachable = parameter.targets.length === 0 ? [...targets.values()].flat() : parameter.targets.flatMap((type) => targets.get(type) ?? []);
    return reachable.length === 0 ? [] : parameter.sources.map((source) => ({ op: 'reference', param: source.param, targets: reachable }));
  });
  return of.length === 0 ? undefined : anyOf(of);
};
