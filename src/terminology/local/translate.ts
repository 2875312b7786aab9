/** Mapping a code by concept maps (https://hl7.org/fhir/R4/conceptmap-operation-translate.html). */
import { FhirError } from '../../core/error.js';
import type { TranslateAsked, Translation } from '../port.js';
import { splitCanonical, type ConceptMap, type MapGroup } from '../resource.js';
import type { Library } from './library.js';

/** Returns the translations, none when no map has one; throws `not-found` for a map that is not known. */
export const translateCode = (asked: TranslateAsked, library: Library): readonly Translation[] =>
  mapsFor(asked, library).flatMap((map) => translateBy(map, asked, { library, within: [] }));

const mapsFor = ({ url, conceptMapVersion, source, target, reverse }: TranslateAsked, library: Library): readonly ConceptMap[] => {
  if (typeof url === 'object') return [url];
  if (url !== undefined) return [findMap(conceptMapVersion === undefined ? url : `${splitCanonical(url).url}|${conceptMapVersion}`, library)];
  const [from, to] = reverse === true ? [target, source] : [source, target];
  return library.conceptMaps().filter((map) => isAbout(map.sourceUri ?? map.sourceCanonical, from) && isAbout(map.targetUri ?? map.targetCanonical, to));
};

const findMap = (canonical: string, library: Library): ConceptMap => {
  const map = library.conceptMap(canonical);
  if (map === undefined) throw new FhirError('not-found', `The concept map ${canonical.slice(0, 200)} is not known here; store it, or load a package that has it.`);
  return map;
};

const isAbout = (own: string | undefined, wanted: string | undefined): boolean =>
  wanted === undefined || (own !== undefined && (own === wanted || splitCanonical(own).url === wanted));

interface Scope {
  readonly library: Library;
  /** Maps that led here by `unmapped.url`. */
  readonly within: readonly string[];
}

const translateBy = (map: ConceptMap, asked: TranslateAsked, scope: Scope): Translation[] =>
  (map.group ?? []).filter((group) => fitsGroup(group, asked)).flatMap((group) => (asked.reverse === true ? backward(map, group, asked) : forward({ map, group }, asked, scope)));

const fitsGroup = ({ source, target, sourceVersion, targetVersion }: MapGroup, { system, version, targetSystem, reverse }: TranslateAsked): boolean => {
  const [from, to, own] = reverse === true ? [target, source, targetVersion] : [source, target, sourceVersion];
  return (from === undefined || from === system) && (targetSystem === undefined || to === targetSystem) && (version === undefined || own === undefined || own === version);
};

const forward = ({ map, group }: { readonly map: ConceptMap; readonly group: MapGroup }, asked: TranslateAsked, scope: Scope): Translation[] => {
  const element = group.element.find(({ code }) => code === asked.code);
  if (element === undefined) return unmapped({ map, group }, asked, scope);
  return (element.target ?? []).map(({ code, display, equivalence, product, dependsOn }) => ({
    equivalence, concept: { system: group.target, version: group.targetVersion, code, display }, source: map.url ?? '', product, dependsOn,
  }));
};

const unmapped = ({ map, group }: { readonly map: ConceptMap; readonly group: MapGroup }, asked: TranslateAsked, scope: Scope): Translation[] => {
  const rule = group.unmapped;
  const source = map.url ?? '';
  switch (rule?.mode) {
    case 'provided':
      return [{ equivalence: 'equal', concept: { system: group.target, code: asked.code }, source }];
    case 'fixed':
      return [{ equivalence: 'inexact', concept: { system: group.target, code: rule.code, display: rule.display }, source }];
    case 'other-map': {
      const next = rule.url ?? '';
      if (scope.within.includes(next)) throw new FhirError('invalid-value-set', `The concept map ${next} leads back to itself for codes it does not map.`);
      return translateBy(findMap(next, scope.library), asked, { ...scope, within: [...scope.within, next] });
    }
    default:
      return [];
  }
};

const inverse: Readonly<Record<string, string>> = { wider: 'narrower', narrower: 'wider', subsumes: 'specializes', specializes: 'subsumes' };

const backward = (map: ConceptMap, group: MapGroup, { code }: TranslateAsked): Translation[] =>
  group.element.flatMap((element) => (element.target ?? []).filter((target) => target.code === code).map((target): Translation => ({
    equivalence: inverse[target.equivalence] ?? target.equivalence, concept: { system: group.source, version: group.sourceVersion, code: element.code }, source: map.url ?? '',
  })));
