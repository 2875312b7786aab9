/** Holds a resource against the constraints of its elements (https://hl7.org/fhir/R4/validation.html): errors refuse it, warnings are told. */
import type { Issue } from '../../core/error.js';
import { referenceType } from '../../fhir/reference-type.js';
import type { Run } from '../../fhir/expression/call.js';
import { nodeOfResource, PathNode } from '../../fhir/expression/node.js';
import { isObject, type JsonObject } from '../checks.js';
import { containedOf } from '../contained.js';
import { rulesOf, type Rule, type TypeRules } from './rule.js';

/** What the walk carries along; the path is spelled out only for what breaks a rule. */
interface Walk {
  readonly resource: PathNode;
  readonly root: PathNode;
  readonly resolve: Run['resolve'];
  readonly path: (string | number)[];
  readonly issues: Issue[];
}

/** Returns what breaks a constraint. The structure of the resource must have been found right. */
export const checkInvariants = (resource: JsonObject): Issue[] => {
  const issues: Issue[] = [];
  enterResource(resource, { path: [String(resource['resourceType'])], issues }, undefined);
  return issues;
};

const enterResource = (resource: JsonObject, { path, issues }: Pick<Walk, 'path' | 'issues'>, root: PathNode | undefined): void => {
  const node = nodeOfResource(resource);
  const outer = (root ?? node).value as JsonObject;
  const walk: Walk = { resource: node, root: root ?? node, resolve: (reference) => targetOf(reference, outer), path, issues };
  enter(resource, rulesOf(node.type), { walk, node });
};

/** What the reference says of its target: a contained resource whole, of any other the type alone. */
const targetOf = ({ value }: PathNode, resource: JsonObject): PathNode | undefined => {
  const reference = typeof value === 'string' ? value : isObject(value) ? value['reference'] : undefined;
  if (typeof reference === 'string' && reference.startsWith('#')) {
    const found = containedOf(resource).get(reference.slice(1));
    if (found !== undefined) return nodeOfResource(found);
  }
  const type = referenceType(typeof value === 'string' ? { reference: value } : value, resource);
  return type === undefined ? undefined : nodeOfResource({ resourceType: type });
};

const enter = (value: JsonObject, { own, members }: TypeRules, { walk, node }: { readonly walk: Walk; readonly node: PathNode | undefined }): void => {
  if (own.length > 0 && node !== undefined) apply(own, node, walk);
  for (const key in value) {
    if (key.charCodeAt(0) === 95) {
      enterSiblings(value[key], key.slice(1), walk);
      continue;
    }
    const member = members.get(key);
    if (member === undefined || (member.isPrimitive && member.rules.length === 0)) continue;
    const child = value[key];
    walk.path.push(member.name);
    if (Array.isArray(child)) {
      for (let index = 0; index < child.length; index += 1) {
        walk.path.push(index);
        enterItem(child[index], member, walk);
        walk.path.pop();
      }
    } else enterItem(child, member, walk);
    walk.path.pop();
  }
};

type Member = TypeRules['members'] extends ReadonlyMap<string, infer M> ? M : never;

const enterItem = (value: unknown, member: Member, walk: Walk): void => {
  if (value === null || value === undefined) return;
  if (member.isResource) {
    if (isObject(value)) enterResource(value, walk, member.name === 'contained' ? walk.root : undefined);
    return;
  }
  const inside = member.inside === undefined ? undefined : rulesOf(member.inside);
  const node = member.rules.length > 0 || (inside !== undefined && inside.own.length > 0) ? new PathNode(value, member.type) : undefined;
  if (node !== undefined) apply(member.rules, node, walk);
  if (inside !== undefined && isObject(value)) enter(value, inside, { walk, node });
};

/** Elements beside a primitive, in `_name`: one, or an array filled up with null. */
const enterSiblings = (value: unknown, name: string, walk: Walk): void => {
  for (const [index, item] of (Array.isArray(value) ? (value as unknown[]) : [value]).entries()) {
    if (!isObject(item)) continue;
    walk.path.push(name);
    if (Array.isArray(value)) walk.path.push(index);
    enter(item, rulesOf('Element'), { walk, node: undefined });
    walk.path.length -= Array.isArray(value) ? 2 : 1;
  }
};

const apply = (rules: readonly Rule[], node: PathNode, walk: Walk): void => {
  const { resource, root, resolve } = walk;
  const run: Run = { resource, root, context: node, index: 0, resolve };
  for (const rule of rules) {
    const met = rule.test([node], run);
    if (met !== true && !(met === undefined && rule.metWhenUnknown)) walk.issues.push(issueOf(rule, walk.path));
  }
};

const issueOf = ({ key, severity, human }: Rule, path: readonly (string | number)[]): Issue => {
  const at = path.reduce<string>((text, step) => (typeof step === 'number' ? `${text}[${String(step)}]` : text === '' ? step : `${text}.${step}`), '');
  return { severity, code: 'invariant', diagnostics: `${at}: ${human.trim().replace(/\.$/, '')} (${key})`, expression: at };
};
