/**
 * FHIR R4 (4.0.1) as data: element, search parameter, compartment, code and invariant definitions, compiled at build
 * time into `generated/` (https://hl7.org/fhir/R4/downloads.html). Each file is read when first asked for.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../core/package-root.js';

export interface TypeRef {
  /** FHIR type: `string`, `Reference`, `BackboneElement`, ... */
  readonly code: string;
  /** Resource types a Reference or canonical may point to; empty: any. */
  readonly targets: readonly string[];
}

export interface ElementDef {
  /** JSON name as defined, without `[x]`. */
  readonly name: string;
  /** `Patient.contact.name` */
  readonly path: string;
  readonly min: number;
  /** Infinity for `*`. */
  readonly max: number;
  readonly types: readonly TypeRef[];
  /** Whether the element is a `value[x]`. */
  readonly choice: boolean;
  /** What `elementsOf` takes for the elements inside; undefined for a primitive or an open choice. */
  readonly children?: string | undefined;
  readonly binding?: { readonly strength: string; readonly valueSet: string } | undefined;
  readonly summary: boolean;
  readonly modifier: boolean;
}

/** An element under one of its JSON names; `type` is the type of that name, undefined only for contentReference. */
export interface NamedElement extends ElementDef {
  readonly type?: TypeRef | undefined;
}

export interface SearchParameterDef {
  readonly code: string;
  readonly url: string;
  readonly type: string;
  readonly base: readonly string[];
  readonly target: readonly string[];
  readonly expression?: string | undefined;
  readonly components: readonly { readonly definition: string; readonly expression: string }[];
}

export interface Invariant {
  readonly key: string;
  readonly severity: 'error' | 'warning';
  readonly human: string;
  readonly expression: string;
  /** Element the expression is evaluated on. */
  readonly path: string;
}

interface SlimElement {
  readonly path: string;
  readonly min: number;
  readonly max: number;
  readonly types: readonly (readonly [string, ...string[]])[];
  readonly content?: string;
  readonly binding?: readonly [string, string];
  readonly summary?: true;
  readonly modifier?: true;
}

interface SlimType {
  readonly name: string;
  readonly kind: string;
  readonly abstract: boolean;
  readonly base: string;
  readonly elements: readonly SlimElement[];
  readonly pattern?: string;
}

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
};
/** Returns the content of a file that the build makes of the published definitions. */
export const readGenerated = (name: string): unknown => {
  const file = join(packageRoot, 'generated', name);
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`The FHIR definitions cannot be read from ${file}: run "npm run build".`, { cause });
  }
};
const slimTypes = once(() => new Map((readGenerated('elements.json') as SlimType[]).map((type) => [type.name, type])));

/** The concrete resource types, in alphabetical order. */
export const resourceTypes: readonly string[] = [...slimTypes().values()].filter(({ kind, abstract }) => kind === 'resource' && !abstract).map(({ name }) => name).sort();
const resourceNames = new Set(resourceTypes);

/** The types of elements that have elements: `HumanName`, `Element`, `BackboneElement`. */
export const datatypes: readonly string[] = [...slimTypes().values()].filter(({ kind }) => kind === 'complex-type').map(({ name }) => name).sort();

/** Returns whether the name is a concrete resource type, in its exact case. */
export const isResourceType = (name: string): boolean => resourceNames.has(name);

/** Returns whether the name is a primitive type. */
export const isPrimitive = (type: string): boolean => slimTypes().get(type)?.kind === 'primitive-type';

/** Returns whether the name is any type of R4. */
export const isType = (type: string): boolean => slimTypes().has(type);

/** Returns the type a type specializes: `Quantity` for `Age`; empty at the top. */
export const baseOf = (type: string): string => slimTypes().get(type)?.base ?? '';

/** Returns the source of the regular expression the specification gives for a primitive. */
export const primitivePattern = (type: string): string | undefined => slimTypes().get(type)?.pattern;

const known = new Map<string, ReadonlyMap<string, NamedElement>>();
const noElements: ReadonlyMap<string, NamedElement> = new Map();

/**
 * Returns the elements of a resource, datatype or backbone (`Patient.contact`) by JSON name; a `value[x]` appears once
 * per type. Empty for what is not a type.
 */
