/** Terminology as of now: before each question what was written since the last is taken into account. */
import { FhirError } from '../../core/error.js';
import type { Terminology } from '../../terminology/port.js';
import type { ValueSet } from '../../terminology/resource.js';

export interface FreshParts {
  readonly terminology: Terminology;
  readonly refresh: () => Promise<void>;
  /** Reads a value set of this server by its id; throws `not-found`. */
  readonly valueSet: (id: string) => Promise<ValueSet>;
}

const local = /^ValueSet\/([A-Za-z0-9.-]{1,64})$/;

/** Returns the terminology; a value set may also be named `ValueSet/id`. */
export const makeFreshTerminology = ({ terminology, refresh, valueSet: byId }: FreshParts): Terminology => {
  const named = async (valueSet: string | ValueSet): Promise<string | ValueSet> => {
    await refresh();
    const id = typeof valueSet === 'string' ? local.exec(valueSet)?.[1] : undefined;
    return id === undefined ? valueSet : byId(id);
  };
  const now = async <T>(work: () => T): Promise<Awaited<T>> => {
    await refresh();
    return await work();
  };
  return {
    validateCode: async (asked) => terminology.validateCode(asked.valueSet === undefined ? await now(() => asked) : { ...asked, valueSet: await named(asked.valueSet) }),
    expand: async (asked) => terminology.expand({ ...asked, valueSet: await named(asked.valueSet) }),
    lookup: (asked) => now(() => terminology.lookup(asked)),
    subsumes: (asked) => now(() => terminology.subsumes(asked)),
    translate: (asked) => now(() => terminology.translate(asked)),
    codesFor: async (valueSet, limit) => terminology.codesFor(await named(valueSet), limit),
    related: (from, direction, limit) => now(() => terminology.related(from, direction, limit)),
    systems: () => now(() => terminology.systems()),
  };
};

/** Throws for a resource of another type. */
export const asValueSet = (value: Readonly<Record<string, unknown>>): ValueSet => {
  if (value['resourceType'] === 'ValueSet') return value as unknown as ValueSet;
  throw new FhirError('wrong-resource-type', 'The resource must be a ValueSet.');
};
