/**
 * A compiled value set: an expression over sets of codes with three answers, because a part whose code system is not
 * loaded is neither empty nor full (https://hl7.org/fhir/R4/valueset.html#compositions).
 */
import type { Designation } from '../resource.js';
import type { Bits } from './bits.js';
import type { AnySystem, ConceptSystem, GrammarSystem } from './concept-system.js';

/** `in`, `out`, or why it cannot be told. */
export type Truth = 'in' | 'out' | { readonly unknown: string };

/** One member, cheap to make: what it is called is looked up when it is shown. */
export interface Member {
  readonly system: string;
  readonly code: string;
  /** Display and designations that the definition gives this code. */
  readonly display?: string | undefined;
  readonly designation?: readonly Designation[] | undefined;
  /** The system and the position in it, when it is loaded. */
  readonly concepts?: ConceptSystem | undefined;
  readonly at: number;
}

export interface CodeSet {
  test(system: string, code: string): Truth;
  /** Returns the member for a code that is `in`; undefined where no member says more than the code. */
  member(system: string, code: string): Member | undefined;
  /** Systems that members may come from. */
  readonly systems: ReadonlySet<string>;
  /** Members in the order of the definition, none twice; throws CannotList. */
  list(): Iterable<Member>;
  /** Number of members when it is known without listing them. */
  readonly size: number | undefined;
  /** Code systems used, `url|version`. */
  readonly versions: ReadonlySet<string>;
}

/** The members cannot be listed: a code system that is not loaded, or whose codes follow a grammar. */
export class CannotList extends Error {
  constructor(message: string, readonly reason: 'unknown' | 'grammar') {
    super(message);
  }
}

const isUnknown = (truth: Truth): truth is { readonly unknown: string } => typeof truth === 'object';

const versionOf = ({ url, version }: AnySystem): ReadonlySet<string> => new Set([version === undefined ? url : `${url}|${version}`]);

/** Returns the set of some concepts of a system. */
export const conceptSet = (system: ConceptSystem, bits: Bits): CodeSet => {
  const memberAt = (at: number): Member => ({ system: system.url, code: system.code(at), concepts: system, at });
  const missing: Truth = system.isComplete ? 'out' : { unknown: `only a part of ${system.url} is loaded, and the code is not in it` };
  return {
    systems: new Set([system.url]), size: bits.size, versions: versionOf(system),
    test: (url, code) => {
      if (url !== system.url) return 'out';
      const at = system.find(code);
      return at < 0 ? missing : bits.has(at) ? 'in' : 'out';
    },
    member: (url, code) => {
      const at = url === system.url ? system.find(code) : -1;
      return at >= 0 && bits.has(at) ? memberAt(at) : undefined;
    },
    * list() { for (const at of bits) yield memberAt(at); },
  };
};

/** Returns the set of all codes that follow a grammar. */
export const grammarSet = (system: GrammarSystem): CodeSet => ({
  systems: new Set([system.url]), size: undefined, versions: versionOf(system),
  test: (url, code) => (url === system.url && system.isValid(code) ? 'in' : 'out'),
  member: (url, code) => (url === system.url && system.isValid(code) ? { system: url, code, display: system.displayOf(code), at: -1 } : undefined),
  list: () => { throw new CannotList(`The codes of ${system.name} (${system.url}) follow a grammar and cannot be listed.`, 'grammar'); },
});

/** Returns the set of listed codes of one system, which need not be loaded. */
export const listedSet = (url: string, members: readonly Member[], loaded: AnySystem | undefined): CodeSet => {
  const byCode = new Map(members.map((member) => [member.code, member]));
  const find = (code: string): Member | undefined => {
    const exact = byCode.get(code);
    if (exact !== undefined || loaded?.kind !== 'concepts' || loaded.caseSensitive) return exact;
    const at = loaded.find(code);
    return at < 0 ? undefined : byCode.get(loaded.code(at));
  };
  return {
    systems: new Set([url]), size: byCode.size, versions: loaded === undefined ? new Set([url]) : versionOf(loaded),
    test: (system, code) => (system === url && find(code) !== undefined ? 'in' : 'out'),
    member: (system, code) => (system === url ? find(code) : undefined),
    list: () => byCode.values(),
  };
};

