/** The case runner must be able to say no: every kind of expectation is shown to fail. */
import { describe, expect, it } from '@jest/globals';
import { readCases } from '../../spec/case.js';
import { answerFaults } from '../../spec/check-answer.js';
import { differences } from '../../spec/match.js';
import { fill } from '../../spec/variables.js';

describe('differences', () => {
  const patient = { resourceType: 'Patient', active: true, name: [{ family: 'Chalmers', given: ['Peter', 'James'] }], meta: { versionId: '1' } };
  const holds: readonly (readonly [string, unknown])[] = [
    ['a subset', { resourceType: 'Patient', active: true }],
    ['a nested subset', { name: [{ family: 'Chalmers' }] }],
    ['absence', { birthDate: null }],
    ['a regular expression', { meta: { versionId: '/^\\d+$/' } }],
    ['a length', { name: [{ given: { $length: 2 } }] }],
    ['an item', { name: { $contains: { family: 'Chalmers' } } }],
    ['several items', { name: [{ given: { $contains: ['James', 'Peter'] } }] }],
    ['no such item', { name: { $lacks: { family: 'Windsor' } } }],
    ['something else', { resourceType: { $not: 'Observation' } }],
    ['presence', { active: { $present: true }, photo: { $present: false } }],
    ['exactness whatever the order', { meta: { $exactly: { versionId: '1' } } }],
    ['a choice', { resourceType: { $one: ['Person', 'Patient'] } }],
  ];
  for (const [name, expected] of holds) it(`accepts ${name}`, () => expect(differences(expected, patient)).toEqual([]));

  const fails: readonly (readonly [string, unknown, string])[] = [
    ['another value', { active: false }, 'body.active'],
    ['a string for a boolean', { active: 'true' }, 'body.active'],
    ['a missing member', { birthDate: '1974-12-25' }, 'body.birthDate'],
    ['a member that should be absent', { active: null }, 'body.active'],
    ['a shorter list', { name: [] }, 'body.name'],
    ['a longer list', { name: [{}, {}] }, 'body.name'],
    ['a regular expression that does not match', { meta: { versionId: '/^2$/' } }, 'versionId'],
    ['another length', { name: { $length: 2 } }, 'length'],
    ['an item that is not there', { name: { $contains: { family: 'Windsor' } } }, 'Windsor'],
    ['an unwanted item', { name: { $lacks: { family: 'Chalmers' } } }, 'Chalmers'],
    ['the same', { resourceType: { $not: 'Patient' } }, 'anything but'],
    ['more than exactly', { name: { $exactly: [{ family: 'Chalmers' }] } }, 'exactly'],
    ['none of the choices', { resourceType: { $one: ['Person', 'Group'] } }, 'one of'],
    ['an object where there is none', { photo: { url: 'x' } }, 'body.photo'],
    ['a list where there is none', { meta: [] }, 'body.meta'],
  ];
  for (const [name, expected, says] of fails) it(`refuses ${name}`, () => expect(differences(expected, patient).join()).toContain(says));

  it('refuses an operator it does not know', () => expect(() => differences({ name: { $size: 1 } }, patient)).toThrow('$size'));
});

describe('fill', () => {
  const variables = new Map([['uid', 'a1'], ['etag', 'W/"3"']]);
  it('replaces variables everywhere in strings and member names', () => {
    expect(fill({ id: '$uid', list: ['x-$(uid)y', 7], $length: 1, ['$uid']: '$etag' }, variables)).toEqual({ id: 'a1', list: ['x-a1y', 7], $length: 1, ['$uid']: 'W/"3"' });
  });
  it('leaves a doubled dollar as one', () => expect(fill('/Patient/$$everything', variables)).toBe('/Patient/$everything'));
  it('refuses a variable that is not there', () => expect(() => fill('$nothing', variables)).toThrow('no variable nothing'));
});

