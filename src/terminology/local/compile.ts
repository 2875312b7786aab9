/** Value set definition -> compiled set (https://hl7.org/fhir/R4/valueset.html#compositions). */
import { FhirError } from '../../core/error.js';
import type { ExpansionContains, SetFilter, SetInclude, ValueSet } from '../resource.js';
import { makeBits } from './bits.js';
import { conceptSet, difference, grammarSet, intersection, listedSet, union, unknownSet, type CodeSet, type Member } from './code-set.js';
import type { AnySystem, GrammarSystem } from './concept-system.js';
import { EclBeyond, EclFault, parseEcl, sizeOfEcl } from './ecl/parse.js';
import { applyFilters } from './filter.js';
import { implicitValueSet } from './implicit.js';
import type { Library } from './library.js';

export interface Versions {
  /** Version to take of a code system, given the version the definition names; throws for one that is ruled out. */
  readonly of: (url: string, version: string | undefined) => string | undefined;
  /** Systems to leave out. */
  readonly isLeftOut: (url: string) => boolean;
}

export interface CompileScope {
  readonly library: Library;
  readonly versions: Versions;
}

interface Scope extends CompileScope {
  /** Value sets that are being compiled, the outermost first. */
  readonly within: readonly string[];
  /** Concepts that may still be looked at. */
  readonly work: { left: number };
}

const deepest = 30;
/** Concepts over all filters of a definition: thirty filters over the largest systems there are, which takes about a second. */
const mostWork = 12_000_000;

/** Returns how to make a code system known, as the end of a message. */
export const howToLoad = (url: string): string => {
  if (url === 'http://loinc.org' || url === 'http://snomed.info/sct') return 'import its files with "concierge terminology import", or set TERMINOLOGY_URL';
  return 'store its CodeSystem, load a package that has it, or set TERMINOLOGY_URL';
};

/** Returns what a message says about a code system without content. */
export const notLoaded = (url: string, version?: string): string => `the code system ${url}${version === undefined ? '' : ` version ${version}`} is not loaded (${howToLoad(url)})`;

/** Returns the value set; throws `not-found` for one that is not known. */
export const findValueSet = (library: Library, canonical: string): ValueSet => {
  const found = library.valueSet(canonical) ?? implicitValueSet(canonical, library);
  if (found !== undefined) return found;
  throw new FhirError('not-found', `The value set ${canonical.slice(0, 200)} is not known here; store it, load a package that has it, or set TERMINOLOGY_URL.`);
};

/** Returns the compiled set. Throws `not-found` and `invalid-value-set`; a code system that is not loaded is part of the answer, no error. */
export const compileValueSet = (valueSet: ValueSet, scope: CompileScope): CodeSet => compile(valueSet, { ...scope, within: [valueSet.url ?? ''], work: { left: mostWork } });

const compile = (valueSet: ValueSet, scope: Scope): CodeSet => {
  const { compose, expansion } = valueSet;
  if (compose === undefined) return union(expanded(expansion?.contains ?? [], scope));
  const included = union(compose.include.map((include) => compileInclude(include, scope)));
  const excluded = compose.exclude ?? [];
  const set = excluded.length === 0 ? included : difference(included, union(excluded.map((include) => compileInclude(include, scope))));
  return compose.inactive === false ? difference(set, inactiveOf(set)) : set;
};

/** What the definition excludes by `compose.inactive`. */
const inactiveOf = (set: CodeSet): CodeSet => {
  const isInactive = (system: string, code: string): boolean => {
    const { concepts, at = -1 } = set.member(system, code) ?? {};
    return concepts !== undefined && at >= 0 && concepts.isInactive(at);
  };
  return { ...union([]), systems: set.systems, size: undefined, test: (system, code) => (isInactive(system, code) ? 'in' : 'out') };
};

const compileInclude = (include: SetInclude, scope: Scope): CodeSet => {
  const { system, valueSet = [] } = include;
  const parts = valueSet.map((canonical) => compileReference(canonical, scope));
  if (system !== undefined) parts.unshift(compileSystem(system, include, scope));
  if (parts.length === 0) throw new FhirError('invalid-value-set', `A part of ${scope.within.at(-1) ?? 'the value set'} names neither a system nor a value set.`, { expression: 'ValueSet.compose.include' });
  return intersection(parts);
};

