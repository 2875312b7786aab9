/**
 * One search parameter of a request as a predicate: modifiers, alternatives, chains and reverse chains
 * (https://hl7.org/fhir/R4/search.html#chaining, #has). Everything is resolved here, per type where types differ.
 */
import { FhirError } from '../core/error.js';
import { nearName } from '../core/near-name.js';
import { isResourceType, resourceTypes } from '../fhir/definitions.js';
import type { Predicate } from '../store/plan.js';
import type { ResolveCodes } from './codes.js';
import { compileFilter, type FilterScope } from './filter/compile.js';
import { hierarchicalOf } from './hierarchy.js';
import type { ResolveHierarchy } from './parts.js';
import { compileComposite } from './param/composite.js';
import type { Asked } from './param/param-type.js';
import { refuseSpecial, specialCompiler } from './param/special.js';
import { simpleType } from './param/types.js';
import { badValue, hasStrayEscape, shown, splitAt } from './param/value-text.js';
import { anyOf, perType } from './predicate.js';
import { checkUsable } from './usable.js';
import type { Registry, SearchParameter, Source } from './registry.js';

export interface CriterionScope {
  readonly registry: Registry;
  readonly types: readonly string[];
  readonly baseUrl: string;
  readonly now?: number | undefined;
  /** Codes of value sets and hierarchies; undefined where they cannot be asked for. */
  readonly codes?: ResolveCodes | undefined;
  /** What is part of what; undefined where it cannot be asked for. */
  readonly hierarchy?: ResolveHierarchy | undefined;
}

interface Scope extends Omit<CriterionScope, 'types'> {
  readonly type: string;
  /** The whole name, for messages. */
  readonly name: string;
}

const refuse = (code: 'unknown-parameter' | 'invalid-parameter' | 'unsupported-modifier', { name }: Pick<Scope, 'name'>, message: string): FhirError =>
  new FhirError(code, message, { location: `http.${shown(name)}` });

/** Returns what the parameter asks for. Throws a FhirError that names it and, where there is one, the near name. */
export const compileCriterion = ([name, value]: readonly [string, string], { registry, types, baseUrl, now, codes, hierarchy }: CriterionScope): Predicate =>
  perType(types, (type) => compileNamed(name, value, { registry, baseUrl, now, codes, hierarchy, type, name }));

/** Longer chains serve nobody and cost a join each. */
const deepest = 8;

const compileNamed = (path: string, value: string, scope: Scope, depth = 0): Predicate => {
  if (depth > deepest) throw refuse('invalid-parameter', scope, `${shown(scope.name)} has more than ${String(deepest)} links.`);
  if (path.startsWith('_has:')) return compileHas(path, value, scope, depth);
  const dot = path.indexOf('.');
  if (dot < 0) return compileLeaf(path, value, scope);
  return compileChain({ link: path.slice(0, dot), rest: path.slice(dot + 1) }, value, scope, depth);
};

const lookUp = (code: string, { registry, type, name }: Scope): SearchParameter => {
  const parameters = registry.parametersOf(type);
  const found = parameters.get(code);
  if (found !== undefined) {
    if (!found.searchable) throw refuseSpecial(code, name);
    checkUsable(found, name);
    return found;
  }
  const near = nearName(code, [...parameters.values()].flatMap((each) => (each.searchable ? [each.code] : [])));
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  throw refuse('unknown-parameter', { name }, `"${shown(code)}" is not a search parameter of ${type}.${hint}`);
};

const referenceOf = (code: string, scope: Scope): SearchParameter => {
  const found = lookUp(code, scope);
  if (found.type === 'reference' && found.traits.has('by-url')) {
    throw refuse('invalid-parameter', scope, `${shown(code)} of ${scope.type} names resources by their canonical URL, which is not followed in ${shown(scope.name)}: search them for their url first, and then ${scope.type} by ${shown(code)} with it.`);
  }
  if (found.type === 'reference') return found;
  throw refuse('invalid-parameter', scope, `${shown(code)} of ${scope.type} is a ${found.type}, not a reference: nothing can be chained to it in ${shown(scope.name)}.`);
};

interface Link {
  readonly link: string;
  readonly rest: string;
}

const compileChain = ({ link, rest }: Link, value: string, scope: Scope, depth: number): Predicate => {
  const [code = '', typed] = link.split(':', 2);
  const parameter = referenceOf(code, scope);
  if (rest === '') throw refuse('invalid-parameter', scope, `${shown(scope.name)} ends with a dot; name a search parameter after it.`);
  const possible = possibleTypes(parameter);
  if (typed !== undefined && !possible.includes(typed)) throw refuse('unsupported-modifier', scope, `${shown(code)} of ${scope.type} never refers to ${shown(typed)}; it refers to ${listed(possible)}.`);
  const types = typed === undefined ? possible.filter((type) => hasFirst(rest, { ...scope, type })) : [typed];
  if (types.length === 0) throw unknownAfter({ link: code, rest }, possible, scope);
  return chainTo(parameter, types, (type) => compileNamed(rest, value, { ...scope, type }, depth + 1));
};