export const elementsOf = (type: string): ReadonlyMap<string, NamedElement> => {
  const found = known.get(type);
  if (found !== undefined) return found;
  const made = makeElements(type);
  if (made.size > 0) known.set(type, made);
  return made;
};

const makeElements = (name: string): ReadonlyMap<string, NamedElement> => {
  const slim = slimTypes().get(name.split('.')[0] ?? name);
  if (slim === undefined) return noElements;
  const depth = name.split('.').length + 1;
  const own = slim.elements.filter(({ path }) => path.startsWith(`${name}.`) && path.split('.').length === depth);
  return new Map(own.flatMap((element) => namedElements(slim, element)));
};

const namedElements = (slim: SlimType, element: SlimElement): [string, NamedElement][] => {
  const last = element.path.slice(element.path.lastIndexOf('.') + 1);
  const choice = last.endsWith('[x]');
  const name = choice ? last.slice(0, -3) : last;
  const types = element.types.map(([code, ...targets]): TypeRef => ({ code, targets }));
  const base: ElementDef = {
    name, path: element.path, min: element.min, max: element.max < 0 ? Infinity : element.max, types, choice,
    binding: element.binding === undefined ? undefined : { strength: element.binding[0], valueSet: element.binding[1] },
    summary: element.summary ?? false, modifier: element.modifier ?? false,
  };
  if (element.content !== undefined) return [[name, { ...base, children: element.content }]];
  return types.map((type) => {
    const jsonName = choice ? name + type.code.charAt(0).toUpperCase() + type.code.slice(1) : name;
    return [jsonName, { ...base, type, children: childrenOf(slim, element.path, type.code) }];
  });
};

const childrenOf = (slim: SlimType, path: string, code: string): string | undefined => {
  if (slim.elements.some((other) => other.path.startsWith(`${path}.`))) return path;
  return isPrimitive(code) || code === 'xhtml' || code === 'Resource' ? undefined : code;
};

const searchParameters = once(() => readGenerated('search-parameters.json') as SearchParameterDef[]);

/** Returns every search parameter of R4. */
export const searchParameterDefs = (): readonly SearchParameterDef[] => searchParameters();

const compartments = once(() => new Map((readGenerated('compartments.json') as { code: string; params: Record<string, string[]> }[]).map(({ code, params }) => [code, params])));

/** Returns the parameters that put a resource of `type` into a compartment; empty when it never is in one. */
export const compartmentParams = (compartment: string, type: string): readonly string[] => compartments().get(compartment)?.[type] ?? [];

/** Returns the types that have compartments. */
export const compartmentTypes = (): readonly string[] => [...compartments().keys()];

/** Returns the names of the top-level elements that are wanted; asked for with every answer, so each type is looked at once. */
const topLevel = (wanted: (element: NamedElement) => boolean): ((type: string) => readonly string[]) => {
  const found = new Map<string, readonly string[]>();
  return (type) => {
    const names = found.get(type) ?? [...elementsOf(type)].filter(([, element]) => wanted(element)).map(([name]) => name);
    if (names.length > 0) found.set(type, names);
    return names;
  };
};

/** Returns the JSON names of the top-level elements that belong to the summary. */
export const summaryElements = topLevel(({ summary }) => summary);

/** Returns the JSON names of the top-level elements that a resource must have. */
export const mandatoryElements = topLevel(({ min }) => min > 0);

const codes = once(() => readGenerated('codes.json') as Record<string, string[]>);
const codeSets = new Map<string, ReadonlySet<string>>();

/** Returns `system|code` and the bare codes of a value set with a required binding, its version ignored; undefined when it cannot be listed. */
export const codesOf = (valueSetUrl: string): ReadonlySet<string> | undefined => {
  const [valueSet = ''] = valueSetUrl.split('|');
  const found = codeSets.get(valueSet);
  if (found !== undefined) return found;
  const members = codes()[valueSet];
  if (members === undefined) return undefined;
  const set = new Set(members.flatMap((member) => [member, member.slice(member.lastIndexOf('|') + 1)]));
  codeSets.set(valueSet, set);
  return set;
};

const invariants = once(() => readGenerated('invariants.json') as Record<string, Invariant[]>);

/** Returns the constraints of a type and of its elements; those a type inherits at its root (`dom-2`) stand at `baseOf(type)`. */
export const invariantsOf = (type: string): readonly Invariant[] => invariants()[type] ?? [];
