/**
 * Visits the elements of given FHIR types in a resource, contained resources and extensions included
 * (https://hl7.org/fhir/R4/json.html). Compiled once per type: what cannot hold any is not entered.
 */
import { elementsOf, isPrimitive, isResourceType, type NamedElement } from './definitions.js';

export interface Visited {
  /** From the resource: names and indexes. Valid during the visit only. */
  readonly path: readonly (string | number)[];
  readonly type: string;
  readonly value: unknown;
  readonly parent: Readonly<Record<string, unknown>>;
  readonly key: string;
}

export type Walk = (resource: Readonly<Record<string, unknown>>, visit: (visited: Visited) => void) => void;

interface Member {
  readonly name: string;
  readonly code: string;
  readonly wanted: boolean;
  /** What to walk inside; undefined when nothing wanted can be there. */
  readonly inside: string | undefined;
  readonly isResource: boolean;
}

/** Returns a walk over elements of the given types. It never throws on a misshapen resource: it passes over it. */
export const makeWalker = (types: ReadonlySet<string>): Walk => {
  const membersOf = makeMembers(types);
  return (resource, visit) => {
    const path: (string | number)[] = [];
    const enter = (value: unknown, type: string): void => {
      if (!isObject(value)) return;
      for (const member of membersOf(type)) {
        const child = value[member.name];
        if (child === undefined) continue;
        path.push(member.name);
        if (Array.isArray(child)) {
          for (const [index, item] of child.entries()) {
            path.push(index);
            one(item, member, value);
            path.pop();
          }
        } else one(child, member, value);
        path.pop();
      }
    };
    const one = (value: unknown, member: Member, parent: Readonly<Record<string, unknown>>): void => {
      if (member.wanted) visit({ path, type: member.code, value, parent, key: member.name });
      if (member.isResource) enterResource(value);
      else if (member.inside !== undefined) enter(value, member.inside);
    };
    const enterResource = (value: unknown): void => {
      const type = isObject(value) ? value['resourceType'] : undefined;
      if (typeof type === 'string' && isResourceType(type)) enter(value, type);
    };
    enterResource(resource);
  };
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

const makeMembers = (types: ReadonlySet<string>): ((type: string) => readonly Member[]) => {
  const reach = makeReach(types);
  const known = new Map<string, readonly Member[]>();
  const membersFor = (name: string, element: NamedElement): Member[] => {
    const code = element.type?.code ?? '';
    const { children } = element;
    const inside = children !== undefined && reach(children) ? children : undefined;
    const own = { name, code, wanted: types.has(code), inside, isResource: code === 'Resource' };
    if (!isPrimitive(code) || !reach('Element')) return [own];
    return [own, { name: `_${name}`, code: 'Element', wanted: false, inside: 'Element', isResource: false }];
  };
  return (type) => {
    const found = known.get(type);
    if (found !== undefined) return found;
    const made = [...elementsOf(type)].flatMap(([name, element]) => membersFor(name, element)).filter(({ wanted, inside, isResource }) => wanted || inside !== undefined || isResource);
    known.set(type, made);
    return made;
  };
};

/** Returns whether elements of the wanted types can be found inside of a type, at any depth. */
const makeReach = (types: ReadonlySet<string>): ((type: string) => boolean) => {
  const known = new Map<string, boolean>();
  const search = (type: string, seen: Set<string>): boolean => {
    if (seen.has(type)) return false;
    seen.add(type);
    return [...elementsOf(type).values()].some(({ type: own, children }) =>
      types.has(own?.code ?? '') || own?.code === 'Resource' || (children !== undefined && search(children, seen)));
  };
  return (type) => {
    const found = known.get(type) ?? search(type, new Set());
    known.set(type, found);
    return found;
  };
};
