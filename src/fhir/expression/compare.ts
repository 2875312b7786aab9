/** Equality and order of FHIRPath (http://hl7.org/fhirpath/N1/#equality): undefined where the answer is unknown. */
import { dateRange } from '../partial-date.js';
import type { Nodes, PathNode } from './node.js';
import { spend, stepsOfText, type Work } from './work.js';

type JsonObject = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null;

/** Returns whether two JSON values are the same; the order of members does not matter. */
export const sameJson = (a: unknown, b: unknown, work?: Work): boolean => {
  spend(work, typeof a === 'string' ? stepsOfText(a) : 1);
  if (a === b) return true;
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => sameJson(a[key], b[key], work));
};

const moments = new Set(['date', 'dateTime', 'instant', 'System.Date', 'System.DateTime']);
const isMoment = ({ type }: PathNode): boolean => moments.has(type);
const quantities = new Set(['Quantity', 'Age', 'Count', 'Distance', 'Duration', 'SimpleQuantity', 'MoneyQuantity']);

/** Returns whether two nodes are equal. */
export const isEqual = (a: PathNode, b: PathNode, work?: Work): boolean | undefined => {
  if (a.value === undefined || b.value === undefined) return undefined;
  if (isMoment(a) && isMoment(b) && a.value !== b.value) {
    const order = orderOf(a, b);
    return order === undefined ? undefined : order === 0;
  }
  return sameJson(a.value, b.value, work);
};

/** Returns whether two collections are equal: as long as each other, item by item. */
export const areEqual = (a: Nodes, b: Nodes, work?: Work): boolean | undefined => {
  if (a.length === 0 || b.length === 0) return undefined;
  if (a.length !== b.length) return false;
  let known: boolean | undefined = true;
  for (const [index, item] of a.entries()) {
    const other = b[index];
    const equal = other && isEqual(item, other, work);
    if (equal === false) return false;
    if (equal === undefined) known = undefined;
  }
  return known;
};

/** Returns whether a collection has an item equal to this one. */
export const hasItem = (nodes: Nodes, wanted: PathNode, work?: Work): boolean => nodes.some((node) => isEqual(node, wanted, work) === true);

/** Returns the items without those equal to one before them. */
export const distinct = (nodes: Nodes, work?: Work): Nodes => {
  spend(work, nodes.length);
  if (nodes.length < 2) return nodes;
  const kept: PathNode[] = [];
  for (const node of nodes) if (!hasItem(kept, node, work)) kept.push(node);
  return kept;
};

/** Returns a negative number, 0 or a positive one as `a` is before, equal to or after `b`; undefined when that is unknown. */
export const orderOf = (a: PathNode, b: PathNode): number | undefined => {
  if (isMoment(a) && isMoment(b)) return orderOfMoments(String(a.value), String(b.value));
  if (quantities.has(a.type) && quantities.has(b.type)) return orderOfQuantities(a.value, b.value);
  if (typeof a.value === 'number' && typeof b.value === 'number') return a.value - b.value;
  if (typeof a.value !== 'string' || typeof b.value !== 'string') return undefined;
  return a.value === b.value ? 0 : a.value < b.value ? -1 : 1;
};

const orderOfMoments = (a: string, b: string): number | undefined => {
  const [one, other] = [dateRange(a), dateRange(b)];
  if (one === undefined || other === undefined) return undefined;
  if (one.low === other.low && one.high === other.high) return 0;
  if (one.high < other.low) return -1;
  return one.low > other.high ? 1 : undefined;
};

const orderOfQuantities = (a: unknown, b: unknown): number | undefined => {
  if (!isObject(a) || !isObject(b)) return undefined;
  const [unitA, unitB] = [a, b].map((one: JsonObject) => one['code'] ?? one['unit']);
  const [valueA, valueB] = [a['value'], b['value']];
  return unitA === unitB && typeof valueA === 'number' && typeof valueB === 'number' ? valueA - valueB : undefined;
};
