/** Filters of a value set definition over one code system (https://hl7.org/fhir/R4/valueset.html#compositions). */
import { FhirError } from '../../core/error.js';
import { linearRegex, UnsupportedPattern } from '../../core/linear-regex.js';
import type { SetFilter } from '../resource.js';
import { bitsOf, both, makeBits, others, type Bits } from './bits.js';
import { propertyText, type ConceptSystem } from './concept-system.js';
import { evaluateEcl, refsetProperty } from './ecl/evaluate.js';
import { EclBeyond, EclFault, parseEcl } from './ecl/parse.js';
import { ancestorsOf, descendantsOf } from './hierarchy.js';
import { scan } from './scan.js';

/** Names that stand for the code itself. */
const itself = new Set(['concept', 'code']);
const upward = new Set(['parent', 'subsumedBy']);

const refuse = (system: ConceptSystem, { property, op, value }: SetFilter, why: string): FhirError =>
  new FhirError('invalid-value-set', `The filter ${property} ${op} ${value.slice(0, 60)} on ${system.url} cannot be applied: ${why}.`);

/** Returns the concepts that satisfy all filters; throws NotYetRead while a large system is looked through, `invalid-value-set` for one that makes no sense here. */
export const applyFilters = (system: ConceptSystem, filters: readonly SetFilter[]): Bits =>
  filters.map((filter) => applyFilter(system, filter)).reduce((a, b) => both(system.size, a, b));

const applyFilter = (system: ConceptSystem, filter: SetFilter): Bits => {
  const { op, value } = filter;
  switch (op) {
    case 'is-a':
    case 'descendent-of':
    case 'is-not-a':
    case 'generalizes':
      return hierarchical(system, filter);
    case '=':
      return isSnomed(system) && filter.property === 'constraint' ? constrained(system, filter) : equal(system, filter);
    case 'in':
      return isSnomed(system) && itself.has(filter.property) ? inRefset(system, filter) : among(system, filter);
    case 'not-in':
      return others(system.size, among(system, filter));
    case 'regex':
      return where(system, filter, matching(system, filter));
    case 'exists': {
      if (value !== 'true' && value !== 'false') throw refuse(system, filter, 'exists takes true or false');
      const found = where(system, filter, () => true);
      return value === 'true' ? found : others(system.size, found);
    }
    default:
      throw refuse(system, filter, 'it takes =, is-a, descendent-of, is-not-a, generalizes, in, not-in, regex and exists');
  }
};

const isSnomed = ({ url }: ConceptSystem): boolean => url === 'http://snomed.info/sct';

/** An expression of SNOMED CT's own language (https://hl7.org/fhir/R4/snomedct.html#expressions). */
const constrained = (system: ConceptSystem, filter: SetFilter): Bits => {
  try {
    return evaluateEcl(system, parseEcl(filter.value));
  } catch (error) {
    if (error instanceof EclFault) throw refuse(system, filter, error.message);
    if (error instanceof EclBeyond) throw new FhirError('terminology-unknown', `The expression ${filter.value.slice(0, 200)} cannot be worked out here: ${error.message}.`);
    throw error;
  }
};

/** `concept in ID` is membership in a reference set (https://hl7.org/fhir/R4/snomedct.html#filters). */
const inRefset = (system: ConceptSystem, filter: SetFilter): Bits => {
  if (!system.hasProperty(refsetProperty)) throw new FhirError('terminology-unknown', `No reference sets of ${system.url} are imported; import the release again, with its folder Refset.`);
  const positions = system.withValue(refsetProperty, filter.value.trim()) ?? [];
  const found = bitsOf(system.size, positions);
  if (found.size === 0) throw refuse(system, filter, 'no reference set with this id has members here');
  return found;
};