const compileReference = (canonical: string, scope: Scope): CodeSet => {
  if (scope.within.includes(canonical)) throw new FhirError('invalid-value-set', `The value set ${canonical} is defined by itself: ${[...scope.within, canonical].join(' -> ')}.`);
  if (scope.within.length > deepest) throw new FhirError('invalid-value-set', `Value sets are nested deeper than ${String(deepest)}: ${scope.within.slice(0, 3).join(' -> ')} -> ...`);
  const found = scope.library.valueSet(canonical) ?? implicitValueSet(canonical, scope.library);
  if (found === undefined) return unknownSet(undefined, `the value set ${canonical}, which is part of it, is not known here`);
  return compile(found, { ...scope, within: [...scope.within, canonical] });
};

const nothing: CodeSet = union([]);

const compileSystem = (url: string, include: SetInclude, { library, versions, work }: Scope): CodeSet => {
  if (versions.isLeftOut(url)) return nothing;
  const version = versions.of(url, include.version);
  const system = library.system(url, version);
  if (include.concept !== undefined) return listedSet(url, include.concept.map((concept) => memberOf(url, concept, system)), system);
  if (system === undefined) return unknownSet(url, notLoaded(url, version));
  if (system.kind === 'concepts') spend(work, system.size * (1 + (include.filter ?? []).reduce((sum, filter) => sum + costOf(filter), 0)));
  return { ...wholeOrFiltered(system, include), systems: new Set([url]) };
};

const spend = (work: Scope['work'], cost: number): void => {
  work.left -= cost;
  if (work.left < 0) throw new FhirError('too-costly', 'The definition of the value set has more filters over large code systems than are worked through; make it simpler.');
};

/** Rounds over the code system that a filter takes; each part of an expression is one. */
const costOf = ({ property, value }: SetFilter): number => {
  if (property !== 'constraint') return 1;
  try {
    return sizeOfEcl(parseEcl(value));
  } catch (error) {
    // Where it is applied that is said.
    if (error instanceof EclFault || error instanceof EclBeyond) return 1;
    throw error;
  }
};

const memberOf = (url: string, { code, display, designation }: Pick<Member, 'code' | 'display' | 'designation'>, system: AnySystem | undefined): Member => {
  const concepts = system?.kind === 'concepts' ? system : undefined;
  return { system: url, code, display, designation, concepts, at: concepts?.find(code) ?? -1 };
};

const wholeOrFiltered = (system: AnySystem, { filter = [] }: SetInclude): CodeSet => {
  if (system.kind === 'grammar') {
    if (filter.length === 0) return grammarSet(system);
    return filteredGrammar(system, filter) ?? unknownSet(system.url, `filters on ${system.url} cannot be applied: its codes follow a grammar`);
  }
  return conceptSet(system, filter.length === 0 ? makeBits(system.size, true) : applyFilters(system, filter));
};

/** Codes of a grammar by the parts they have; undefined for filters of another kind. */
const filteredGrammar = (system: GrammarSystem, filters: readonly SetFilter[]): CodeSet | undefined => {
  const { parts } = system;
  if (parts === undefined || !filters.every(({ property, op, value }) => op === 'exists' && parts.names.has(property) && (value === 'true' || value === 'false'))) return undefined;
  const fits = (code: string): boolean => {
    const own = parts.of(code);
    return filters.every(({ property, value }) => own.has(property) === (value === 'true'));
  };
  return grammarSet({ ...system, isValid: (code) => system.isValid(code) && fits(code) });
};

/** A value set that is only kept as its expansion. */
const expanded = (contains: readonly ExpansionContains[], { library, versions }: Scope): CodeSet[] => {
  const flat = (list: readonly ExpansionContains[]): ExpansionContains[] => list.flatMap((one) => [one, ...flat(one.contains ?? [])]);
  const groups = new Map<string, Member[]>();
  for (const { system, code, display, designation, abstract } of flat(contains)) {
    if (system === undefined || code === undefined || abstract === true || versions.isLeftOut(system)) continue;
    const loaded = library.system(system);
    groups.set(system, [...(groups.get(system) ?? []), memberOf(system, { code, display, designation }, loaded)]);
  }
  return [...groups].map(([system, members]) => listedSet(system, members, library.system(system)));
};
