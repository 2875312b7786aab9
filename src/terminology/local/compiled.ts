/** Compiled value sets by canonical URL, with their members at hand where they are few enough (https://hl7.org/fhir/R4/valueset.html). */
import { FhirError } from '../../core/error.js';
import type { ValueSet } from '../resource.js';
import { CannotList, type CodeSet, type Member } from './code-set.js';
import { compileValueSet, findValueSet, type Versions } from './compile.js';
import type { Library } from './library.js';
import { makeWeightedCache } from './weighted-cache.js';

export interface Compiled {
  readonly valueSet: ValueSet;
  readonly set: CodeSet;
  /** Every member, in order; undefined when they are too many or cannot be listed. */
  readonly members: readonly Member[] | undefined;
}

export interface CompiledSets {
  /** Returns the set; throws as `compileValueSet` does, and NotYetRead. */
  get(valueSet: string | ValueSet, versions?: Versions): Compiled;
  forget(): void;
}

/** Versions as the definitions say. */
const asDefined: Versions = { of: (_url, version) => version, isLeftOut: () => false };
const mostAtHand = 20_000;
/** Members over all sets that are kept. */
const capacity = 400_000;

/** Returns the members when there are at most `mostAtHand`. */
const gather = (set: CodeSet): readonly Member[] | undefined => {
  if (set.size !== undefined && set.size > mostAtHand) return undefined;
  const members: Member[] = [];
  try {
    for (const member of set.list()) {
      if (members.length >= mostAtHand) return undefined;
      members.push(member);
    }
  } catch (error) {
    if (error instanceof CannotList) return undefined;
    throw error;
  }
  return members;
};

/** Returns an empty cache over the library. What failed is kept as well: it fails again until something changes. */
export const makeCompiledSets = (library: Library): CompiledSets => {
  const kept = makeWeightedCache<Compiled | FhirError>(capacity);
  const make = (valueSet: ValueSet, versions: Versions): Compiled => {
    const set = compileValueSet(valueSet, { library, versions });
    return { valueSet, set, members: gather(set) };
  };
  const byUrl = (url: string): Compiled => {
    const known = kept.get(url);
    if (known instanceof FhirError) throw known;
    if (known !== undefined) return known;
    try {
      const made = make(findValueSet(library, url), asDefined);
      kept.set(url, made, 50 + (made.members?.length ?? 0));
      return made;
    } catch (error) {
      if (error instanceof FhirError) kept.set(url, error, 50);
      throw error;
    }
  };
  return {
    get: (valueSet, versions) => {
      if (typeof valueSet === 'string' && versions === undefined) return byUrl(valueSet);
      return make(typeof valueSet === 'string' ? findValueSet(library, valueSet) : valueSet, versions ?? asDefined);
    },
    forget: () => { kept.clear(); },
  };
};