/** Returns a set of which nothing is known but the system, or not even that. */
export const unknownSet = (url: string | undefined, why: string): CodeSet => ({
  systems: new Set(url === undefined ? [] : [url]), size: undefined, versions: new Set(),
  test: (system) => (url === undefined || system === url ? { unknown: why } : 'out'),
  member: () => undefined,
  list: () => { throw new CannotList(`${why.charAt(0).toUpperCase()}${why.slice(1)}.`, 'unknown'); },
});

const allOf = (sets: readonly CodeSet[], pick: (set: CodeSet) => ReadonlySet<string>): ReadonlySet<string> => new Set(sets.flatMap((set) => [...pick(set)]));

/** Returns what is in one of the sets. */
export const union = (sets: readonly CodeSet[]): CodeSet => {
  const [only, another] = sets;
  if (only !== undefined && another === undefined) return only;
  return {
    systems: allOf(sets, ({ systems }) => systems), versions: allOf(sets, ({ versions }) => versions), size: sets.length === 0 ? 0 : undefined,
    test: (system, code) => {
      let result: Truth = 'out';
      for (const set of sets) {
        const truth = set.test(system, code);
        if (truth === 'in') return truth;
        if (isUnknown(truth)) result = truth;
      }
      return result;
    },
    member: (system, code) => firstOf(sets, (set) => set.member(system, code)),
    * list() {
      const seen = new Set<string>();
      for (const set of sets) {
        for (const member of set.list()) {
          const key = `${member.system}|${member.code}`;
          if (seen.has(key)) continue;
          seen.add(key);
          yield member;
        }
      }
    },
  };
};

const firstOf = <T, R>(items: readonly T[], pick: (item: T) => R | undefined): R | undefined => {
  for (const item of items) {
    const found = pick(item);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** Returns what is in all of the sets, at least one. Members come from the first that can be listed. */
export const intersection = (sets: readonly CodeSet[]): CodeSet => {
  const [first, another] = sets;
  if (first === undefined) return union([]);
  if (another === undefined) return first;
  const systems = allOf(sets, (set) => set.systems);
  const testAll = (others: readonly CodeSet[], system: string, code: string): Truth => {
    let result: Truth = 'in';
    for (const set of others) {
      const truth = set.test(system, code);
      if (truth === 'out') return truth;
      if (isUnknown(truth)) result = truth;
    }
    return result;
  };
  return {
    systems, versions: allOf(sets, ({ versions }) => versions), size: undefined,
    test: (system, code) => testAll(sets, system, code),
    member: (system, code) => firstOf(sets, (set) => set.member(system, code)),
    * list() {
      const base = sets.find(canList) ?? first;
      const others = sets.filter((set) => set !== base);
      yield* kept(base, (system, code) => testAll(others, system, code));
    },
  };
};

const canList = (set: CodeSet): boolean => {
  try {
    set.list()[Symbol.iterator]().next();
    return true;
  } catch (error) {
    if (error instanceof CannotList) return false;
    throw error;
  }
};

/** Returns what is in `from` and not in `excluded`. */
export const difference = (from: CodeSet, excluded: CodeSet): CodeSet => {
  const left = (system: string, code: string): Truth => {
    const truth = excluded.test(system, code);
    return truth === 'in' ? 'out' : truth === 'out' ? 'in' : truth;
  };
  return {
    systems: from.systems, versions: from.versions, size: undefined,
    test: (system, code) => {
      const truth = from.test(system, code);
      if (truth === 'out') return truth;
      const rest = left(system, code);
      return rest === 'in' ? truth : rest;
    },
    member: (system, code) => (left(system, code) === 'out' ? undefined : from.member(system, code)),
    list: () => kept(from, left),
  };
};

function* kept(from: CodeSet, test: (system: string, code: string) => Truth): Iterable<Member> {
  for (const member of from.list()) {
    const truth = test(member.system, member.code);
    if (isUnknown(truth)) throw new CannotList(`${truth.unknown.charAt(0).toUpperCase()}${truth.unknown.slice(1)}.`, 'unknown');
    if (truth === 'in') yield member;
  }
}
