/** Places in a resource that a patch can change (https://hl7.org/fhir/R4/json.html#primitive): value and `_value` are one element. */
import type { Lexical, LexicalObject } from '../../core/json/lexical.js';
import { isLexicalObject } from '../../core/json/lexical.js';
import { elementsOf, isPrimitive, isResourceType, type NamedElement } from '../definitions.js';

export interface PatchNode {
  /** Undefined for the resource itself. */
  readonly element: NamedElement | undefined;
  readonly parent: PatchNode | undefined;
  /** The object of which the node is a member. */
  readonly holder: LexicalObject;
  /** Name of the member, without the underscore. */
  readonly key: string;
  /** Place in the list; undefined where there is none. */
  readonly index: number | undefined;
}

/** Returns the node of a whole resource. */
export const rootNode = (resource: Lexical): PatchNode => ({ element: undefined, parent: undefined, holder: { resource }, key: 'resource', index: undefined });

const at = ({ index }: PatchNode, member: Lexical | undefined): Lexical | undefined => {
  const found = index !== undefined && Array.isArray(member) ? member[index] : member;
  return found ?? undefined;
};

/** Returns the value of the node; undefined when it has only an extension. */
export const valueOf = (node: PatchNode): Lexical | undefined => at(node, node.holder[node.key]);

/** Returns what stands beside a primitive: its id and extensions. */
export const extraOf = (node: PatchNode): LexicalObject | undefined => {
  const extra = at(node, node.holder[`_${node.key}`]);
  return isLexicalObject(extra) ? extra : undefined;
};

/** Returns whether the node is a primitive, whose elements stand beside it. */
export const isPrimitiveNode = ({ element }: PatchNode): boolean => element?.type !== undefined && (isPrimitive(element.type.code) || element.type.code === 'xhtml');

/** Returns the object with the elements inside of the node; undefined when there is none. */
export const insideOf = (node: PatchNode): LexicalObject | undefined => {
  const inside = isPrimitiveNode(node) ? extraOf(node) : valueOf(node);
  return isLexicalObject(inside) ? inside : undefined;
};

/** Returns the name that `elementsOf` takes for what is inside of the node. */
export const typeInside = (node: PatchNode): string => {
  if (isPrimitiveNode(node)) return 'Element';
  const type = insideOf(node)?.['resourceType'];
  return typeof type === 'string' && isResourceType(type) ? type : node.element?.children ?? 'Element';
};

/** Returns the FHIR type of the node itself: `Quantity`, `BackboneElement`, `Patient`. */
export const typeOfNode = (node: PatchNode): string => {
  const code = node.element?.type?.code;
  return code === undefined || code === 'Resource' ? typeInside(node) : code;
};

/** Returns the members that an element name stands for: itself, or every type of a choice. */
export const membersNamed = (type: string, name: string): readonly (readonly [key: string, element: NamedElement])[] => {
  const elements = elementsOf(type);
  const exact = elements.get(name);
  return exact === undefined ? [...elements].filter(([, element]) => element.choice && element.name === name) : [[name, exact]];
};

/** Returns the nodes of that name inside of a node; undefined when no such element is defined there. */
export const childrenNamed = (parent: PatchNode, name: string): readonly PatchNode[] | undefined => {
  const members = membersNamed(typeInside(parent), name);
  if (members.length === 0) return undefined;
  const holder = insideOf(parent);
  return holder === undefined ? [] : members.flatMap(([key, element]) => nodesOf({ holder, parent, key, element }));
};

const nodesOf = (start: Omit<PatchNode, 'index'>): PatchNode[] => {
  const { holder, key } = start;
  const lists = [holder[key], holder[`_${key}`]].filter((member) => Array.isArray(member));
  if (lists.length === 0) return holder[key] === undefined && holder[`_${key}`] === undefined ? [] : [{ ...start, index: undefined }];
  const length = Math.max(...lists.map((list) => list.length));
  const nodes = Array.from({ length }, (_, index): PatchNode => ({ ...start, index }));
  return nodes.filter((node) => valueOf(node) !== undefined || extraOf(node) !== undefined);
};