const possibleTypes = ({ targets }: SearchParameter): readonly string[] => (targets.length === 0 ? resourceTypes : targets);

const chainTo = ({ sources }: SearchParameter, types: readonly string[], whereOf: (type: string) => Predicate): Predicate => {
  const groups = new Map<string, { types: string[]; where: Predicate }>();
  for (const type of types) {
    const where = whereOf(type);
    const key = JSON.stringify(where);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { types: [type], where });
    else group.types.push(type);
  }
  return anyOf([...groups.values()].flatMap((group) => sources.map(({ param }): Predicate => ({ op: 'chain', param, types: group.types, where: group.where }))));
};

const unknownAfter = ({ link, rest }: Link, possible: readonly string[], scope: Scope): FhirError => {
  const [code = ''] = /^[^.:]+/.exec(rest) ?? [];
  const near = nearName(code, possible.flatMap((type) => [...scope.registry.parametersOf(type).keys()]));
  return refuse('unknown-parameter', scope, `"${shown(code)}" is not a search parameter of what ${shown(link)} refers to: ${listed(possible)}.${near === undefined ? '' : ` Did you mean ${near}?`}`);
};

/** Whether the type has the parameter that comes next: an untyped chain goes where it can. */
const hasFirst = (rest: string, { registry, type }: Scope): boolean => {
  if (rest.startsWith('_has:')) return true;
  const code = /^[^.:]+/.exec(rest)?.[0] ?? '';
  return registry.parametersOf(type).get(code)?.searchable === true;
};

const hasForm = /^_has:([^:.]+):([^:.]+):(.+)$/;

const compileHas = (path: string, value: string, scope: Scope, depth: number): Predicate => {
  const [, source = '', code = '', rest = ''] = hasForm.exec(path) ?? [];
  if (source === '') throw refuse('invalid-parameter', scope, `${shown(scope.name)} must be _has:Type:reference:parameter, such as _has:Observation:patient:code.`);
  if (!isResourceType(source)) throw refuse('invalid-parameter', scope, `${shown(source)} in ${shown(scope.name)} is not a resource type.${hintFor(source)}`);
  const parameter = referenceOf(code, { ...scope, type: source });
  if (parameter.targets.length > 0 && !parameter.targets.includes(scope.type)) {
    throw refuse('invalid-parameter', scope, `${shown(code)} of ${source} never refers to ${scope.type}; it refers to ${listed(parameter.targets)}.`);
  }
  const where = compileNamed(rest, value, { ...scope, type: source }, depth + 1);
  return anyOf(parameter.sources.map(({ param }): Predicate => ({ op: 'has', type: source, param, where })));
};

const hintFor = (type: string): string => {
  const near = nearName(type, resourceTypes);
  return near === undefined ? '' : ` Did you mean ${near}?`;
};

const listed = (types: readonly string[]): string => (types.length > 8 ? 'many types' : types.join(', '));

/** A chain in a filter goes where the whole of what follows is known. */
const filterScope = (scope: Scope, depth = 0): FilterScope => ({
  name: scope.name, type: scope.type,
  parameter: (code) => lookUp(code, scope),
  leaf: (code, value) => compileLeaf(code, value, scope),
  chain: (code, where) => {
    if (depth > deepest) throw refuse('invalid-parameter', scope, `${shown(scope.name)} has more than ${String(deepest)} links.`);
    const parameter = referenceOf(code, scope);
    const possible = possibleTypes(parameter);
    const found = new Map<string, Predicate>();
    let fault: unknown;
    for (const type of possible) {
      try {
        found.set(type, where(filterScope({ ...scope, type }, depth + 1)));
      } catch (error) {
        if (!(error instanceof FhirError) || error.code !== 'unknown-parameter') throw error;
        fault ??= error;
      }
    }
    if (found.size === 0) throw fault;
    return chainTo(parameter, [...found.keys()], (type) => found.get(type) ?? { op: 'id', ids: [] });
  },
});

const compileLeaf = (text: string, value: string, scope: Scope): Predicate => {
  const [code = '', modifier, ...more] = text.split(':');
  const parameter = lookUp(code, scope);
  if (code === '_filter' && modifier === undefined) return compileFilter(value, filterScope(scope));
  if (more.length > 0) throw refuse('unsupported-modifier', scope, `${shown(scope.name)} has more than one modifier.`);
  if (modifier === 'missing') return compileMissing(parameter, value, scope);
  if (modifier !== undefined) checkModifier(parameter, modifier, scope);
  if (value === '') throw badValue(scope.name, value, 'it is empty');
  const isNegated = modifier === 'not' || modifier === 'not-in';
  const inner = modifier === 'not' ? undefined : modifier === 'not-in' ? 'in' : modifier;
  const found = anyOf(splitAt(value, ',').map((part) => compileValue(part, { parameter, modifier: inner, scope })));
  return isNegated ? { op: 'not', of: found } : found;
};

