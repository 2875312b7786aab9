/** The concepts an expression constraint selects (https://confluence.ihtsdotools.org/display/DOCECL), over one edition of SNOMED CT. */
import { bitsOf, both, either, makeBits, others, without, type Bits } from '../bits.js';
import type { ConceptSystem, GroupedRelation } from '../concept-system.js';
import { allAncestorsOf, allDescendantsOf } from '../hierarchy.js';
import { EclBeyond, type AttributeTest, type Cardinality, type Ecl, type HierarchyOperator, type Refinement } from './parse.js';

/** Property under which the index has the reference sets of a concept. */
export const refsetProperty = '^';

/** Concepts whose groups are read one by one. */
const mostGroupsRead = 50_000;

/** Returns the concepts of a system that the expression selects; throws EclBeyond for what the imported files do not tell. */
export const evaluateEcl = (system: ConceptSystem, expression: Ecl): Bits => {
  const { size } = system;
  switch (expression.kind) {
    case 'any':
      return activeOf(system);
    case 'concept':
      return bitsOf(size, [system.find(expression.id)]);
    case 'hierarchy':
      return related(system, evaluateEcl(system, expression.of), expression.operator);
    case 'members':
      return membersOf(system, expression.of);
    case 'join':
      return joined(system, expression);
    case 'refined':
      return both(size, evaluateEcl(system, expression.of), refined(system, expression.by));
    case 'dotted':
      return valuesOf(system, evaluateEcl(system, expression.of), evaluateEcl(system, expression.attribute));
  }
};

/** Inactive concepts are found by their ids and in reference sets only. */
const activeOf = (system: ConceptSystem): Bits => {
  const found = makeBits(system.size);
  for (let at = 0; at < system.size; at += 1) if (!system.isInactive(at)) found.add(at);
  return found;
};

const neighbours = (system: ConceptSystem, of: Bits, side: 'children' | 'parents'): Bits => {
  const found = makeBits(system.size);
  for (const at of of) for (const other of system[side](at)) found.add(other);
  return found;
};

const relations: Readonly<Record<HierarchyOperator, (system: ConceptSystem, of: Bits) => Bits>> = {
  '<<': allDescendantsOf,
  '>>': allAncestorsOf,
  '<': (system, of) => properly(system, of, 'children'),
  '>': (system, of) => properly(system, of, 'parents'),
  '<!': (system, of) => neighbours(system, of, 'children'),
  '>!': (system, of) => neighbours(system, of, 'parents'),
  '<<!': (system, of) => either(system.size, of, neighbours(system, of, 'children')),
  '>>!': (system, of) => either(system.size, of, neighbours(system, of, 'parents')),
};
const related = (system: ConceptSystem, of: Bits, operator: HierarchyOperator): Bits => relations[operator](system, of);

/** Of several concepts one can be a descendant of another: it stays. */
const properly = (system: ConceptSystem, of: Bits, side: 'children' | 'parents'): Bits => {
  const next = neighbours(system, of, side);
  return side === 'children' ? allDescendantsOf(system, next) : allAncestorsOf(system, next);
};

const membersOf = (system: ConceptSystem, of: Ecl): Bits => {
  if (!system.hasProperty(refsetProperty)) throw new EclBeyond('no reference sets are imported with this edition; import its release again, with the folder Refset');
  if (of.kind === 'concept') return bitsOf(system.size, system.withValue(refsetProperty, of.id) ?? []);
  const found = makeBits(system.size);
  const refsets = of.kind === 'any' ? undefined : evaluateEcl(system, of);
  for (const [refset, members] of system.values(refsetProperty) ?? []) {
    if (refsets !== undefined && !refsets.has(system.find(refset))) continue;
    for (const at of members) found.add(at);
  }
  return found;
};

const joined = (system: ConceptSystem, { operator, parts }: Extract<Ecl, { kind: 'join' }>): Bits => {
  const join = { AND: both, OR: either, MINUS: without }[operator];
  return parts.map((part) => evaluateEcl(system, part)).reduce((a, b) => join(system.size, a, b));
};

/** Ids of the attributes a name stands for, of those that concepts have. */
const attributesOf = (system: ConceptSystem, names: Bits): string[] => {
  const found: string[] = [];
  for (const at of names) if (system.hasProperty(system.code(at))) found.push(system.code(at));
  return found;
};

/** The values that concepts have of attributes. */
const valuesOf = (system: ConceptSystem, of: Bits, names: Bits): Bits => {
  const found = makeBits(system.size);
  for (const attribute of attributesOf(system, names)) {
    for (const [value, positions] of system.values(attribute) ?? []) {
      for (const at of positions) {
        if (!of.has(at)) continue;
        found.add(system.find(value));
        break;
      }
    }
  }
  return found;
};

