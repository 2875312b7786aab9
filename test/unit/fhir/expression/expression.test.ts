/** FHIRPath expressions as constraints use them: what they yield, and what is unknown (http://hl7.org/fhirpath/N1/). */
import { describe, expect, it } from '@jest/globals';
import { compileCondition, compileExpression } from '../../../../src/fhir/expression/compile.js';
import { nodeOfResource } from '../../../../src/fhir/expression/node.js';
import { parseExpression } from '../../../../src/fhir/expression/parse.js';

const patient = {
  resourceType: 'Patient', id: 'p', active: true, birthDate: '1980-02', _birthDate: { extension: [{ url: 'http://x', valueString: 'about' }] },
  name: [{ family: 'Chalmers', given: ['Peter', null], _given: [null, { extension: [{ url: 'http://y', valueCode: 'unknown' }] }], period: { start: '2001', end: '2002-05-01' } }, { family: 'Windsor' }],
  contained: [{ resourceType: 'Organization', id: 'o', name: 'Acme' }], managingOrganization: { reference: '#o' }, multipleBirthInteger: 2,
  telecom: [{ system: 'phone', value: '1' }, { system: 'email', value: 'a@example.org' }],
};
const root = nodeOfResource(patient);
const run = { resource: root, root, context: root, index: 0, resolve: (): ReturnType<typeof nodeOfResource> => nodeOfResource(patient.contained[0] ?? {}) };
const values = (text: string): unknown[] => compileExpression(text)([root], run).map(({ value }) => value);
const truth = (text: string): boolean | undefined => compileCondition(text)([root], run);

describe('an expression', () => {
  it.each<[string, unknown[]]>([
    ['name.family', ['Chalmers', 'Windsor']], ['Patient.name.given', ['Peter', undefined]], ['name.given.extension.value', ['unknown']], ['birthDate.extension.url', ['http://x']],
    ['multipleBirth', [2]], ['name[1].family', ['Windsor']], ['name.first().family | name.last().family', ['Chalmers', 'Windsor']], ['name.family.length()', [8]],
    ['telecom.where(system = \'email\').value', ['a@example.org']], ['name.select(family & given.first())', ['ChalmersPeter', 'Windsor']], ['1 + 2 * 3', [7]], ['-1 + 3', [2]], ['7 div 2', [3]], ['7 mod 2', [1]], ['1 / 0', []],
    ["'a' + 'b'", ['ab']], ["'abc'.substring(1)", ['bc']], ["'abc'.substring(1, 1)", ['b']], ["'a.b'.replaceMatches('\\\\..*', '')", ['a']], ["'a\\'b'", ["a'b"]], ["iif(active, 'yes', 'no')", ['yes']], ["iif(name.empty(), 'yes')", []],
    ["'12'.toInteger()", [12]], ["'x'.toInteger()", []], ['name.family.tail()', ['Windsor']], ['{}', []], ['managingOrganization.resolve().name', ['Acme']], ['contained.ofType(Organization).name', ['Acme']], ['%ucum', ['http://unitsofmeasure.org']],
    ['(1 | 2 | 2).count()', [2]], ['name.given.extension(\'http://y\').value', ['unknown']], ["'abc'.upper() // a comment", ['ABC']], ['name.descendants().count() > 5', [true]], ['(1|2|3).where($this > 1).where($index = 0)', [2]],
  ])('%s', (text, expected) => {
    expect(values(text)).toEqual(expected);
  });

  it.each<[string, boolean | undefined]>([
    ['active', true], ['name', true], ['photo', undefined], ['photo.exists()', false], ['photo.not()', undefined], ['active.not()', false],
    ['photo = 1', undefined], ["name.family = 'Chalmers'", false], ["name[0].family = 'Chalmers'", true], ["'Chalmers' in name.family", true], ["name.family contains 'X'", false],
    ['name.period.start <= name.period.end', true], ['birthDate < @1980-03', true], ['birthDate < @1980-02-10', undefined], ['@2001 = @2001-01', undefined],
    ['photo = 1 and false', false], ['photo = 1 or true', true], ['photo = 1 or false', undefined], ['false implies (photo = 1)', true], ['photo = 1 implies true', true], ['true xor false', true], ['true xor (photo = 1)', undefined],
    ['multipleBirth is integer', true], ['multipleBirth is Integer', false], ['1 is Integer', true], ["'a' is System.String", true], ['$this is Patient', true], ['$this is DomainResource', true], ['$this is Observation', false], ['name[0] is HumanName', true],
    ['name.all(family.exists())', true], ['name.all(given.exists())', false], ['name.exists(given.exists())', true], ['name.family.isDistinct()', true], ['birthDate.hasValue()', true], ['name.given[1].hasValue()', false],
    ["name[0].family.matches('^C')", true], ["name[0].family.startsWith('Ch')", true], ["photo.url.startsWith('a')", undefined], ["name[0].family.matches('(')", undefined], ['name.count() = 2', true], ["name.select(family = 'Windsor').anyTrue()", true],
  ])('%s is %s', (text, expected) => {
    expect(truth(text)).toBe(expected);
  });

  it.each(['name.', '(name', 'name.foo(', 'name.nonsense()', '%unknown', 'name.where()', "'open", 'a b', ''])('"%s" is refused when made', (text) => {
    expect(() => compileExpression(text)).toThrow();
  });

  it('binds as the grammar says', () => {
    expect(parseExpression("a or b and c = 'x' | 'y' implies d")).toMatchObject({ op: 'implies', left: { op: 'or', right: { op: 'and', right: { op: '=', right: { op: '|' } } } } });
    expect(parseExpression('1 + 2 * 3 is Integer')).toMatchObject({ kind: 'is', of: { op: '+', right: { op: '*' } } });
  });
});
