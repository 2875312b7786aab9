/** Listing the members of a value set, page by page (https://hl7.org/fhir/R4/valueset-operation-expand.html). */
import { makeBreather } from '../../core/breathe.js';
import { FhirError } from '../../core/error.js';
import { fold } from '../../core/fold.js';
import type { ExpandAsked, ExpandedConcept, Expansion, MaybePromise } from '../port.js';
import { splitCanonical, type Designation } from '../resource.js';
import { CannotList, type Member } from './code-set.js';
import type { Versions } from './compile.js';
import type { Compiled } from './compiled.js';
import { designationsOf, displayOf, isAbstract, isInactive, namesOf } from './member.js';

/** Members an expansion without paging may have. */
export const mostAtOnce = 10_000;

/** Returns the versions to use of code systems, as the parameters of $expand say. */
export const versionsFrom = (asked: ExpandAsked): Versions | undefined => {
  const { excludeSystem = [], systemVersion = [], checkSystemVersion = [], forceSystemVersion = [] } = asked;
  if (excludeSystem.length + systemVersion.length + checkSystemVersion.length + forceSystemVersion.length === 0) return undefined;
  const of = (list: readonly string[], url: string): string | undefined => list.map(splitCanonical).find((one) => one.url === url)?.version;
  const left = new Set(excludeSystem.map((one) => splitCanonical(one).url));
  return {
    isLeftOut: (url) => left.has(url),
    of: (url, version) => {
      const [forced, checked] = [of(forceSystemVersion, url), of(checkSystemVersion, url)];
      if (forced === undefined && checked !== undefined && version !== undefined && version !== checked) {
        throw new FhirError('invalid-value-set', `check-system-version asks for version ${checked} of ${url}, but the value set names ${version}.`, { location: 'http.check-system-version' });
      }
      return forced ?? version ?? checked ?? of(systemVersion, url);
    },
  };
};

interface Walk {
  readonly asked: ExpandAsked;
  readonly from: number;
  /** Position after the last one on the page. */
  readonly to: number;
  readonly keep: (member: Member) => boolean;
  readonly page: Member[];
  seen: number;
}

/** Returns the page. Throws `terminology-unknown` for what cannot be listed and `too-costly` for too much at once. */
export const expandSet = (compiled: Compiled, asked: ExpandAsked): MaybePromise<Expansion> => {
  const { set, members } = compiled;
  const from = asked.offset ?? 0;
  const walk: Walk = { asked, from, to: asked.count === undefined ? Infinity : from + asked.count, keep: keeps(asked, members === undefined ? shownName : namesOf), page: [], seen: 0 };
  return naming(compiled, () => {
    if (members !== undefined) {
      for (const member of members) step(walk, member);
      return finish(compiled, walk, walk.seen);
    }
    const whole = asked.filter === undefined && asked.activeOnly !== true && asked.excludeNotForUI !== true ? set.size : undefined;
    if (asked.count === undefined && whole !== undefined && whole > mostAtOnce) throw tooMany();
    return slowly(compiled, walk, whole);
  });
};

const tooMany = (): FhirError => new FhirError('too-costly', `The expansion has more than ${String(mostAtOnce)} members; ask for pages with count and offset, or narrow it with filter.`, { location: 'http.count' });

/** Says what could not be listed in the words of a client error. */
const naming = <T>({ valueSet }: Compiled, work: () => MaybePromise<T>): MaybePromise<T> => {
  const translate = (error: unknown): never => {
    if (!(error instanceof CannotList)) throw error;
    throw new FhirError(error.reason === 'grammar' ? 'too-costly' : 'terminology-unknown', `${valueSet.url ?? 'The value set'} cannot be expanded. ${error.message}`);
  };
  try {
    const result = work();
    return result instanceof Promise ? result.catch(translate) : result;
  } catch (error) {
    return translate(error);
  }
};

const step = (walk: Walk, member: Member): void => {
  if (!walk.keep(member)) return;
  if (walk.seen >= walk.from && walk.seen < walk.to) {
    if (walk.page.length >= mostAtOnce) throw tooMany();
    walk.page.push(member);
  }
  walk.seen += 1;
};

/** Many members are gone through in steps, so that other requests are served in between. */
const slowly = async (compiled: Compiled, walk: Walk, whole: number | undefined): Promise<Expansion> => {
  const breathe = makeBreather();
  let count = 0;
  for (const member of compiled.set.list()) {
    step(walk, member);
    if (whole !== undefined && walk.seen >= walk.to) break;
    count += 1;
    if (count % 256 === 0) await breathe();
  }
  return finish(compiled, walk, whole ?? walk.seen);
};

const finish = ({ valueSet, set }: Compiled, { asked, from, page }: Walk, total: number): Expansion => {
  const head = Object.fromEntries(Object.entries(valueSet).filter(([name]) => name !== 'compose' && name !== 'expansion')) as unknown as Expansion['valueSet'];
  return { valueSet: head, total, offset: from, contains: page.map((member) => shown(member, asked)), versions: [...set.versions].sort() };
};

/** Of hundreds of thousands of members only the display is looked at: other names lie on disk. */
const shownName = (member: Member): string[] => [displayOf(member) ?? ''];

const keeps = ({ filter, activeOnly, excludeNotForUI }: ExpandAsked, names: (member: Member) => string[]): ((member: Member) => boolean) => {
  const words = (filter === undefined ? '' : fold(filter)).split(' ').filter((word) => word !== '');
  return (member) => {
    if (activeOnly === true && isInactive(member)) return false;
    if (excludeNotForUI === true && isAbstract(member)) return false;
    return words.length === 0 || isNamed(member, words, names);
  };
};

/** Whether each word begins a word of one of its names, or the code. */
const isNamed = (member: Member, words: readonly string[], names: (member: Member) => string[]): boolean => {
  if (words.length === 1 && fold(member.code).startsWith(words[0] ?? '')) return true;
  return names(member).some((name) => {
    const text = ` ${fold(name).replace(/[^\p{L}\p{N}]+/gu, ' ')}`;
    const plain = ` ${fold(name)}`;
    return words.every((word) => text.includes(` ${word}`) || plain.includes(` ${word}`));
  });
};

const shown = (member: Member, { includeDesignations, designations, displayLanguage }: ExpandAsked): ExpandedConcept => {
  const display = displayOf(member, displayLanguage);
  const listed = includeDesignations === true ? designationsOf(member).filter((one) => isWanted(one, designations)) : [];
  const version = member.concepts?.version;
  return {
    system: member.system, ...(version === undefined ? {} : { version }), code: member.code,
    ...(display === undefined ? {} : { display }),
    ...(listed.length === 0 ? {} : { designation: listed }),
    ...(isInactive(member) ? { inactive: true } : {}),
    ...(isAbstract(member) ? { abstract: true } : {}),
  };
};

const isWanted = ({ language, use }: Designation, wanted: readonly string[] | undefined): boolean =>
  wanted === undefined || wanted.length === 0 || wanted.some((one) => one === language || one === `urn:ietf:bcp:47|${language ?? ''}` || one === use?.code || one === `${use?.system ?? ''}|${use?.code ?? ''}`);