const refined = (system: ConceptSystem, refinement: Refinement): Bits => {
  switch (refinement.kind) {
    case 'attribute':
      return withAttribute(system, refinement);
    case 'group':
      return inGroups(system, refinement);
    default: {
      const join = refinement.kind === 'and' ? both : either;
      return refinement.parts.map((part) => refined(system, part)).reduce((a, b) => join(system.size, a, b));
    }
  }
};

/** How many fitting attributes each concept has decides. */
const withAttribute = (system: ConceptSystem, test: AttributeTest): Bits => {
  const { cardinality, isReversed } = test;
  const counts = new Uint16Array(system.size);
  const [names, wanted] = [evaluateEcl(system, test.name), evaluateEcl(system, test.value)];
  for (const attribute of attributesOf(system, names)) {
    for (const [value, positions] of system.values(attribute) ?? []) {
      if (isReversed) countSources(counts, system.find(value), fitting(positions, wanted, test.isEqual));
      else if (wanted.has(system.find(value)) === test.isEqual) for (const at of positions) counts[at] = (counts[at] ?? 0) + 1;
    }
  }
  return within(system, counts, cardinality);
};

const fitting = (positions: Iterable<number>, wanted: Bits, isEqual: boolean): number => {
  let count = 0;
  for (const at of positions) if (wanted.has(at) === isEqual) count += 1;
  return count;
};

const countSources = (counts: Uint16Array, at: number, sources: number): void => {
  if (at >= 0) counts[at] = Math.min(65_535, (counts[at] ?? 0) + sources);
};

const within = (system: ConceptSystem, counts: Uint16Array, { least, most }: Cardinality): Bits => {
  const found = makeBits(system.size);
  for (let at = 0; at < counts.length; at += 1) {
    const count = counts[at] ?? 0;
    if (count >= least && count <= most) found.add(at);
  }
  return found;
};

type GroupTest = (relations: readonly GroupedRelation[]) => boolean;

/** Every group of attributes is held against the test; those outside of groups are each a group of their own. */
const inGroups = (system: ConceptSystem, { cardinality, of }: Extract<Refinement, { kind: 'group' }>): Bits => {
  const { groups } = system;
  if (groups === undefined) throw new EclBeyond('no groups of attributes are imported with this edition; import its release again');
  const test = groupTest(system, of);
  // A concept with such a group has what is in it outside of groups too.
  const candidates = candidatesFor(system, of);
  if (candidates.size > mostGroupsRead) throw new EclBeyond(`the group fits more than ${String(mostGroupsRead)} concepts; make it narrower`);
  const counts = new Uint16Array(system.size);
  for (const at of candidates) counts[at] = groupsOf(groups(at)).filter(test).length;
  return within(system, counts, cardinality);
};

const candidatesFor = (system: ConceptSystem, refinement: Refinement): Bits => {
  if (refinement.kind === 'and' || refinement.kind === 'or') {
    const join = refinement.kind === 'and' ? both : either;
    return refinement.parts.map((part) => candidatesFor(system, part)).reduce((a, b) => join(system.size, a, b));
  }
  if (refinement.kind === 'group') throw new EclBeyond('a group stands in a group');
  return refinement.cardinality.least > 0 ? withAttribute(system, { ...refinement, cardinality: { least: 1, most: Infinity } }) : others(system.size, makeBits(system.size));
};

const groupsOf = (relations: readonly GroupedRelation[]): GroupedRelation[][] => {
  const groups = new Map<string, GroupedRelation[]>();
  for (const [index, relation] of relations.entries()) {
    const key = relation[0] === 0 ? `alone ${String(index)}` : String(relation[0]);
    groups.set(key, [...(groups.get(key) ?? []), relation]);
  }
  return [...groups.values()];
};

const groupTest = (system: ConceptSystem, refinement: Refinement): GroupTest => {
  if (refinement.kind === 'and' || refinement.kind === 'or') {
    const tests = refinement.parts.map((part) => groupTest(system, part));
    return refinement.kind === 'and' ? (group) => tests.every((test) => test(group)) : (group) => tests.some((test) => test(group));
  }
  if (refinement.kind === 'group' || refinement.isReversed) throw new EclBeyond('groups in groups and reversed attributes in groups are not done');
  const { cardinality: { least, most }, isEqual } = refinement;
  const [names, wanted] = [evaluateEcl(system, refinement.name), evaluateEcl(system, refinement.value)];
  return (group) => {
    const count = group.filter(([, attribute, value]) => names.has(system.find(attribute)) && wanted.has(system.find(value)) === isEqual).length;
    return count >= least && count <= most;
  };
};
