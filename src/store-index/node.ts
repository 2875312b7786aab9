/** A predicate of the plan as it applies to one type, names replaced by the keys of the file. */
import type { Point } from '../core/earth.js';
import { setOf } from '../core/list-set.js';
import type { TextPart } from '../fhir/resource-text.js';
import type { Predicate, RangePredicate, StringMatch } from '../store/plan.js';
import type { Keys, ParamKey } from './keys.js';
import { containedName, containedParam, containerOf, ownType } from './packed.js';

interface Valued {
  readonly param: ParamKey;
  readonly within: number;
  /** For explanations. */
  readonly name: string;
}

export type Node =
  | { readonly op: 'all' | 'none' }
  | { readonly op: 'and' | 'or'; readonly of: readonly Node[] }
  | { readonly op: 'not'; readonly of: Node }
  | { readonly op: 'id'; readonly ids: ReadonlySet<string>; readonly type: string }
  | { readonly op: 'updated'; readonly low: number; readonly high: number }
  /** `system` undefined: any; 0: none. */
  | Valued & { readonly op: 'token'; readonly system: number | undefined; readonly code: string | undefined }
  | { readonly op: 'text'; readonly part: TextPart; readonly words: string }
  | { readonly op: 'near'; readonly point: Point; readonly metres: number; readonly latitude: number; readonly longitude: number }
  | Valued & { readonly op: 'string'; readonly match: StringMatch; readonly text: string; readonly exact: number }
  | Valued & Pick<RangePredicate, 'compare' | 'low' | 'high'> & { readonly op: 'range'; readonly kind: 'date' | 'number' | 'quantity'; readonly unit: number | undefined }
  | Valued & { readonly op: 'reference'; readonly targets: ReadonlySet<string> }
  | Valued & { readonly op: 'uri'; readonly match: 'exact' | 'below' | 'above'; readonly uri: string }
  | Valued & { readonly op: 'missing' }
  | Valued & { readonly op: 'refers'; readonly type: string }
  | Valued & { readonly op: 'chain'; readonly types: readonly string[]; readonly where: (type: string) => Node; readonly contained: (type: string) => ContainedNode }
  /** `type` is that of the contained resource, `param` the one that marks what contains it; `via`: only what this reference parameter leads to. */
  | Valued & { readonly op: 'contained'; readonly type: string; readonly where: Node; readonly via: ParamKey | undefined }
  /** `param` is that of `source`, which refers to a resource of `type`. */
  | Valued & { readonly op: 'has'; readonly source: string; readonly type: string; readonly where: Node };

export type ContainedNode = Extract<Node, { readonly op: 'contained' }>;

/** Returns the predicate for resources of a type; undefined asks for all of them. */
export const toNode = (predicate: Predicate | undefined, type: string, keys: Keys): Node => {
  if (predicate === undefined) return { op: 'all' };
  const child = (inner: Predicate): Node => toNode(inner, type, keys);
  switch (predicate.op) {
    case 'and':
      return allOf(predicate.of.map(child));
    case 'or':
      return anyOf(predicate.of.map(child));
    case 'not':
      return negated(child(predicate.of));
    case 'type':
      return { op: predicate.types.includes(ownType(type)) ? 'all' : 'none' };
    case 'id':
      return { op: 'id', ids: setOf(predicate.ids), type };
    case 'updated':
      return { op: 'updated', low: predicate.low ?? -Infinity, high: predicate.high ?? Infinity };
    case 'text':
      return predicate;
    case 'contained':
      return containedNode(predicate, type, keys);
    case 'near':
      return { op: 'near', point: predicate, metres: predicate.metres, latitude: keys.param(type, 'near:latitude').key, longitude: keys.param(type, 'near:longitude').key };
    default:
      return valued(predicate, type, keys);
  }
};

type ValuedPredicate = Exclude<Predicate, { readonly op: 'and' | 'or' | 'not' | 'type' | 'id' | 'updated' | 'text' | 'near' | 'contained' }>;

const valued = (predicate: ValuedPredicate, type: string, keys: Keys): Node => {
  const owner = predicate.op === 'has' ? predicate.type : type;
  const within = 'within' in predicate && predicate.within !== undefined ? keys.within(predicate.within) : 0;
  const base: Valued = { param: keys.param(owner, predicate.param), within, name: predicate.op === 'has' ? `${predicate.type}.${predicate.param}` : predicate.param };
  switch (predicate.op) {
    case 'token':
      return { op: 'token', ...base, system: predicate.system === undefined ? undefined : predicate.system === null ? 0 : keys.system(predicate.system), code: predicate.code };
    case 'string':
      return { op: 'string', ...base, match: predicate.match, text: predicate.text, exact: keys.exact(predicate.text) };
    case 'range': {
      const { kind, compare, low, high, unit } = predicate;
      return { op: 'range', ...base, kind, compare, low, high, unit: unit === undefined ? undefined : keys.within(unit) };
    }
    case 'reference':
      return { op: 'reference', ...base, targets: setOf(predicate.targets) };
    case 'uri':
      return { op: 'uri', ...base, match: predicate.match, uri: predicate.uri };
    case 'missing':
      return { op: 'missing', ...base };
    case 'refers':
      return { op: 'refers', ...base, type: predicate.type };
    case 'chain': {
      const { types, where } = predicate;
      const contained = (target: string): ContainedNode => containedNode({ type: target, where, via: base.param }, type, keys);
      return { op: 'chain', ...base, types, where: perType((target) => toNode(where, target, keys)), contained: perType(contained) };
    }
    case 'has':
      return { op: 'has', ...base, source: predicate.type, type, where: toNode(predicate.where, predicate.type, keys) };
  }
};

interface ContainedAsked {
  readonly type: string;
  readonly where?: Predicate | undefined;
  readonly via?: ParamKey | undefined;
}

const containedNode = ({ type, where, via }: ContainedAsked, within: string, keys: Keys): ContainedNode => {
  const container = containerOf(within);
  return { op: 'contained', param: keys.param(container, containedParam), within: 0, name: `contained ${type}`, type, where: toNode(where, containedName(container, type), keys), via };
};

/** Each target type is translated once. */
const perType = <T extends Node>(make: (type: string) => T): ((type: string) => T) => {
  const known = new Map<string, T>();
  return (type) => {
    const found = known.get(type) ?? make(type);
    known.set(type, found);
    return found;
  };
};

const allOf = (of: readonly Node[]): Node => {
  const flat = of.flatMap((each) => (each.op === 'and' ? each.of : [each])).filter(({ op }) => op !== 'all');
  if (flat.some(({ op }) => op === 'none')) return { op: 'none' };
  const [first] = flat;
  return first === undefined ? { op: 'all' } : flat.length === 1 ? first : { op: 'and', of: flat };
};

const anyOf = (of: readonly Node[]): Node => {
  const flat = of.flatMap((each) => (each.op === 'or' ? each.of : [each])).filter(({ op }) => op !== 'none');
  if (flat.some(({ op }) => op === 'all')) return { op: 'all' };
  const [first] = flat;
  return first === undefined ? { op: 'none' } : flat.length === 1 ? first : { op: 'or', of: flat };
};

const negated = (of: Node): Node => {
  if (of.op === 'all') return { op: 'none' };
  return of.op === 'none' ? { op: 'all' } : { op: 'not', of };
};
