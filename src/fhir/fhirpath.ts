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

const resolveTable = (resource: Readonly<Record<string, unknown>>, model: Library.Model): Library.UserInvocationTable => ({
  resolve: {
    internalStructures: true,
    arity: { 0: [] },
    fn(this: unknown, nodes: readonly ResourceNode[]): unknown[] {
      return nodes.flatMap((node) => {
        const type = referenceType(typeof node.data === 'string' ? { reference: node.data } : node.data, resource);
        return type === undefined ? [] : [node.constructor.makeResNode(this, { resourceType: type }, null, null, null, type, model)];
      });
    },
  },
});

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

const makeFinder = (expression: string): ((value: unknown, resource: Readonly<Record<string, unknown>>) => unknown[]) => {
  const text = filterInsteadOfAs(expression);
  let resourceNow: Readonly<Record<string, unknown>> = {};
  let run: ((value: unknown, variables: Record<string, unknown>) => unknown[]) | undefined;
  const prepare = (): NonNullable<typeof run> => {
    const { library, model } = load();
    const lookUp = { get resolve() { return resolveTable(resourceNow, model)['resolve']; } } as Library.UserInvocationTable;
    return library.compile(text, model, { async: false, resolveInternalTypes: false, traceFn: () => undefined, userInvocationTable: lookUp }) as NonNullable<typeof run>;
  };
  return (value, resource) => {
    run ??= prepare();
    resourceNow = resource;
    return run(value, { resource });
  };
};
