/** A code system from a CodeSystem resource and its supplements (https://hl7.org/fhir/R4/codesystem.html#supplements). */
import type { CodeSystem, ConceptProperty, Designation, SystemConcept } from '../resource.js';
import { propertyText, type ConceptSystem } from './concept-system.js';

interface Concept {
  readonly code: string;
  readonly display: string | undefined;
  readonly definition: string | undefined;
  designations: readonly Designation[];
  properties: readonly ConceptProperty[];
  readonly parents: number[];
  readonly children: number[];
}

const standard = 'http://hl7.org/fhir/concept-properties#';
const none: readonly Designation[] = [];

/** Returns the codes a code system uses for a standard property: the one declared with its URI, and the plain name. */
const namesOf = ({ property = [] }: CodeSystem, ...plain: readonly string[]): ReadonlySet<string> =>
  new Set([...plain, ...property.filter(({ uri }) => plain.some((name) => uri === standard + name)).map(({ code }) => code)]);

/** Returns the system; a concept that is defined twice keeps its first definition. */
export const makeMemorySystem = (resource: CodeSystem, supplements: readonly CodeSystem[] = []): ConceptSystem => {
  const concepts: Concept[] = [];
  const byCode = new Map<string, number>();
  gather(resource.concept ?? [], -1, { concepts, byCode });
  for (const supplement of supplements) applySupplement(supplement.concept ?? [], { concepts, byCode });
  linkByProperties(resource, { concepts, byCode });
  const caseSensitive = resource.caseSensitive ?? true;
  const folded = caseSensitive ? undefined : new Map([...byCode].map(([code, at]) => [code.toLowerCase(), at]));
  const [inactive, status, abstract] = [namesOf(resource, 'inactive'), namesOf(resource, 'status'), namesOf(resource, 'notSelectable', 'abstract')];
  const propertiesAt = (at: number): readonly ConceptProperty[] => concepts[at]?.properties ?? [];
  const declared = new Set([...(resource.property ?? []), ...supplements.flatMap(({ property = [] }) => property)].map(({ code }) => code));
  return {
    kind: 'concepts', url: resource.url ?? '', version: resource.version, name: resource.name ?? resource.title ?? resource.url ?? '',
    isComplete: resource.content === 'complete', caseSensitive, size: concepts.length,
    find: (code) => byCode.get(code) ?? folded?.get(code.toLowerCase()) ?? -1,
    code: (at) => concepts[at]?.code ?? '',
    display: (at) => concepts[at]?.display,
    definition: (at) => concepts[at]?.definition,
    designations: (at) => concepts[at]?.designations ?? none,
    properties: propertiesAt,
    isInactive: (at) => propertiesAt(at).some((property) => (inactive.has(property.code) && property['valueBoolean'] === true) || (status.has(property.code) && isRetired(propertyText(property)))),
    isAbstract: (at) => propertiesAt(at).some((property) => abstract.has(property.code) && property['valueBoolean'] === true),
    parents: (at) => concepts[at]?.parents ?? [],
    children: (at) => concepts[at]?.children ?? [],
    hasProperty: (property) => declared.has(property),
    withValue: () => undefined,
    values: () => undefined,
  };
};

/** `deprecated` concepts are discouraged but still active (https://hl7.org/fhir/R4/codesystem-concept-properties.html). */
const isRetired = (status: string): boolean => status === 'retired' || status === 'inactive';

interface Gathered {
  readonly concepts: Concept[];
  readonly byCode: Map<string, number>;
}

const gather = (list: readonly SystemConcept[], parent: number, into: Gathered): void => {
  for (const { code, display, definition, designation, property, concept } of list) {
    let at = into.byCode.get(code);
    if (at === undefined) {
      at = into.concepts.length;
      into.byCode.set(code, at);
      into.concepts.push({ code, display, definition, designations: designation ?? none, properties: property ?? [], parents: [], children: [] });
    }
    link(parent, at, into);
    if (concept !== undefined) gather(concept, at, into);
  }
};

const link = (parent: number, child: number, { concepts }: Gathered): void => {
  const [above, below] = [concepts[parent], concepts[child]];
  if (above === undefined || below === undefined || parent === child || below.parents.includes(parent)) return;
  below.parents.push(parent);
  above.children.push(child);
};

/** A hierarchy may also be told by properties: codes of parents, or of children. */
const linkByProperties = (resource: CodeSystem, into: Gathered): void => {
  const [up, down] = [namesOf(resource, 'parent', 'subsumedBy'), namesOf(resource, 'child')];
  into.concepts.forEach(({ properties }, at) => {
    for (const property of properties) {
      const other = up.has(property.code) || down.has(property.code) ? into.byCode.get(propertyText(property)) : undefined;
      if (other === undefined) continue;
      if (up.has(property.code)) link(other, at, into);
      else link(at, other, into);
    }
  });
};

/** A supplement adds designations and properties; it defines no code. */
const applySupplement = (list: readonly SystemConcept[], into: Gathered): void => {
  for (const { code, designation = [], property = [], concept = [] } of list) {
    const found = into.concepts[into.byCode.get(code) ?? -1];
    if (found !== undefined) {
      found.designations = [...found.designations, ...designation];
      found.properties = [...found.properties, ...property];
    }
    applySupplement(concept, into);
  }
};
