/** Finds the places in a resource that a path means: plain paths here, any other FHIRPath on a thread of its own. */
import { FhirError } from '../../core/error.js';
import { stringifyLexical } from '../../core/json/lexical.js';
import { nearName } from '../../core/near-name.js';
import { baseOf, elementsOf } from '../definitions.js';
import { pathWorkers } from '../fhirpath-worker.js';
import { childrenNamed, insideOf, typeInside, typeOfNode, valueOf, type PatchNode } from './node.js';
import { parseSteps, placeSteps, type Condition, type Step } from './steps.js';

/** Milliseconds that the expressions of one patch may take together. */
const mostTime = 1_000;

/** Finds nodes in one resource; keeps count of the time. */
export interface Selector {
  /** Throws `invalid-patch` for a name that is not defined and for a result that is no element, and what evaluating throws. */
  readonly find: (path: string) => Promise<readonly PatchNode[]>;
}

/** Returns the selector for a resource that may change between two searches. */
export const makeSelector = (root: PatchNode): Selector => {
  let used = 0;
  return {
    find: async (path) => {
      const steps = parseSteps(path);
      const plain = steps === undefined ? undefined : selectSteps(root, steps);
      if (plain !== undefined) return plain;
      if (used > mostTime) throw new FhirError('too-costly', 'The expressions of this patch take too long; use plain paths such as Patient.name[0].given.');
      const start = performance.now();
      try {
        const found = await pathWorkers().evaluate({ expression: path, text: stringifyLexical(valueOf(root) ?? null) });
        return found.map((value) => nodeAt(root, value.path));
      } finally {
        used += performance.now() - start;
      }
    },
  };
};

const isOfType = (node: PatchNode, type: string): boolean => {
  for (let own = typeOfNode(node); own !== ''; own = baseOf(own)) if (own === type) return true;
  return false;
};

/** Returns what plain steps find; undefined when it takes more than this to compare. */
const selectSteps = (root: PatchNode, [first, ...rest]: readonly Step[]): readonly PatchNode[] | undefined => {
  if (first?.kind !== 'member') return undefined;
  const isTypeName = /^[A-Z]/.test(first.name);
  let nodes: readonly PatchNode[] | undefined = isTypeName ? [root].filter((node) => isOfType(node, first.name)) : step([root], first);
  for (const each of rest) nodes = nodes && step(nodes, each);
  return nodes;
};

const step = (nodes: readonly PatchNode[], one: Step): readonly PatchNode[] | undefined => {
  switch (one.kind) {
    case 'member': return nodes.flatMap((node) => childrenNamed(node, one.name) ?? noSuchElement(node, one.name));
    case 'index': return nodes.slice(one.index, one.index + 1);
    case 'first': return nodes.slice(0, 1);
    case 'last': return nodes.slice(-1);
    case 'ofType': return nodes.filter((node) => isOfType(node, one.type));
    case 'extension': return nodes.flatMap((node) => childrenNamed(node, 'extension') ?? []).filter((node) => insideOf(node)?.['url'] === one.url);
    case 'where': return nodes.every((node) => one.conditions.every((condition) => isComparable(node, condition))) ? nodes.filter((node) => one.conditions.every((condition) => holds(node, condition))) : undefined;
  }
};

const noSuchElement = (node: PatchNode, name: string): never => {
  const type = typeInside(node);
  const near = nearName(name, elementsOf(type).keys());
  throw new FhirError('invalid-patch', `${type} has no element "${name.slice(0, 60)}".${near === undefined ? '' : ` Did you mean ${near}?`}`);
};

const plainTexts = new Set(['string', 'code', 'id', 'uri', 'url', 'canonical', 'oid', 'uuid', 'markdown']);

const reached = (node: PatchNode, { path }: Condition): readonly PatchNode[] =>
  path.reduce<readonly PatchNode[]>((nodes, name) => nodes.flatMap((each) => childrenNamed(each, name) ?? noSuchElement(each, name)), [node]);

/** Dates and numbers have comparisons of their own, which the library knows. */
const isComparable = (node: PatchNode, condition: Condition): boolean =>
  reached(node, condition).every((found) => (typeof condition.equals === 'boolean' ? typeOfNode(found) === 'boolean' : plainTexts.has(typeOfNode(found))));

const holds = (node: PatchNode, condition: Condition): boolean => {
  const found = reached(node, condition);
  return found.length === 1 && found.every((one) => valueOf(one) === condition.equals);
};

const nodeAt = (root: PatchNode, path: string | undefined): PatchNode => {
  if (path === undefined) throw new FhirError('invalid-patch', 'The path computes a value; it must name an element of the resource.');
  const [, ...steps] = placeSteps(path);
  let node: PatchNode | undefined = root;
  for (const { name, index } of steps) {
    const children: readonly PatchNode[] = node === undefined ? [] : childrenNamed(node, name) ?? [];
    node = children.find((child) => child.index === index) ?? (index === undefined || index === 0 ? children[0] : undefined);
  }
  if (node === undefined) throw new FhirError('invalid-patch', 'The path leads out of the resource; it must name an element of it.');
  return node;
};
