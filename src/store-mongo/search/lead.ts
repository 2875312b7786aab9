/**
 * Which stretch of an index leads to what may satisfy a node: a filter of hashed numbers and hexadecimal text, never of what a
 * user sent (https://www.mongodb.com/docs/manual/core/indexes/index-types/index-multikey/).
 */
import { searchText } from '../../core/fold.js';
import { referenceText, systemText, uriText } from '../../store-index/index-text.js';
import type { Keys } from '../../store-index/keys.js';
import type { ContainedNode, Node } from '../../store-index/node.js';
import { containedName, isContainedName } from '../../store-index/packed.js';
import { classes, hexNumber, hexText, rangeBase, stringBase, valueKey } from '../index-keys.js';

/** One condition on the array of keys: any of these, or one from a stretch of them. */
export type KeyCondition = { readonly $in: readonly (number | string)[] } | { readonly $elemMatch: { readonly $gte: string; readonly $lt: string } };

export type LeadFilter =
  | { readonly keys: KeyCondition }
  | { readonly _id: { readonly $in: readonly string[] } }
  | { readonly type: string; readonly deleted: false }
  | { readonly type: string; readonly updated: { readonly $gte: number; readonly $lte: number } };

export interface Lead {
  readonly filter: LeadFilter;
  /** For what a planner might read otherwise: an equality or a list of values has one index only, and is not faster for being told so. */
  readonly hint?: Readonly<Record<string, 1>> | undefined;
}

/** The stretches of one index that lead to all matches, and how the search explains them. */
export interface Leads {
  readonly name: string;
  readonly leads: readonly Lead[];
  /** Whether the stretches are of an index narrower than the type. */
  readonly indexed: boolean;
}

const keysHint = { keys: 1, first: 1 } as const;
/** Values in one filter; more are asked in several. */
const most = 1_000;

const anyOf = (values: readonly (number | string)[]): Lead[] => {
  const leads: Lead[] = [];
  for (let at = 0; at < values.length; at += most) leads.push({ filter: { keys: { $in: values.slice(at, at + most) } } });
  return leads;
};

/** Every text from one up to, not including, another. */
const stretch = (from: string, to: string): Lead => ({ filter: { keys: { $elemMatch: { $gte: from, $lt: to } } }, hint: keysHint });

/** What begins with a text: nothing that follows it is above a digit of hexadecimal. */
const beginning = (text: string): Lead => stretch(text, `${text}g`);

/** Returns what leads through the whole type. */
export const wholeType = (type: string): Leads =>
  ({ name: `all ${type}`, indexed: false, leads: [{ filter: { type, deleted: false }, hint: { type: 1, deleted: 1, first: 1 } }] });

/** Returns what leads to the matches of a node; undefined when no index does. */
export const leadsOf = (node: Node, type: string, keys: Keys): Leads | undefined => {
  switch (node.op) {
    case 'or':
      return together(node.of.map((each) => leadsOf(each, type, keys)));
    case 'contained':
      return containedLeads(node, type, keys);
    case 'and':
      // One of its parts leads to all of it, and more.
      return node.of.map((each) => leadsOf(each, type, keys)).find((leads) => leads !== undefined);
    case 'id':
      if (isContainedName(type)) return undefined;
      return { name: '_id', indexed: true, leads: [{ filter: { _id: { $in: [...node.ids].map((id) => `${type}/${id}`) } } }] };
    case 'updated':
      if (isContainedName(type)) return undefined;
      return { name: '_lastUpdated', indexed: true, leads: [{ filter: { type, updated: { $gte: node.low, $lte: node.high } }, hint: { type: 1, updated: 1 } }] };
    case 'token':
    case 'reference':
    case 'uri':
    case 'string':
    case 'range': {
      const leads = leafLeads(node, keys);
      return leads && { name: `${node.op} ${node.name}`, indexed: true, leads };
    }
    default:
      return undefined;
  }
};