describe('readCases', () => {
  const file = (steps: string): string => `section: s\nlink: l\ncases:\n- title: t\n  steps:\n  ${steps}`;
  it('reads a case', () => expect(readCases(file('- {request: GET /Patient, expect: 200}'), 'x').cases).toHaveLength(1));
  const refused: readonly (readonly [string, string, string])[] = [
    ['a misspelt member', '- {request: GET /Patient, expects: 200}', 'expects'],
    ['a misspelt expectation', '- {request: GET /Patient, expect: {statsu: 200}}', 'statsu'],
    ['a step that expects nothing', '- {request: GET /Patient}', 'nothing is expected'],
    ['a step without path', '- {request: GET, expect: 200}', 'METHOD'],
  ];
  for (const [name, steps, says] of refused) it(`refuses ${name}`, () => expect(() => readCases(file(steps), 'x')).toThrow(says));
  it('refuses a case without steps', () => expect(() => readCases('section: s\nlink: l\ncases: [{title: t}]', 'x')).toThrow('no steps'));
  it('refuses the same title twice', () => expect(() => readCases(`${file('- {request: GET /Patient, expect: 200}')}\n- title: t\n  steps: [{request: GET /Group, expect: 200}]`, 'x')).toThrow('twice'));
});

describe('answerFaults', () => {
  const outcome = (issue: unknown): string => JSON.stringify({ resourceType: 'OperationOutcome', issue });
  const json = { 'content-type': 'application/fhir+json' };
  const good = { status: 400, headers: json, text: outcome([{ severity: 'error', code: 'structure', diagnostics: 'line 3, column 7: a comma is missing' }]) };

  it('accepts the expected error', () => expect(answerFaults({ status: 400, issue: 'structure', says: ['line 3', '/column \\d/'] }, good, 'POST')).toEqual([]));
  it('refuses another status', () => expect(answerFaults({ status: 422 }, good, 'POST').join()).toContain('expected 422'));
  it('refuses a failure where nothing is said of the status', () => expect(answerFaults({}, good, 'POST').join()).toContain('success'));
  it('refuses another issue', () => expect(answerFaults({ status: 400, issue: 'value' }, good, 'POST').join()).toContain('expected issue value'));
  it('refuses an issue that does not say it', () => expect(answerFaults({ status: 400, says: 'line 4' }, good, 'POST').join()).toContain('line 4'));
  const faulty: readonly (readonly [string, string, string])[] = [
    ['without OperationOutcome', '{"error":"x"}', 'without OperationOutcome'],
    ['that is no JSON', 'oops', 'without OperationOutcome'],
    ['without issue', outcome([]), 'without issue'],
    ['with a code that FHIR does not have', outcome([{ severity: 'error', code: 'bad', diagnostics: 'x' }]), 'issue.code bad'],
    ['with a severity that FHIR does not have', outcome([{ severity: 'bad', code: 'value', diagnostics: 'x' }]), 'issue.severity bad'],
    ['that only warns', outcome([{ severity: 'warning', code: 'value', diagnostics: 'x' }]), 'severity error'],
    ['that says nothing', outcome([{ severity: 'error', code: 'value' }]), 'says nothing'],
    ['that shows the inside', outcome([{ severity: 'error', code: 'value', diagnostics: 'SQLITE_BUSY' }]), 'shows the inside'],
  ];
  for (const [name, text, says] of faulty) it(`refuses an error ${name}`, () => expect(answerFaults({ status: 400 }, { status: 400, headers: json, text }, 'GET').join()).toContain(says));
  it('refuses an ETag that is not the version', () => {
    const text = JSON.stringify({ resourceType: 'Patient', meta: { versionId: '2', lastUpdated: '2026-01-01T00:00:00.000Z' } });
    expect(answerFaults({ status: 200 }, { status: 200, headers: { ...json, etag: 'W/"1"' }, text }, 'GET').join()).toContain('versionId 2');
  });
  it('compares text as sent', () => {
    const answer = { status: 200, headers: json, text: '{"value":1.10}' };
    expect(answerFaults({ status: 200, contains: '1.10' }, answer, 'GET')).toEqual([]);
    expect(answerFaults({ status: 200, lacks: '1.10' }, answer, 'GET').join()).toContain('1.10');
    expect(answerFaults({ status: 200, contains: '1.100' }, answer, 'GET').join()).toContain('lacks');
    expect(answerFaults({ status: 200, empty: true }, answer, 'GET').join()).toContain('no body');
  });
});
