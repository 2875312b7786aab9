/** Expression constraints of SNOMED CT: what they select, and which texts are none (https://confluence.ihtsdotools.org/display/DOCECL). */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ConceptSystem, GroupedRelation } from '../../../../src/terminology/local/concept-system.js';
import { evaluateEcl } from '../../../../src/terminology/local/ecl/evaluate.js';
import { EclBeyond, EclFault, parseEcl, sizeOfEcl } from '../../../../src/terminology/local/ecl/parse.js';

interface Concept {
  readonly id: string;
  readonly parents?: readonly string[];
  readonly has?: readonly GroupedRelation[];
  readonly refsets?: readonly string[];
  readonly inactive?: boolean;
}

/** A small edition: findings with a site and a shape, in groups. */
const [site, shape] = ['300001', '300002'];
const concepts: readonly Concept[] = [
  { id: '100000' }, { id: '110000', parents: ['100000'] }, { id: '111000', parents: ['110000'], has: [[1, site, '201000'], [1, shape, '211000'], [2, site, '202000'], [2, shape, '212000']], refsets: ['400001'] },
  { id: '112000', parents: ['110000'], has: [[1, site, '201000'], [1, shape, '212000']], refsets: ['400001', '400002'] }, { id: '111100', parents: ['111000', '112000'], has: [[0, site, '202000']] },
  { id: '120000', parents: ['100000'], has: [[0, site, '201100'], [0, shape, '211000']], refsets: ['400002'] }, { id: '130000', inactive: true, refsets: ['400001'] },
  { id: '200000', parents: ['100000'] }, { id: '201000', parents: ['200000'] }, { id: '201100', parents: ['201000'] }, { id: '202000', parents: ['200000'] }, { id: '211000', parents: ['200000'] }, { id: '212000', parents: ['200000'] },
  { id: site, parents: ['100000'] }, { id: shape, parents: ['100000'] }, { id: '400000', parents: ['100000'] }, { id: '400001', parents: ['400000'] }, { id: '400002', parents: ['400000'] },
];

const systemOf = (all: readonly Concept[], more: Partial<ConceptSystem> = {}): ConceptSystem => {
  const find = (code: string): number => all.findIndex(({ id }) => id === code);
  const properties = (name: string): [string, number[]][] => {
    const found = new Map<string, number[]>();
    all.forEach(({ has = [], refsets = [] }, at) => {
      const values = name === '^' ? refsets : has.filter(([, attribute]) => attribute === name).map(([, , value]) => value);
      for (const value of new Set(values)) found.set(value, [...(found.get(value) ?? []), at]);
    });
    return [...found];
  };
  return {
    kind: 'concepts', url: 'http://snomed.info/sct', version: '1', name: 'SNOMED CT', isComplete: true, caseSensitive: true, size: all.length, find,
    code: (at) => all[at]?.id ?? '', display: () => undefined, definition: () => undefined, designations: () => [], properties: () => [], isInactive: (at) => all[at]?.inactive === true, isAbstract: () => false,
    parents: (at) => (all[at]?.parents ?? []).map(find), children: (at) => all.flatMap(({ parents = [] }, child) => (parents.includes(all[at]?.id ?? '') ? [child] : [])),
    hasProperty: (name) => properties(name).length > 0, values: properties, withValue: (name, value) => properties(name).find(([own]) => own === value)?.[1] ?? [],
    groups: (at) => all[at]?.has ?? [], ...more,
  };
};
const system = systemOf(concepts);
const select = (text: string, on = system): string => [...evaluateEcl(on, parseEcl(text))].map((at) => on.code(at)).join(' ');
const active = concepts.filter(({ inactive }) => inactive !== true).map(({ id }) => id).join(' ');

