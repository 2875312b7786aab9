/** Whether a code is in a value set or code system (https://hl7.org/fhir/R4/valueset-operation-validate-code.html). */
import { FhirError } from '../../core/error.js';
import { nearName } from '../../core/near-name.js';
import type { CodeAsked, CodeCheck } from '../port.js';
import type { CodeSet, Member, Truth } from './code-set.js';
import { notLoaded } from './compile.js';
import type { Compiled, CompiledSets } from './compiled.js';
import type { AnySystem } from './concept-system.js';
import type { Library } from './library.js';
import { displayOf, isAbstract, isCalled, isInactive } from './member.js';

export interface CheckScope {
  readonly library: Library;
  readonly sets: CompiledSets;
  /** Answers for members of sets at hand, per compiled set: `system|code` and, for bare codes, `code`. */
  readonly quick: WeakMap<Compiled, ReadonlyMap<string, CodeCheck>>;
}

/** Errors that mean: it cannot be checked here. */
const uncheckable = new Set(['not-found', 'terminology-unknown', 'invalid-value-set', 'too-costly']);

/** Returns the answer that an error stands for; throws one that stands for none. */
export const unknownFrom = (error: unknown): CodeCheck => {
  if (error instanceof FhirError && uncheckable.has(error.code)) return { result: 'unknown', message: error.message };
  throw error;
};

/** Returns the answer; throws NotYetRead and failures of the server. */
export const checkCode = (asked: CodeAsked, scope: CheckScope): CodeCheck => {
  const { valueSet, system, code, display } = asked;
  try {
    if (valueSet === undefined) return system === undefined ? { result: 'unknown', message: 'Neither a value set nor a system is given.' } : checkInSystem(system, asked, scope.library);
    const compiled = scope.sets.get(valueSet);
    if (display === undefined && asked.displayLanguage === undefined && asked.abstract !== false) {
      const known = quickAnswers(compiled, scope).get(system === undefined ? code : `${system}|${code}`);
      if (known !== undefined) return known;
    }
    return checkInSet(compiled, asked);
  } catch (error) {
    return unknownFrom(error);
  }
};

const quickAnswers = (compiled: Compiled, { quick }: CheckScope): ReadonlyMap<string, CodeCheck> => {
  const known = quick.get(compiled);
  if (known !== undefined) return known;
  const answers = new Map<string, CodeCheck>();
  for (const member of compiled.members ?? []) {
    const answer = found(member, {});
    answers.set(`${member.system}|${member.code}`, answer);
    if (!answers.has(member.code)) answers.set(member.code, answer);
  }
  quick.set(compiled, answers);
  return answers;
};

const found = (member: Member, { display, displayLanguage, abstract }: Pick<CodeAsked, 'display' | 'displayLanguage' | 'abstract'>): CodeCheck => {
  const own = displayOf(member, displayLanguage);
  const about = { system: member.system, ...(own === undefined ? {} : { display: own }), ...(isInactive(member) ? { inactive: true } : {}) };
  if (abstract === false && isAbstract(member)) return { result: 'out', message: `The code "${member.code}" of ${member.system} groups others and is not to be used itself.`, ...about };
  if (display === undefined || own === undefined || isCalled(member, display)) return { result: 'in', ...about };
  return { result: 'in', wrongDisplay: true, message: `"${display.slice(0, 100)}" is not a display of ${member.system} "${member.code}"; it is "${own}".`, ...about };
};

const titleOf = ({ valueSet }: Compiled): string => (valueSet.url === undefined ? 'the value set' : `the value set ${valueSet.url}`);

const checkInSet = (compiled: Compiled, asked: CodeAsked): CodeCheck => {
  const { set } = compiled;
  const { system, code } = asked;
  if (system === undefined) return checkBare(compiled, asked);
  const truth = set.test(system, code);
  if (truth === 'in') return found(memberOf(set, system, code), asked);
  if (truth === 'out') return { result: 'out', message: `${system} "${code.slice(0, 100)}" is not in ${titleOf(compiled)}.${hintFor(compiled, system, code)}` };
  return { result: 'unknown', message: cannot(compiled, code, truth) };
};

const memberOf = (set: CodeSet, system: string, code: string): Member => set.member(system, code) ?? { system, code, at: -1 };

const cannot = (compiled: Compiled, code: string, truth: Truth): string =>
  `"${code.slice(0, 100)}" cannot be checked against ${titleOf(compiled)}: ${typeof truth === 'object' ? truth.unknown : ''}.`;

/** A bare code is looked for in every system of the set. */
const checkBare = (compiled: Compiled, asked: CodeAsked): CodeCheck => {
  const { set } = compiled;
  const { code } = asked;
  let unknown: Truth | undefined;
  // The empty system asks for parts of which not even the system is known.
  for (const system of [...set.systems, '']) {
    const truth = set.test(system, code);
    if (truth === 'in') return found(memberOf(set, system, code), asked);
    if (truth !== 'out') unknown = truth;
  }
  if (unknown !== undefined) return { result: 'unknown', message: cannot(compiled, code, unknown) };
  return { result: 'out', message: `"${code.slice(0, 100)}" is not in ${titleOf(compiled)}.${hintFor(compiled, undefined, code)}` };
};

const hintFor = ({ members = [] }: Compiled, system: string | undefined, code: string): string => {
  const elsewhere = members.find((member) => member.code === code);
  if (elsewhere !== undefined) return ` There it has the system ${elsewhere.system}.`;
  if (members.length > 500) return '';
  const near = nearName(code, members.filter((member) => system === undefined || member.system === system).map((member) => member.code));
  return near === undefined ? '' : ` Did you mean "${near}"?`;
};

const checkInSystem = (url: string, asked: CodeAsked, library: Library): CodeCheck => {
  const system = library.system(url, asked.version);
  if (system === undefined) return { result: 'unknown', message: `"${asked.code.slice(0, 100)}" cannot be checked: ${notLoaded(url, asked.version)}.` };
  const member = inSystem(system, asked.code);
  if (member !== undefined) return found(member, asked);
  if (system.kind === 'grammar') return { result: 'out', message: `"${asked.code.slice(0, 100)}" is not a code of ${url}; it must be ${system.form}.` };
  if (!system.isComplete) return { result: 'unknown', message: `Only a part of ${url} is loaded, and "${asked.code.slice(0, 100)}" is not in it.` };
  return { result: 'out', message: `"${asked.code.slice(0, 100)}" is not a code of ${url}.${nearIn(system, asked.code)}` };
};

const nearIn = (system: AnySystem, code: string): string => {
  if (system.kind === 'grammar' || system.size > 500) return '';
  const near = nearName(code, Array.from({ length: system.size }, (_, at) => system.code(at)));
  return near === undefined ? '' : ` Did you mean "${near}"?`;
};

/** Returns the code of a system as a member; undefined when the system has it not. */
export const inSystem = (system: AnySystem, code: string): Member | undefined => {
  if (system.kind === 'grammar') return system.isValid(code) ? { system: system.url, code, display: system.displayOf(code), at: -1 } : undefined;
  const at = system.find(code);
  return at < 0 ? undefined : { system: system.url, code: system.code(at), concepts: system, at };
};
