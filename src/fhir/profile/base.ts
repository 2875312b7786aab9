/** The types of R4 as if they were profiles: what differentials begin with (https://hl7.org/fhir/R4/profiling.html#snapshot). */
import { elementsOf, isType, type NamedElement } from '../definitions.js';
import { coreUrl, type Profile, type ProfileElement } from './definition.js';

const elementFrom = (element: NamedElement, path: string): ProfileElement => ({
  id: path, path, min: element.min, max: Number.isFinite(element.max) ? element.max : -1,
  ...(element.type === undefined ? { content: element.children ?? '' } : { types: element.types.map(({ code, targets }) => ({ code, ...(targets.length > 0 ? { targets: targets.map(coreUrl) } : {}) })) }),
  ...(element.binding === undefined ? {} : { binding: element.binding }),
});

const elementsUnder = (type: string, path: string): ProfileElement[] => {
  const found = new Map<string, ProfileElement[]>();
  for (const element of elementsOf(type).values()) {
    const own = `${path}.${element.name}${element.choice ? '[x]' : ''}`;
    if (found.has(own)) continue;
    found.set(own, [elementFrom(element, own), ...(element.children === element.path ? elementsUnder(element.path, own) : [])]);
  }
  return [...found.values()].flat();
};

/** Returns the elements inside of a type or backbone, as children of `path`. */
export const childrenOfType = (type: string, path: string): readonly ProfileElement[] => elementsUnder(type, path);

/** Returns a type of R4 as a profile of itself; undefined for what is none. */
export const baseProfile = (type: string): Profile | undefined =>
  isType(type)
    ? { url: coreUrl(type), name: type, type, base: '', elements: [{ id: type, path: type, min: 0, max: -1 }, ...elementsUnder(type, type)], isSnapshot: true }
    : undefined;
