/** The terminology port on what is loaded here (https://hl7.org/fhir/R4/terminology-service.html). */
import { FhirError } from '../../core/error.js';
import type { CodeCheck, CodeLookup, FoundConcept, KnownSystem, MaybePromise, SubsumesAsked, Subsumption, SystemCode, Terminology } from '../port.js';
import type { Coding } from '../resource.js';
import { CannotList } from './code-set.js';
import { notLoaded } from './compile.js';
import { makeCompiledSets, type Compiled } from './compiled.js';
import type { AnySystem, ConceptSystem } from './concept-system.js';
import { expandSet, versionsFrom } from './expand.js';
import { builtInUrls } from './grammar/systems.js';
import { ancestorsOf, descendantsOf, subsumes } from './hierarchy.js';
import { makeLibrary, type Library, type LibraryOptions } from './library.js';
import { displayOf } from './member.js';
import { settle } from './source.js';
import { translateCode } from './translate.js';
import { checkCode, inSystem, unknownFrom } from './validate-code.js';

export interface LocalTerminology extends Terminology {
  /** Forgets what was made of resources that may have changed. */
  forget(): void;
}

/** Returns the engine; it reads what it is asked about when it is asked. */
export const makeLocalTerminology = (options: LibraryOptions): LocalTerminology => {
  const library = makeLibrary(options);
  const sets = makeCompiledSets(library);
  const scope = { library, sets, quick: new WeakMap<Compiled, ReadonlyMap<string, CodeCheck>>() };
  return {
    validateCode: (asked) => {
      const check = settle(() => checkCode(asked, scope));
      return check instanceof Promise ? check.catch(unknownFrom) : check;
    },
    expand: (asked) => chain(settle(() => sets.get(asked.valueSet, versionsFrom(asked))), (compiled) => expandSet(compiled, asked)),
    lookup: (asked) => settle(() => lookUp(asked, library)),
    subsumes: (asked) => settle(() => compare(asked, library)),
    translate: (asked) => settle(() => translateCode(asked, library)),
    codesFor: (valueSet, limit) => settle(() => codesOf(sets.get(valueSet), limit)),
    related: (from, direction, limit) => settle(() => relatedTo(from, { direction, limit, library })),
    systems: () => settle(() => knownSystems(library)),
    forget: () => {
      library.forget();
      sets.forget();
    },
  };
};

const chain = <A, B>(value: MaybePromise<A>, next: (value: A) => MaybePromise<B>): MaybePromise<B> => (value instanceof Promise ? value.then(next) : next(value));

/** Returns the system; throws `terminology-unknown` when it is not loaded. */
const systemFor = (library: Library, url: string, version?: string): AnySystem => {
  const system = library.system(url, version);
  if (system === undefined) throw new FhirError('terminology-unknown', `${sentence(notLoaded(url, version))}.`);
  return system;
};
const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const noCode = (system: AnySystem, code: string): FhirError =>
  new FhirError('not-found', `"${code.slice(0, 100)}" is not a code of ${system.url}${system.kind === 'concepts' && !system.isComplete ? ' as far as it is loaded' : ''}.`);

const lookUp = ({ system: url, version, code, displayLanguage }: CodeLookup, library: Library): FoundConcept => {
  const system = systemFor(library, url, version);
  const member = inSystem(system, code);
  if (member === undefined) throw noCode(system, code);
  const head = { name: system.name, version: system.version, code: member.code };
  if (system.kind === 'grammar') {
    return { ...head, display: system.displayOf(code, displayLanguage), designation: [], property: [], parents: [], children: [], inactive: false, abstract: false };
  }
  const { at } = member;
  return {
    ...head, display: displayOf(member, displayLanguage), definition: system.definition(at), designation: system.designations(at), property: system.properties(at),
    parents: codingsOf(system, system.parents(at)), children: codingsOf(system, system.children(at)), inactive: system.isInactive(at), abstract: system.isAbstract(at),
  };
};

const codingsOf = (system: ConceptSystem, positions: Iterable<number>): Coding[] => [...positions].map((at) => ({ system: system.url, code: system.code(at), display: system.display(at) }));

const compare = ({ system: url, version, codeA, codeB }: SubsumesAsked, library: Library): Subsumption => {
  const system = systemFor(library, url, version);
  const [a, b] = [codeA, codeB].map((code) => inSystem(system, code));
  if (a === undefined) throw noCode(system, codeA);
  if (b === undefined) throw noCode(system, codeB);
  if (a.code === b.code) return 'equivalent';
  if (system.kind === 'grammar') return 'not-subsumed';
  if (subsumes(system, a.at, b.at)) return 'subsumes';
  return subsumes(system, b.at, a.at) ? 'subsumed-by' : 'not-subsumed';
};

const tooMany = (what: string, limit: number): FhirError => new FhirError('too-costly', `${what} has more than ${String(limit)} codes, which is too many here; take a smaller one.`);

const codesOf = ({ set, valueSet, members }: Compiled, limit: number): readonly SystemCode[] => {
  const what = `The value set ${valueSet.url ?? ''}`;
  if (set.size !== undefined && set.size > limit) throw tooMany(what, limit);
  const codes: SystemCode[] = [];
  try {
    for (const { system, code } of members ?? set.list()) {
      if (codes.length >= limit) throw tooMany(what, limit);
      codes.push({ system, code });
    }
  } catch (error) {
    if (!(error instanceof CannotList)) throw error;
    throw new FhirError(error.reason === 'grammar' ? 'too-costly' : 'terminology-unknown', `${what} cannot be expanded. ${error.message}`);
  }
  return codes;
};

interface Relation {
  readonly direction: 'descendants' | 'ancestors';
  readonly limit: number;
  readonly library: Library;
}

const relatedTo = ({ system: url, code }: SystemCode, { direction, limit, library }: Relation): readonly SystemCode[] => {
  const system = systemFor(library, url);
  const member = inSystem(system, code);
  if (member === undefined) throw noCode(system, code);
  if (system.kind === 'grammar') return [{ system: url, code }];
  const bits = direction === 'descendants' ? descendantsOf(system, member.at) : ancestorsOf(system, member.at);
  if (bits.size > limit) throw tooMany(`What ${url} "${code.slice(0, 100)}" subsumes`, limit);
  return [...bits].map((at) => ({ system: url, code: system.code(at) }));
};

const knownSystems = (library: Library): readonly KnownSystem[] => {
  const versions = new Map<string, Set<string>>(builtInUrls.map((url) => [url, new Set()]));
  for (const [url, version] of library.systems()) {
    const known = versions.get(url) ?? new Set();
    if (version !== undefined && version !== '') known.add(version);
    versions.set(url, known);
  }
  return [...versions].map(([url, known]) => ({ url, versions: [...known].sort() })).sort((a, b) => (a.url < b.url ? -1 : 1));
};
