/** The rules of the product and of a file (docs/access.md). */
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { defaultRules, rulesOf } from '../../../src/access/rules.js';
import { readRules, RulesFault } from '../../../src/access/rules-file.js';
import { packageRoot } from '../../../src/core/package-root.js';
import { compartmentParams, isResourceType } from '../../../src/fhir/definitions.js';
import { makeRegistry } from '../../../src/search/registry.js';

const registry = makeRegistry();
const read = (value: unknown) => readRules(registry, JSON.stringify(value));

describe('the rules of the product', () => {
  it('are a file that could be given', () => {
    expect(read(defaultRules)).toEqual(defaultRules);
    expect(read({})).toEqual(defaultRules);
  });

  it('stand in the documentation, each in its words', () => {
    const text = readFileSync(`${packageRoot}/docs/access.md`, 'utf8');
    for (const { name, words, type } of defaultRules.relations) expect(text).toContain(`| \`${name}\` | ${words} | ${type} |`);
  });

  it('call nothing the clinic\'s own that may be a patient\'s, but Schedule, which says so itself', () => {
    expect(defaultRules.clinic.filter((type) => !isResourceType(type) || compartmentParams('Patient', type).length > 0)).toEqual(['Schedule']);
    for (const { keeps } of Object.values(defaultRules.roles)) expect(keeps.filter((type) => !defaultRules.clinic.includes(type))).toEqual([]);
  });
});

describe('a file of rules', () => {
  const [team] = defaultRules.relations;

  it('takes the place of what it names', () => {
    const rules = read({ relations: [team], roles: { practitioner: { patients: [team?.name] }, staff: { patients: 'all' }, admin: { patients: [], keeps: [] } } });
    expect([rulesOf(rules, 'practitioner'), rulesOf(rules, 'staff')]).toMatchObject([{ relations: [team] }, 'all']);
    expect(rulesOf(rules, 'admin')).toMatchObject({ relations: [], keeps: new Set() });
  });

  const faults: readonly (readonly [string, unknown, RegExp])[] = [
    ['no object', [], /the file must be an object/], ['an unknown part', { rules: [] }, /the file\.rules must be left out/], ['a relation without a name', { relations: [{ ...team, name: '' }] }, /relations\[0\]\.name must be a text/],
    ['a parameter that is none', { relations: [{ ...team, actors: ['nobody'] }] }, /relations\[0\]\.actors\[0\] must be a reference parameter of Patient/], ['an unknown kind', { relations: [{ ...team, kinds: ['anyone'] }] }, /kinds must be some of/],
    ['two of one name', { relations: [team, team] }, /names of their own/], ['a role with an unknown relation', { roles: { staff: { patients: ['x'] } } }, /roles\.staff\.patients must be "all" or names/], ['an unknown role', { roles: { guest: {} } }, /roles\.guest must be left out/],
    ['days that are none', { relations: [{ ...defaultRules.relations[2], period: { param: 'date', daysBefore: -1, daysAfter: 0 } }] }, /daysBefore must be a whole number/],
    ['a type that is none', { clinic: ['Nothing'] }, /clinic must be/],
  ];
  it.each(faults)('with %s is refused in words', (_name, value, words) => {
    expect(() => read(value)).toThrow(RulesFault);
    expect(() => read(value)).toThrow(words);
  });

  it('that is no JSON is refused', () => { expect(() => readRules(registry, '{')).toThrow(/not JSON/); });
});
