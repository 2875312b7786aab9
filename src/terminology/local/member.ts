/** What a member of a value set is called, and whether it is to be used (https://hl7.org/fhir/R4/valueset.html#expansion). */
import { fold } from '../../core/fold.js';
import type { Designation } from '../resource.js';
import type { Member } from './code-set.js';

const conceptOf = ({ concepts, at }: Member) => (concepts !== undefined && at >= 0 ? { concepts, at } : undefined);

/** Returns the designations: those of the value set first. */
export const designationsOf = (member: Member): readonly Designation[] => {
  const concept = conceptOf(member);
  const own = member.designation ?? [];
  const common = concept?.concepts.designations(concept.at) ?? [];
  return own.length === 0 ? common : [...own, ...common.filter((one) => !own.some((other) => other.value === one.value && other.language === one.language))];
};

/** Returns whether a designation in `own` serves who asked for `wanted`: `de` is served by `de-CH`, and the other way round. */
const speaks = (own: string | undefined, wanted: string): boolean => {
  const [a, b] = [own?.toLowerCase() ?? '', wanted.toLowerCase()];
  return a !== '' && (a === b || a.startsWith(`${b}-`) || b.startsWith(`${a}-`));
};

/** Returns the display, in the language if there is one; `language` may list several, the most wanted first. */
export const displayOf = (member: Member, language?: string): string | undefined => {
  const wanted = language?.split(',').map((part) => part.split(';')[0]?.trim() ?? '').filter((part) => part !== '' && part !== '*') ?? [];
  for (const each of wanted) {
    const found = designationsOf(member).find((one) => speaks(one.language, each));
    if (found !== undefined) return found.value;
  }
  const concept = conceptOf(member);
  return member.display ?? concept?.concepts.display(concept.at);
};

/** Returns every text the concept may be called by. */
export const namesOf = (member: Member): string[] => {
  const concept = conceptOf(member);
  const names = [member.display, concept?.concepts.display(concept.at), ...designationsOf(member).map(({ value }) => value)];
  return names.filter((name) => name !== undefined);
};

/** Returns whether `display` is one of its names; case, accents and white space aside. */
export const isCalled = (member: Member, display: string): boolean => {
  const wanted = fold(display);
  return namesOf(member).some((name) => fold(name) === wanted);
};

export const isInactive = (member: Member): boolean => {
  const concept = conceptOf(member);
  return concept?.concepts.isInactive(concept.at) === true;
};

export const isAbstract = (member: Member): boolean => {
  const concept = conceptOf(member);
  return concept?.concepts.isAbstract(concept.at) === true;
};