const hierarchical = (system: ConceptSystem, filter: SetFilter): Bits => {
  if (!itself.has(filter.property)) throw refuse(system, filter, `${filter.op} is about the concept itself`);
  const at = system.find(filter.value);
  if (at < 0) {
    // A code that is not there has no descendants; where the system is a fragment that proves nothing.
    if (!system.isComplete) throw new FhirError('terminology-unknown', `${filter.value} is not in the part of ${system.url} that is loaded.`);
    return filter.op === 'is-not-a' ? makeBits(system.size, true) : makeBits(system.size);
  }
  if (filter.op === 'generalizes') return ancestorsOf(system, at);
  const below = descendantsOf(system, at);
  if (filter.op === 'is-a') return below;
  if (filter.op === 'is-not-a') return others(system.size, below);
  return both(system.size, below, others(system.size, only(system, at)));
};

const only = (system: ConceptSystem, at: number): Bits => bitsOf(system.size, [at]);

const gathered = (system: ConceptSystem, positions: Iterable<number>): Bits => bitsOf(system.size, positions);

const equal = (system: ConceptSystem, filter: SetFilter): Bits => {
  const { property, value } = filter;
  if (itself.has(property)) return gathered(system, [system.find(value)]);
  if (property === 'ancestor') return hierarchical(system, { property: 'concept', op: 'descendent-of', value });
  if (upward.has(property) && !system.hasProperty(property)) return relatives(system, value, 'children');
  if (property === 'child' && !system.hasProperty(property)) return relatives(system, value, 'parents');
  const listed = system.withValue(property, value);
  // Where all properties are indexed a misspelt one would find nothing; attributes of SNOMED CT that no concept has do so rightly.
  if (listed !== undefined && !system.hasProperty(property) && !/^\d+$/.test(property)) throw refuse(system, filter, `it has no property ${property}`);
  return listed === undefined ? where(system, filter, (text) => text === value) : gathered(system, listed);
};

const relatives = (system: ConceptSystem, code: string, side: 'children' | 'parents'): Bits => {
  const at = system.find(code);
  return at < 0 ? makeBits(system.size) : gathered(system, system[side](at));
};

const among = (system: ConceptSystem, filter: SetFilter): Bits => {
  const values = filter.value.split(',').map((value) => value.trim());
  const bits = makeBits(system.size);
  for (const value of values) for (const at of equal(system, { ...filter, op: '=', value })) bits.add(at);
  return bits;
};

const matching = (system: ConceptSystem, filter: SetFilter): ((text: string) => boolean) => {
  try {
    const test = linearRegex(filter.value);
    // Called as a callback it would be given an index as its second argument.
    return (text) => test(text);
  } catch (error) {
    if (error instanceof UnsupportedPattern) throw refuse(system, filter, error.message);
    throw error;
  }
};

/** Returns the concepts with a value of the property that passes the test. */
const where = (system: ConceptSystem, { property, op, value }: SetFilter, test: (text: string) => boolean): Bits => {
  const values = ownTexts.has(property) || relations.has(property) ? undefined : system.values(property);
  if (values === undefined) {
    const texts = textsOf(system, property);
    return scan(system, { key: `${property}\n${op}\n${value}`, test: (at) => texts(at).some(test) });
  }
  const bits = makeBits(system.size);
  for (const [text, positions] of values) if (test(text)) for (const at of positions) bits.add(at);
  return bits;
};

const ownTexts = new Set(['concept', 'code', 'display', 'definition']);
const relations = new Set(['parent', 'subsumedBy', 'child']);

const textsOf = (system: ConceptSystem, property: string): ((at: number) => readonly string[]) => {
  if (itself.has(property)) return (at) => [system.code(at)];
  if (property === 'display') return (at) => [system.display(at) ?? ''].filter((text) => text !== '');
  if (property === 'definition') return (at) => [system.definition(at) ?? ''].filter((text) => text !== '');
  if (property === 'inactive' && !system.hasProperty(property)) return (at) => [String(system.isInactive(at))];
  if (upward.has(property) && !system.hasProperty(property)) return (at) => [...system.parents(at)].map((one) => system.code(one));
  if (property === 'child' && !system.hasProperty(property)) return (at) => [...system.children(at)].map((one) => system.code(one));
  return (at) => system.properties(at).filter(({ code }) => code === property).map(propertyText);
};