describe('an expression selects', () => {
  it.each([
    ['110000', '110000'], ['110000 |a finding|', '110000'], ['999999', ''], ['*', active], ['130000', '130000'],
    ['<110000', '111000 112000 111100'], ['<< 110000', '110000 111000 112000 111100'], ['<!110000', '111000 112000'], ['<<!110000', '110000 111000 112000'],
    ['>111100', '100000 110000 111000 112000'], ['>>111100', '100000 110000 111000 112000 111100'], ['>!111100', '111000 112000'], ['>>!111100', '111000 112000 111100'],
    ['^400001', '111000 112000 130000'], ['^ 400002 |b|', '112000 120000'], ['^*', '111000 112000 120000 130000'], ['^<400000', '111000 112000 120000 130000'], ['^(400001 MINUS 400002)', '111000 112000 130000'], ['<^400001', '111100'], ['^110000', ''],
    ['<110000 AND ^400001', '111000 112000'], ['<110000, ^400001', '111000 112000'], ['111000 OR 120000 or 130000', '111000 120000 130000'], ['<110000 MINUS ^400001', '111100'], ['(<110000 MINUS 111100) MINUS 111000', '112000'],
    ['< (111000 OR 200000)', '111100 201000 201100 202000 211000 212000'], ['<<(110000 AND ^400001) ', ''], ['/* all of it */ << /* ** / */ 110000 /**/', '110000 111000 112000 111100'],
    ['*: 300001 = 201000', '111000 112000'], ['*: 300001 = <<201000', '111000 112000 120000'], ['<110000: 300001 = *', '111000 112000 111100'], ['*: * = 212000', '111000 112000'], ['*: (300001 OR 300002) = 211000', '111000 120000'],
    ['*: 300001 != 201000', '111000 111100 120000'], ['*: 300001 = 201000, 300002 = 211000', '111000'], ['*: 300001 = 201000 OR 300001 = 202000', '111000 112000 111100'], ['*: (300001 = 202000 OR 300002 = 212000) AND 300001 = 201000', '111000 112000'],
    ['*: {300001 = 201000, 300002 = 212000}', '112000'], ['*: {300001 = 201000, 300002 = 211000}', '111000'], ['*: {300001 = 201100, 300002 = 211000}', ''], ['*: {300001 = 201000} , {300002 = 212000}', '111000 112000'], ['*: {300001 = 202000 OR 300002 = 211000}', '111000 111100 120000'],
    ['<<110000: [0..0] 300001 = *', '110000'], ['<<110000: [2..2] 300001 = *', '111000'], ['<<110000: [0..1] 300001 = *', '110000 112000 111100'], ['<110000: [2..*] {300001 = *}', '111000'], ['<110000: [1..1] {300001 = *}', '112000 111100'], ['<110000: [0..0] {300002 = 211000}', '112000 111100'],
    ['<110000: {300001 = *, [0..0] 300002 = *}', '111100'],
    ['<200000: R 300001 = <110000', '201000 202000'], ['<<200000: [2..*] R 300001 = *', '201000 202000'], ['<110000 . 300001', '201000 202000'], ['120000.300001', '201100'], ['<110000.(300001 OR 300002)', '201000 202000 211000 212000'], ['<110000.300001.300002', ''],
    ['(<110000: 300001 = 202000) MINUS 111000', '111100'], ['<110000: 300001 = (< 200000: R 300001 = 112000)', '111000 112000'],
  ])('%s: %s', (text, expected) => { expect(select(text)).toBe(expected); });

  it('by AND, OR and MINUS as sets do', () => {
    const leaf = fc.constantFrom('<110000', '^400001', '^400002', '*', '>>111100', '<<200000', '120000');
    const inSet = (text: string): Set<string> => new Set(select(text).split(' ').filter((id) => id !== ''));
    fc.assert(fc.property(leaf, leaf, fc.constantFrom('AND', 'OR', 'MINUS'), (a, b, operator) => {
      const [left, right] = [inSet(a), inSet(b)];
      const wanted = concepts.map(({ id }) => id).filter((id) => (operator === 'AND' ? left.has(id) && right.has(id) : operator === 'OR' ? left.has(id) || right.has(id) : left.has(id) && !right.has(id)));
      expect(select(`(${a}) ${operator} (${b})`)).toBe(wanted.join(' '));
    }));
  });
});

describe('a text that is no expression', () => {
  it.each(['', '<', '12', '<1 AND <2', '110000 AND', 'AND 110000', '110000 120000', '(110000', '110000)', '110000 AND 111000 OR 112000', '110000 MINUS 111000 MINUS 112000', '*: 300001', '*: 300001 =', '*: {300001 = 1000000', '*: [2..1] 300001 = *', 'finding', '110000 |a', '<< /* 110000'])('"%s" is refused', (text) => {
    expect(() => parseEcl(text)).toThrow(EclFault);
  });

  it.each(['<110000 {{ term = "heart" }}', '*: 300001 = #5', '*: 300001 = "x"', `${'('.repeat(50)}110000${')'.repeat(50)}`, Array.from({ length: 600 }, () => '*').join(' OR '), `110000 ${' '.repeat(5_000)}`])('"%.40s" is told to be beyond this server', (text) => {
    expect(() => parseEcl(text)).toThrow(EclBeyond);
  });

  it('and no other text holds the reader up', () => {
    for (const text of ['/* '.repeat(1_300), '/**/'.repeat(999) + '!', ' '.repeat(3_999) + '!', '|'.repeat(3_999), '<'.repeat(3_999)]) expect(() => parseEcl(text)).toThrow();
  });
});

describe('what the imported files do not tell', () => {
  const bare = systemOf(concepts.map(({ id, parents = [] }) => ({ id, parents })), { groups: undefined });
  it.each(['^400001', '*: {300001 = 201000}'])('%s is beyond', (text) => { expect(() => select(text, bare)).toThrow(EclBeyond); });
  it('groups in groups and reversed attributes in groups are beyond', () => {
    for (const text of ['*: { {300001 = *} }', '*: {R 300001 = *}']) expect(() => select(text)).toThrow(EclBeyond);
  });
});

it('each part counts as a round over the code system', () => {
  expect(['*', '<110000', '<110000 AND ^400001', '*: {300001 = 201000}'].map((text) => sizeOfEcl(parseEcl(text)))).toEqual([1, 2, 5, 6]);
});