interface ValueAsked {
  readonly parameter: SearchParameter;
  readonly modifier: string | undefined;
  readonly scope: Scope;
}

const compileValue = (part: string, { parameter, modifier, scope }: ValueAsked): Predicate => {
  if (part === '') throw badValue(scope.name, part, 'one of the alternatives between commas is empty');
  if (hasStrayEscape(part)) throw badValue(scope.name, part, 'a backslash stands before one of , | $ \\ only');
  const versioned = modifier === undefined ? versionedUrl(part, { parameter, modifier, scope }) : undefined;
  if (versioned !== undefined) return versioned;
  const { code, components } = parameter;
  const special = specialCompiler(code);
  if (special !== undefined) return special(part, askedOf(code, { parameter, modifier, scope }));
  return anyOf(parameter.sources.map(({ param }) => {
    const asked = askedOf(param, { parameter, modifier, scope });
    if (parameter.type === 'composite') return compileComposite(part, components, asked);
    const type = simpleType(parameter.type);
    if (type === undefined) throw refuseSpecial(code, scope.name);
    return type.compile(part, asked);
  }));
};

const askedOf = (param: string, { parameter: { targets, systems, traits }, modifier, scope: { name, baseUrl, now, codes, hierarchy, registry } }: ValueAsked): Asked => {
  const isOfParts = modifier === 'above' || modifier === 'below';
  return { param, name, modifier, targets, systems, traits, baseUrl, now, codes, hierarchy: isOfParts ? hierarchy : undefined, hierarchical: isOfParts ? hierarchicalOf(registry, targets) : undefined };
};

/** The `url` of what has a version takes `url|version`, as references to it do. */
const versionedUrl = (part: string, { parameter, modifier, scope }: ValueAsked): Predicate | undefined => {
  const version = parameter.code === 'url' ? scope.registry.parametersOf(scope.type).get('version') : undefined;
  const [url = '', ...rest] = version === undefined ? [] : splitAt(part, '|');
  if (version === undefined || url === '' || rest.length === 0) return undefined;
  return { op: 'and', of: [compileValue(url, { parameter, modifier, scope }), compileValue(rest.join('|'), { parameter: version, modifier, scope })] };
};

const modifiersOf = ({ code, type, targets, traits }: SearchParameter, { registry }: Scope): readonly string[] => {
  if (code === 'near') return ['missing'];
  if (code === '_filter' || (code !== '_id' && specialCompiler(code) !== undefined)) return [];
  if (code === '_id') return ['not'];
  const own = simpleType(type)?.modifiers ?? [];
  if (type !== 'reference') return [...own, 'missing'];
  const hierarchy = hierarchicalOf(registry, targets).length > 0 ? ['above', 'below'] : traits.has('canonical') ? ['below'] : [];
  return [...own, ...hierarchy, 'missing', ...targets];
};

const checkModifier = (parameter: SearchParameter, modifier: string, scope: Scope): void => {
  const allowed = modifiersOf(parameter, scope);
  const openType = parameter.type === 'reference' && parameter.targets.length === 0 && isResourceType(modifier);
  if (allowed.includes(modifier) || openType) return;
  const near = nearName(modifier, allowed);
  const takes = allowed.length === 0 ? 'it takes none' : `it takes ${allowed.length > 12 ? `${allowed.slice(0, 12).map(colon).join(', ')} and other types` : allowed.map(colon).join(', ')}`;
  throw refuse('unsupported-modifier', scope, `":${shown(modifier)}" is not a modifier of ${parameter.code} of ${scope.type}; ${takes}.${near === undefined ? '' : ` Did you mean :${near}?`}`);
};

const colon = (name: string): string => `:${name}`;

const compileMissing = ({ code, kind, sources }: SearchParameter, value: string, scope: Scope): Predicate => {
  if (code.startsWith('_') && specialCompiler(code) !== undefined) throw refuse('unsupported-modifier', scope, `:missing is not a modifier of ${code}: every resource has it.`);
  if (value !== 'true' && value !== 'false') throw badValue(scope.name, value, ':missing takes true or false');
  const missing = sources.map((source) => missingFrom(source, { code, kind }));
  const [first] = missing;
  const all: Predicate = missing.length === 1 && first !== undefined ? first : { op: 'and', of: missing };
  return value === 'true' ? all : { op: 'not', of: all };
};

const missingFrom = ({ param, only }: Source, { code, kind }: Pick<SearchParameter, 'code' | 'kind'>): Predicate => {
  const missing: Predicate = { op: 'missing', param, kind };
  return only === undefined ? missing : { op: 'or', of: [missing, { op: 'token', param: `${code}:absent`, system: undefined, code: 'true' }] };
};
