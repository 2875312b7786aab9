import { describe, expect, it } from '@jest/globals';
import type { BadLine, Document } from '../../../../src/bulk/import/documents.js';
import { aimOf, claimsOf, type Unit, type Unsent } from '../../../../src/bulk/import/unit.js';
import { makeUnits } from '../../../../src/bulk/import/units.js';

async function* given(documents: readonly (Document | BadLine)[]): AsyncGenerator<Document | BadLine> {
  yield* documents;
}
const lines = (...values: unknown[]): Document[] => values.map((value, index) => ({ text: typeof value === 'string' ? value : JSON.stringify(value), line: index + 1 }));
const unitsOf = async (documents: readonly (Document | BadLine)[], count = 3): Promise<(Unit | Unsent)[]> => {
  const units: (Unit | Unsent)[] = [];
  for await (const unit of makeUnits(given(documents), { count, weight: 10_000, maxDepth: 20 })) units.push(unit);
  return units;
};
const shapeOf = (unit: Unit | Unsent): string => ('text' in unit ? `! ${unit.code}` : `${unit.kind}: ${unit.entries.map((entry) => { const { method, url } = entry.request as { method: string; url: string }; return `${method} ${url}`; }).join(', ')}`);
const patient = (id?: string): object => ({ resourceType: 'Patient', ...(id === undefined ? {} : { id }) });
const bundle = (type: string, entry: object[]): object => ({ resourceType: 'Bundle', type, entry });

describe('units of an import', () => {
  it('put a resource under its id and create one without, in groups of a limited size', async () => {
    const units = await unitsOf(lines(patient('a'), patient(), patient('c'), patient('d')));
    expect(units.map(shapeOf)).toEqual(['group: PUT Patient/a, POST Patient, PUT Patient/c', 'group: PUT Patient/d']);
    expect((units[0] as Unit).places).toEqual([{ line: 1 }, { line: 2 }, { line: 3 }]);
  });

  it('hold each resource once: what comes again goes into the next', async () => {
    expect((await unitsOf(lines(patient('a'), patient('a'), patient('b')))).map(shapeOf)).toEqual(['group: PUT Patient/a', 'group: PUT Patient/a, PUT Patient/b']);
  });

  it('leave batch and transaction as they are', async () => {
    const create = { resource: patient(), request: { method: 'POST', url: 'Patient' } };
    const units = await unitsOf(lines(patient('a'), bundle('transaction', [create]), bundle('batch', [create, create]), bundle('transaction', [])));
    expect(units.map(shapeOf)).toEqual(['group: PUT Patient/a', 'transaction: POST Patient', 'batch: POST Patient, POST Patient']);
    expect((units[2] as Unit).places).toEqual([{ line: 3, entry: 0 }, { line: 3, entry: 1 }]);
  });

  it('take the resources out of every other Bundle, together, with their fullUrl', async () => {
    const many = Array.from({ length: 5 }, (_, index) => ({ fullUrl: `urn:uuid:${String(index)}`, resource: patient() }));
    for (const type of ['collection', 'searchset', 'document', 'message']) {
      const [unit, ...others] = await unitsOf(lines(bundle(type, many)));
      expect(others).toEqual([]);
      expect((unit as Unit).entries.map(({ fullUrl }) => fullUrl)).toEqual(many.map(({ fullUrl }) => fullUrl));
    }
    const told = { resource: { resourceType: 'OperationOutcome', issue: [] }, search: { mode: 'outcome' } };
    expect((await unitsOf(lines(bundle('searchset', [{ resource: patient('a') }, told])))).map(shapeOf)).toEqual(['group: PUT Patient/a']);
  });

  it('play a history back from its oldest version, deletions included', async () => {
    const history = bundle('history', [
      { fullUrl: 'http://x/Patient/a', request: { method: 'DELETE', url: 'Patient/a' } },
      { fullUrl: 'http://x/Patient/a', resource: { ...patient('a'), active: false }, request: { method: 'PUT', url: 'Patient/a' } },
      { fullUrl: 'http://x/Patient/a', resource: patient('a'), request: { method: 'POST', url: 'Patient' } },
    ]);
    const units = await unitsOf(lines(history));
    expect(units.map(shapeOf)).toEqual(['group: PUT Patient/a', 'group: PUT Patient/a', 'group: DELETE Patient/a']);
    expect((units[0] as Unit).entries[0]?.resource?.value['active']).toBeUndefined();
  });

  it('say by line what cannot be sent, and go on', async () => {
    const units = await unitsOf([...lines('{"resourceType":"Patient","id":}', '{"id":"x"}', '"text"', '{"resourceType":"Patient","id":"a","id":"b"}', bundle('nonsense', []), patient('z')), { bad: 'too long', line: 7 }]);
    expect(units.map(shapeOf)).toEqual(['! malformed-json', '! wrong-resource-type', '! invalid-structure', '! duplicate-key', '! invalid-bundle', '! malformed-json', 'group: PUT Patient/z']);
    expect(units.map((unit) => ('text' in unit ? unit.place.line : 0))).toEqual([1, 2, 3, 4, 5, 7, 0]);
  });

  it('keep the exact text of a resource', async () => {
    const [unit] = await unitsOf(lines('{"resourceType":"Observation","id":"o","valueQuantity":{"value":1.10}}'));
    expect((unit as Unit).entries[0]?.resource?.text).toContain('1.10');
  });
});

describe('what a unit claims', () => {
  const unit = (...requests: object[]): Unit => ({ kind: 'transaction', entries: requests.map((request) => ({ request })), places: [], weight: 0 });
  it('is what it changes by name, nothing for creates, unknown for conditional changes', () => {
    expect(claimsOf(unit({ method: 'POST', url: 'Patient' }, { method: 'PUT', url: 'Patient/a' }))).toEqual(new Set(['Patient/a']));
    expect(claimsOf(unit({ method: 'PUT', url: 'Patient?identifier=x' }))).toBeUndefined();
    expect(claimsOf(unit({}))).toBeUndefined();
    expect(aimOf({ request: { method: 'DELETE', url: '/Patient/a/_history/1' } })).toEqual({ method: 'DELETE', type: 'Patient', name: 'Patient/a' });
  });
});
