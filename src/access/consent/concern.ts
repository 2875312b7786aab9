/**
 * Which resources of a type a rule is about, as predicates of the search plan (https://hl7.org/fhir/R4/consent.html#provision).
 * Each question has two answers: where it surely holds and where it may. A rule that hides takes the second, one that shows the first.
 */
import { anyOf } from '../../search/predicate.js';
import type { Registry } from '../../search/registry.js';
import type { Predicate } from '../../store/plan.js';
import { levels, levelSystems } from '../label.js';
import { either, every, not, type Fact } from './fact.js';
import type { Code, Concern } from './provision.js';

export type Certainty = 'surely' | 'maybe';

export interface ConcernScope {
  readonly registry: Registry;
  readonly type: string;
  /** What the resources named with the meaning `related` refer to, each `Type/id`; one that is not in it is in doubt. */
  readonly related: ReadonlyMap<string, readonly string[]>;
}

/** Returns which resources of the type the rule is about. */
export const concerned = (concern: Concern, certainty: Certainty, scope: ConcernScope): Fact => {
  const { types, codes, labels, upTo = false, dataPeriod, data, doubt } = concern;
  if (doubt === true && certainty === 'surely') return false;
  const parts: Fact[] = [];
  // What cannot be read might have been any other alternative: in doubt none of the lists narrows.
  if (doubt !== true) {
    if (types !== undefined) parts.push(types.includes(scope.type));
    if (codes !== undefined) parts.push(hasCode(codes, certainty, scope));
    if (data !== undefined) parts.push(isNamed(data, certainty, scope));
  }
  if (labels !== undefined) parts.push(hasLabels(labels, upTo));
  if (dataPeriod !== undefined) parts.push(isOfTime(dataPeriod, certainty, scope));
  return every(parts);
};

const tokenParams = (registry: Registry, type: string): string[] => {
  const own = [...registry.parametersOf(type).values()].filter(({ type: kind, code, searchable }) => kind === 'token' && searchable && !code.startsWith('_'));
  return [...new Set(own.flatMap(({ sources }) => sources.map(({ param }) => param)))].sort();
};

/** "If this code is found in an instance": in any element that is searched by codes. */
const hasCode = (codes: readonly Code[], certainty: Certainty, { registry, type }: ConcernScope): Fact => {
  const known = certainty === 'surely' ? codes.filter(({ system }) => system !== undefined) : codes;
  return either(known.flatMap(({ system, code }) => tokenParams(registry, type).map((param): Predicate => ({ op: 'token', param, system, code }))));
};

const isLevel = ({ system, code }: Code): boolean => levels.includes(code) && (system === undefined || levelSystems.includes(system));

/**
 * Levels of confidentiality have an order: a permit reaches up to the level named, a denial from it on, and what has no label
 * counts as normal. Every other label must be there as it is named.
 */
const hasLabels = (labels: readonly Code[], upTo: boolean): Fact => {
  const own = labels.filter((label) => !isLevel(label)).map(({ system, code }): Fact => ({ op: 'token', param: '_security', system, code }));
  const ranks = labels.filter(isLevel).map(({ code }) => levels.indexOf(code));
  if (ranks.length === 0) return every(own);
  if (upTo) return every([...own, not(labelled(levels.slice(Math.max(...ranks) + 1)))]);
  const least = Math.min(...ranks);
  const reached = labelled(levels.slice(least));
  return every([...own, least > levels.indexOf('N') ? reached : either([reached, not(labelled(levels))])]);
};

const labelled = (codes: readonly string[]): Fact =>
  either(codes.flatMap((code) => [...levelSystems, null].map((system): Predicate => ({ op: 'token', param: '_security', system, code }))));

/** Dates that say when something is about, not what it is. */
const otherDates: ReadonlySet<string> = new Set(['value-date', 'code-value-date', 'birthdate', 'death-date']);

const dateParams = (registry: Registry, type: string): string[] => {
  const own = [...registry.parametersOf(type).values()].filter(({ type: kind, code, searchable }) => kind === 'date' && searchable && !code.startsWith('_') && !otherDates.has(code));
  return [...new Set(own.flatMap(({ sources }) => sources.map(({ param }) => param)))].sort();
};

/** What has no date may be of any time; what is only partly of the time is surely of neither. */
const isOfTime = ({ low, high }: NonNullable<Concern['dataPeriod']>, certainty: Certainty, { registry, type }: ConcernScope): Fact => {
  const params = dateParams(registry, type);
  const range = (compare: 'within' | 'overlaps', from: number, to: number): Fact[] => params.map((param): Predicate => ({ op: 'range', kind: 'date', param, compare, low: from, high: to }));
  if (certainty === 'surely') return every([either(range('within', low, high)), not(either([...range('overlaps', -Infinity, low - 1), ...range('overlaps', high + 1, Infinity)].map(finite)))]);
  return either([...range('overlaps', low, high), every(params.map((param): Fact => ({ op: 'missing', param, kind: 'date' })))]);
};

/** Plans are kept as JSON, which has no infinity. */
const finite = (fact: Fact): Fact =>
  (typeof fact !== 'boolean' && fact.op === 'range' ? { ...fact, low: Math.max(fact.low, -Number.MAX_SAFE_INTEGER), high: Math.min(fact.high, Number.MAX_SAFE_INTEGER) } : fact);

/** Parameters that say whose work a resource is. */
const authorParams = ['author', 'performer', 'recorder', 'asserter', 'requester', 'sender', 'source', 'prescriber', 'creator', 'agent', 'assessor', 'informant'];

const isNamed = (data: NonNullable<Concern['data']>, certainty: Certainty, scope: ConcernScope): Fact =>
  either(data.map(({ meaning, reference }): Fact => {
    const itself = instances([reference], scope.type);
    switch (meaning) {
      case 'instance':
        return itself;
      case 'related': {
        const others = scope.related.get(reference);
        return others === undefined ? certainty === 'maybe' : either([itself, instances(others, scope.type)]);
      }
      case 'dependents':
        return either([itself, refersTo(reference, scope, () => true)]);
      case 'authoredby':
        return either([itself, refersTo(reference, scope, (code) => authorParams.includes(code))]);
    }
  }));

const instances = (references: readonly string[], type: string): Fact => {
  const ids = references.filter((reference) => reference.startsWith(`${type}/`)).map((reference) => reference.slice(type.length + 1));
  return ids.length === 0 ? false : { op: 'id', ids };
};

const refersTo = (target: string, { registry, type }: ConcernScope, counts: (code: string) => boolean): Fact => {
  const own = [...registry.parametersOf(type).values()].filter(({ type: kind, code, searchable }) => kind === 'reference' && searchable && counts(code));
  const params = [...new Set(own.flatMap(({ sources }) => sources.map(({ param }) => param)))].sort();
  return params.length === 0 ? false : anyOf(params.map((param): Predicate => ({ op: 'reference', param, targets: [target] })));
};
