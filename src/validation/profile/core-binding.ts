/**
 * Extensible bindings of R4 itself, outside of profiles (https://hl7.org/fhir/R4/terminologies.html#extensible): a code from
 * elsewhere is right only where the value set has none that fits, which nobody but a person can tell. So it is a warning.
 */
import { elementsOf, type NamedElement } from '../../fhir/definitions.js';
import { PathNode } from '../../fhir/expression/node.js';
import { isObject, type JsonObject } from '../checks.js';
import { bindable, codesIn, shown } from './binding.js';
import type { ProfileRun } from './run.js';

interface Member {
  /** Without the type of a choice. */
  readonly name: string;
  readonly type: string;
  readonly valueSet: string | undefined;
  /** The type to go on in, where something inside of it is bound. */
  readonly inside: string | undefined;
}

type Members = ReadonlyMap<string, Member>;
const none: Members = new Map();

const boundSet = ({ binding, type }: NamedElement): string | undefined => (binding?.strength === 'extensible' && bindable.has(type?.code ?? '') ? binding.valueSet : undefined);

/** Whether the type has an extensible binding anywhere inside; resources inside of it are for themselves. */
const isBound = (type: string, seen: ReadonlySet<string>): boolean => {
  if (type === '' || seen.has(type)) return false;
  const within = new Set([...seen, type]);
  return [...elementsOf(type).values()].some((element) => boundSet(element) !== undefined || isBound(element.children ?? '', within));
};

const known = new Map<string, Members>();

const membersOf = (type: string): Members => {
  const found = known.get(type);
  if (found !== undefined) return found;
  const made = new Map([...elementsOf(type)].flatMap(([key, element]): [string, Member][] => {
    const { children } = element;
    const [valueSet, isDeeper] = [boundSet(element), children !== undefined && isBound(children, new Set())];
    return valueSet === undefined && !isDeeper ? [] : [[key, { name: element.name, type: children ?? element.type?.code ?? '', valueSet, inside: isDeeper ? children : undefined }]];
  }));
  const members = made.size === 0 ? none : made;
  known.set(type, members);
  return members;
};

interface Walk {
  readonly run: ProfileRun;
  readonly at: string;
  readonly path: (string | number)[];
}

/** Adds what the codes of a resource are outside of. The structure of the resource must have been found right. */
export const checkCoreBindings = (run: ProfileRun, resource: JsonObject, at: string): void => {
  walkMembers(resource, membersOf(run.resource.type), { run, at, path: [] });
};

const walkMembers = (value: JsonObject, members: Members, walk: Walk): void => {
  for (const key in value) {
    if (key.charCodeAt(0) === 95) {
      walkExtensions(value[key], key.slice(1), walk);
      continue;
    }
    const member = members.get(key);
    if (member === undefined) continue;
    const child = value[key];
    walk.path.push(member.name);
    if (Array.isArray(child)) {
      for (let index = 0; index < child.length; index += 1) {
        walk.path.push(index);
        checkItem(child[index], member, walk);
        walk.path.pop();
      }
    } else checkItem(child, member, walk);
    walk.path.pop();
  }
};

/** The elements beside primitives have extensions at most. */
const walkExtensions = (value: unknown, name: string, walk: Walk): void => {
  for (const [index, item] of (Array.isArray(value) ? (value as unknown[]) : [value]).entries()) {
    if (!isObject(item) || item['extension'] === undefined) continue;
    walk.path.push(name, ...(Array.isArray(value) ? [index] : []));
    walkMembers(item, membersOf('Element'), walk);
    walk.path.length -= Array.isArray(value) ? 2 : 1;
  }
};

const checkItem = (value: unknown, { type, valueSet, inside }: Member, walk: Walk): void => {
  if (value === null || value === undefined) return;
  if (valueSet !== undefined) checkCodes(value, { type, valueSet }, walk);
  if (inside !== undefined && isObject(value)) walkMembers(value, membersOf(inside), walk);
};

const checkCodes = (value: unknown, { type, valueSet }: { readonly type: string; readonly valueSet: string }, { run, at, path }: Walk): void => {
  const codes = codesIn(new PathNode(value, type));
  let unknown: string | undefined;
  for (const coded of codes) {
    const { result, message } = run.ask({ ...coded, valueSet });
    if (result === 'in') return;
    if (result === 'unknown') unknown = message ?? '';
  }
  if (codes.length === 0 || (unknown !== undefined && !run.thorough)) return;
  const place = path.reduce<string>((text, step) => (typeof step === 'number' ? `${text}[${String(step)}]` : `${text}.${step}`), at);
  const text = unknown === undefined ? `${shown(codes)} is not in ${valueSet}; another code is right only where none of it fits` : `cannot be checked against ${valueSet}${unknown === '' ? '' : `: ${unknown}`}`;
  run.issues.push({ severity: unknown === undefined ? 'warning' : 'information', code: unknown === undefined ? 'code-invalid' : 'not-supported', diagnostics: `${place}: ${text}`, expression: place });
};
