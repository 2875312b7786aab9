/**
 * FHIRPath by the library (http://hl7.org/fhirpath/N1/, https://hl7.org/fhir/R4/fhirpath.html), loaded when first
 * needed. `resolve()` looks at the reference only and never fetches; `trace()` is silent; `as` filters, also lists.
 */
import { createRequire } from 'node:module';
import type * as Library from 'fhirpath';
import { referenceType } from './reference-type.js';

/** A result with its FHIR type: `CodeableConcept`, `dateTime`, `BackboneElement`. */
export interface TypedValue {
  readonly type: string;
  readonly value: unknown;
}

/** A result that also says where it stands: `Patient.name[0].given[1]`; undefined for what is computed. */
export interface PlacedValue extends TypedValue {
  readonly path: string | undefined;
}

interface Loaded {
  readonly library: typeof Library;
  readonly model: Library.Model;
}

let loaded: Loaded | undefined;
const load = (): Loaded => {
  const require = createRequire(import.meta.url);
  loaded ??= { library: require('fhirpath') as typeof Library, model: require('fhirpath/fhir-context/r4') as Library.Model };
  return loaded;
};

interface ResourceNode {
  readonly data?: unknown;
  readonly constructor: { makeResNode(context: unknown, data: unknown, parent: null, path: null, extra: null, type: string, model: Library.Model): unknown };
}

/** The library looks the table up once, so the resource is asked for at each call. */
const resolveTable = (resourceNow: () => Readonly<Record<string, unknown>>, model: Library.Model): Library.UserInvocationTable => ({
  resolve: {
    internalStructures: true,
    arity: { 0: [] },
    fn(this: unknown, nodes: readonly ResourceNode[]): unknown[] {
      return nodes.flatMap((node) => {
        const reference = typeof node.data === 'string' ? { reference: node.data } : node.data;
        const resource = resourceNow();
        const type = referenceType(reference, resource);
        return type === undefined ? [] : [node.constructor.makeResNode(this, containedIn(resource, reference) ?? { resourceType: type }, null, null, null, type, model)];
      });
    },
  },
});

/** The contained resource a reference names, which is at hand as a whole. */
const containedIn = ({ contained }: Readonly<Record<string, unknown>>, reference: unknown): unknown => {
  const { reference: target } = (reference ?? {}) as { readonly reference?: unknown };
  if (typeof target !== 'string' || !target.startsWith('#') || !Array.isArray(contained)) return undefined;
  return contained.find((one: { readonly id?: unknown } | null) => one?.id === target.slice(1)) as unknown;
};

/** The operator and the function `as` want a single value, which many R4 expressions do not give them. */
const filterInsteadOfAs = (expression: string): string =>
  expression.replace(/\.as\(/g, '.ofType(').replace(/\(([^()|]+?) as (\w+)\)/g, '($1).ofType($2)').replace(/ofType\(DateTime\)/g, 'ofType(dateTime)');

/** Evaluates on a resource, or on a part of it; throws what the library throws for data it cannot take. */
export type Evaluate = (value: unknown, resource: Readonly<Record<string, unknown>>) => readonly TypedValue[];

/** Returns the expression, parsed once. Throws for an expression that is no FHIRPath. */
export const evaluatePath = (expression: string): Evaluate => {
  const find = makeFinder(expression);
  return (value, resource) => typed(find(value, resource));
};

/** Returns the same for expressions whose results are to be changed: each with its place. */
export const evaluatePlaces = (expression: string): ((resource: Readonly<Record<string, unknown>>) => readonly PlacedValue[]) => {
  const find = makeFinder(expression);
  return (resource) => {
    const found = find(resource, resource);
    const paths = found.map((node) => pathOf(node));
    return typed(found).map((value, at) => ({ ...value, path: paths[at] }));
  };
};

const pathOf = (node: unknown): string | undefined => {
  const { fullPropertyName } = (node ?? {}) as { fullPropertyName?: () => string };
  return typeof fullPropertyName === 'function' ? fullPropertyName.call(node) : undefined;
};

const typed = (found: unknown[]): readonly TypedValue[] => {
  const { library } = load();
  const types = library.types(found);
  const values = library.resolveInternalTypes(found) as unknown[];
  return types.map((type, at) => ({ type: type.replace(/^(FHIR|System)\./, ''), value: values[at] }));
};

interface ConditionOn {
  readonly expression: string;
  /** Type of the element it is about: `HumanName`, `Patient.contact`. */
  readonly type: string;
}

/** `%resource` and `%rootResource` of a condition. */
interface ConditionScope {
  readonly resource: Readonly<Record<string, unknown>>;
  readonly root: Readonly<Record<string, unknown>>;
}

type Judge = (value: unknown, scope: ConditionScope) => boolean | undefined;
const conditions = new Map<string, Judge>();
const mostConditions = 1_000;

/** Returns the expression as a condition on an element: true, false, or undefined for an empty result. Throws for an expression that is no FHIRPath, or fails. */
export const evaluateCondition = ({ expression, type }: ConditionOn): Judge => {
  const key = `${type} ${expression}`;
  const found = conditions.get(key) ?? makeCondition(expression, type);
  if (conditions.size >= mostConditions) conditions.clear();
  conditions.set(key, found);
  return found;
};

const makeCondition = (expression: string, type: string): Judge => {
  const { library, model } = load();
  let rootNow: Readonly<Record<string, unknown>> = {};
  const run = library.compile({ base: type, expression: filterInsteadOfAs(expression) }, model, { async: false, traceFn: () => undefined, userInvocationTable: resolveTable(() => rootNow, model) }) as unknown as (value: unknown, variables: object) => unknown[];
  return (value, { resource, root }) => {
    rootNow = root;
    const [first, second] = run(value, { resource, rootResource: root });
    if (first === undefined) return undefined;
    return second === undefined && typeof first === 'boolean' ? first : true;
  };
};

const makeFinder = (expression: string): ((value: unknown, resource: Readonly<Record<string, unknown>>) => unknown[]) => {
  const text = filterInsteadOfAs(expression);
  let resourceNow: Readonly<Record<string, unknown>> = {};
  let run: ((value: unknown, variables: Record<string, unknown>) => unknown[]) | undefined;
  const prepare = (): NonNullable<typeof run> => {
    const { library, model } = load();
    return library.compile(text, model, { async: false, resolveInternalTypes: false, traceFn: () => undefined, userInvocationTable: resolveTable(() => resourceNow, model) }) as NonNullable<typeof run>;
  };
  return (value, resource) => {
    run ??= prepare();
    resourceNow = resource;
    return run(value, { resource });
  };
};