/** What contains a resource that satisfies a condition is found by that condition's keys; where there are none, by what it contains. */
const containedLeads = ({ param, name, type, where }: ContainedNode, container: string, keys: Keys): Leads => {
  const parts = where.op === 'and' ? where.of : [where];
  const [inner] = parts.flatMap((part) => leadsOf(part, containedName(container, type), keys) ?? []);
  return inner ?? { name, indexed: true, leads: anyOf([valueKey(keys, param, { within: 0, value: type })]) };
};

/** A disjunction is led to where each of its parts is; equalities are asked as one. */
const together = (parts: readonly (Leads | undefined)[]): Leads | undefined => {
  const known = parts.filter((part) => part !== undefined);
  if (known.length < parts.length) return undefined;
  const values: (number | string)[] = [];
  const others: Lead[] = [];
  for (const lead of known.flatMap(({ leads }) => leads)) {
    if ('keys' in lead.filter && '$in' in lead.filter.keys) values.push(...lead.filter.keys.$in);
    else others.push(lead);
  }
  return { name: [...new Set(known.map(({ name }) => name))].join(' or '), indexed: known.every(({ indexed }) => indexed), leads: [...anyOf([...new Set(values)]), ...others] };
};

type Leaf = Extract<Node, { readonly op: 'token' | 'reference' | 'uri' | 'string' | 'range' }>;

const leafLeads = (node: Leaf, keys: Keys): Lead[] | undefined => {
  const { param, within } = node;
  const value = (text: string): number => valueKey(keys, param, { within, value: text });
  switch (node.op) {
    case 'token':
      if (node.code !== undefined) return anyOf([value(node.code)]);
      return node.system === undefined || node.system === 0 ? undefined : anyOf([value(systemText(node.system))]);
    case 'reference':
      return anyOf([...node.targets].map((target) => value(referenceText(target))));
    case 'uri':
      return uriLeads(node, value);
    case 'string':
      return [stringLead(node)];
    case 'range':
      return rangeLeads(node);
  }
};

const uriLeads = ({ match, uri, param, within }: Extract<Node, { op: 'uri' }>, value: (text: string) => number): Lead[] => {
  switch (match) {
    case 'exact':
      return anyOf([value(uriText(uri))]);
    case 'below':
      return [beginning(stringBase(param.key, within) + hexText(uri))];
    case 'above':
      return anyOf(bases(uri).map((each) => value(uriText(each))));
  }
};

/** Returns everything an address may be below. */
const bases = (uri: string): string[] => {
  const found = [uri];
  for (let at = uri.indexOf('/'); at >= 0; at = uri.indexOf('/', at + 1)) found.push(uri.slice(0, at), uri.slice(0, at + 1));
  return [...new Set(found)];
};

const stringLead = ({ match, text, param, within }: Extract<Node, { op: 'string' }>): Lead => {
  const base = stringBase(param.key, within);
  switch (match) {
    case 'prefix':
      return beginning(base + hexText(text));
    case 'equals':
      return { filter: { keys: { $in: [base + hexText(text)] } } };
    case 'exact':
      return { filter: { keys: { $in: [base + hexText(searchText(text))] } } };
    case 'contains':
    case 'ends':
      return beginning(base);
  }
};

/** An interval that can reach a value begins at most its own width before it: each class of width is a stretch. */
const rangeLeads = ({ compare, low, high, param, within }: Extract<Node, { op: 'range' }>): Lead[] =>
  classes.map(([width, name]) => {
    const base = rangeBase(param.key, within, name);
    const from = compare === 'within' ? low : compare === 'overlaps' ? low - width : compare === 'after' ? high : -Infinity;
    const to = compare === 'within' || compare === 'overlaps' ? high : compare === 'after' ? Infinity : low;
    return stretch(base + hexNumber(from), `${base}${hexNumber(to)}g`);
  });
