/**
 * What FHIRPath sees of a resource: values with their type, a primitive together with its `_name`, `value[x]` by one name
 * (https://hl7.org/fhir/R4/fhirpath.html).
 */
import { baseOf, elementsOf, isPrimitive, isResourceType, isType, type NamedElement } from '../definitions.js';

type JsonObject = Readonly<Record<string, unknown>>;

export class PathNode {
  readonly value: unknown;
  /** `HumanName`, `string`, a backbone as `Patient.contact`, or of FHIRPath itself: `System.String`. */
  readonly type: string;
  /** The `_name` of a primitive. */
  readonly extra: JsonObject | undefined;

  constructor(value: unknown, type: string, extra?: JsonObject) {
    this.value = value;
    this.type = type;
    this.extra = extra;
  }
}

export type Nodes = readonly PathNode[];
export const nothing: Nodes = [];
const yes: Nodes = [new PathNode(true, 'System.Boolean')];
const no: Nodes = [new PathNode(false, 'System.Boolean')];

/** Returns a truth value as a collection: unknown is empty. */
export const truthNodes = (value: boolean | undefined): Nodes => (value === undefined ? nothing : value ? yes : no);
export const textNode = (text: string): PathNode => new PathNode(text, 'System.String');
export const numberNode = (value: number): PathNode => new PathNode(value, Number.isInteger(value) ? 'System.Integer' : 'System.Decimal');

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

interface Key {
  readonly key: string;
  readonly beside: string;
  readonly type: string;
  readonly isPrimitive: boolean;
}

interface Shape {
  /** By name; a `value[x]` has one key for each type. */
  readonly byName: ReadonlyMap<string, readonly Key[]>;
  readonly all: readonly Key[];
}

const shapes = new Map<string, Shape>();

const keyOf = (key: string, element: NamedElement): Key => {
  const type = element.children ?? element.type?.code ?? '';
  return { key, beside: `_${key}`, type, isPrimitive: isPrimitive(type) || type === 'xhtml' };
};

const shapeOf = (type: string): Shape => {
  const found = shapes.get(type);
  if (found !== undefined) return found;
  const byName = new Map<string, Key[]>();
  for (const [key, element] of elementsOf(type)) byName.set(element.name, [...(byName.get(element.name) ?? []), keyOf(key, element)]);
  const made = { byName, all: [...byName.values()].flat() };
  shapes.set(type, made);
  return made;
};

const inExtra: Shape = shapeOf('Element');

const resourceNode = (value: unknown): PathNode => {
  const type = isObject(value) ? value['resourceType'] : undefined;
  return new PathNode(value, typeof type === 'string' && isResourceType(type) ? type : 'Resource');
};

/** Returns the node of a whole resource. */
export const nodeOfResource = (resource: JsonObject): PathNode => resourceNode(resource);

const push = (found: PathNode[], value: unknown, key: Key, beside: unknown): void => {
  if (key.type === 'Resource') found.push(resourceNode(value));
  else if (value !== undefined && value !== null) found.push(key.isPrimitive && isObject(beside) ? new PathNode(value, key.type, beside) : new PathNode(value, key.type));
  else if (isObject(beside)) found.push(new PathNode(undefined, key.type, beside));
};

const collect = (found: PathNode[], from: JsonObject, key: Key): void => {
  const value = from[key.key];
  const beside = key.isPrimitive ? from[key.beside] : undefined;
  if (value === undefined && beside === undefined) return;
  if (!Array.isArray(value) && !Array.isArray(beside)) {
    push(found, value, key, beside);
    return;
  }
  const values = Array.isArray(value) ? (value as readonly unknown[]) : [];
  const siblings = Array.isArray(beside) ? (beside as readonly unknown[]) : [];
  for (let index = 0; index < Math.max(values.length, siblings.length); index += 1) push(found, values[index], key, siblings[index]);
};

/** Puts the children of a name into `found`. */
export const collectMember = (found: PathNode[], node: PathNode, name: string): void => {
  const inside = isObject(node.value) ? node.value : node.extra;
  if (inside === undefined) return;
  const shape = inside === node.extra ? inExtra : shapeOf(node.type);
  const keys = shape.byName.get(name);
  if (keys === undefined) return;
  for (const key of keys) collect(found, inside, key);
};

/** Puts all children into `found`. */
export const collectChildren = (found: PathNode[], node: PathNode): void => {
  const inside = isObject(node.value) ? node.value : node.extra;
  if (inside === undefined) return;
  for (const key of (inside === node.extra ? inExtra : shapeOf(node.type)).all) collect(found, inside, key);
};

const systemTypes = new Set(['Boolean', 'String', 'Integer', 'Decimal', 'Date', 'DateTime', 'Time', 'Quantity', 'Any']);

/** Returns whether a node is of a type, or of one derived from it; `Boolean` is FHIRPath's own, `boolean` that of FHIR. */
export const isOfType = ({ type, value }: PathNode, wanted: string): boolean => {
  if (type.startsWith('System.')) return type === wanted || type === `System.${wanted}`;
  if (wanted.startsWith('System.') || (systemTypes.has(wanted) && !isType(wanted))) return false;
  if (type.includes('.')) return wanted === 'BackboneElement' || wanted === 'Element';
  if (type === 'Resource' && isObject(value)) return wanted === 'Resource' || wanted === value['resourceType'];
  for (let each = type; each !== ''; each = baseOf(each)) if (each === wanted) return true;
  return false;
};
