import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../src/core/clock.js';
import { call, makeService } from '../../fixture/service.js';
import { makeMemoryStore } from '../../fixture/memory-store.js';

type Entry = { resource?: Record<string, unknown>; response: { status: string; location?: string; etag?: string } };
const bundle = (entries: unknown[], type = 'transaction') => ({ resourceType: 'Bundle', type, entry: entries });
const post = (fullUrl: string, resource: Record<string, unknown>, more = {}) => ({ fullUrl, resource, request: { method: 'POST', url: resource['resourceType'], ...more } });
const open = (options = {}) => makeService(makeMemoryStore(systemClock), options);
const entriesOf = ({ body = '{}' }: { body?: string | undefined }): Entry[] => (JSON.parse(body) as { entry?: Entry[] }).entry ?? [];
const patient = (id: string) => ({ resourceType: 'Patient', identifier: [{ system: 's', value: id }] });
const idOf = (entry: Entry | undefined): string => entry?.response.location?.replace(/\/_history.*/, '') ?? '';
const bodyOf = (answer: { body?: string | undefined }) => JSON.parse(answer.body ?? '{}') as { subject?: unknown; type?: string; entry?: { resource: { id: string } }[] };

describe('transaction', () => {
  it('stores all entries and rewrites what links to them, everywhere the specification says and nowhere else', async () => {
    const service = open();
    const answer = await call(service, { method: 'POST', url: '', body: bundle([
      post('urn:uuid:1', patient('a')),
      post('urn:uuid:2', {
        resourceType: 'Observation', subject: { reference: 'urn:uuid:1#x' }, status: 'final', valueQuantity: { value: 1 }, instantiatesCanonical: 'urn:uuid:1',
        extension: [{ url: 'u', valueUri: 'urn:uuid:1' }, { url: 'u', valueCanonical: 'urn:uuid:1' }, { url: 'u', valueString: 'urn:uuid:1' }, { url: 'u', valueOid: 'urn:uuid:1' }],
        text: { status: 'generated', div: '<div><a href="urn:uuid:1">p</a><img src=\'urn:uuid:1\'/>urn:uuid:1</div>' },
      }),
    ]) });
    const [first, second] = entriesOf(answer);
    expect(first?.response.status).toBe('201 Created');
    const target = idOf(first);
    expect(bodyOf(await call(service, { method: 'GET', url: idOf(second) }))).toMatchObject({
      subject: { reference: `${target}#x` }, instantiatesCanonical: 'urn:uuid:1',
      extension: [{ valueUri: target }, { valueCanonical: 'urn:uuid:1' }, { valueString: 'urn:uuid:1' }, { valueOid: target }],
      text: { div: `<div><a href="${target}">p</a><img src='${target}'/>urn:uuid:1</div>` },
    });
  });

  it('reads relative references against the fullUrl of the entry', async () => {
    const service = open();
    const [first, second] = entriesOf(await call(service, { method: 'POST', url: '', body: bundle([
      post('http://elsewhere/fhir/Patient/9', patient('a')),
      post('http://elsewhere/fhir/Observation/8', { resourceType: 'Observation', subject: { reference: 'Patient/9/_history/3' }, focus: [{ reference: 'Patient/77' }] }),
    ]) }));
    expect(bodyOf(await call(service, { method: 'GET', url: idOf(second) }))).toMatchObject({ subject: { reference: `${idOf(first)}/_history/1` }, focus: [{ reference: 'Patient/77' }] });
  });

  it('resolves conditional references to the store and to its own entries', async () => {
    const service = open();
    await call(service, { method: 'PUT', url: 'Patient/p1', body: { ...patient('there'), id: 'p1' } });
    const [first, second, third] = entriesOf(await call(service, { method: 'POST', url: '', body: bundle([
      post('urn:uuid:o', { resourceType: 'Observation', subject: { reference: 'Patient?identifier=s|there' } }),
      post('urn:uuid:n', { resourceType: 'Observation', subject: { reference: 'Patient?identifier=s|new' } }),
      post('urn:uuid:p', patient('new')),
    ]) }));
    expect(bodyOf(await call(service, { method: 'GET', url: idOf(first) })).subject).toEqual({ reference: 'Patient/p1' });
    expect(bodyOf(await call(service, { method: 'GET', url: idOf(second) })).subject).toEqual({ reference: idOf(third) });
    await expect(call(service, { method: 'POST', url: '', body: bundle([post('urn:uuid:o', { resourceType: 'Observation', subject: { reference: 'Patient?identifier=s|nobody' } })]) }))
      .rejects.toMatchObject({ code: 'unresolved-reference' });
  });

  it('finds its own entries by criteria of every kind, an identifier or not, among many', async () => {
    const service = open();
    const many = Array.from({ length: 40 }, (_, index) => post(`urn:uuid:${String(index)}`, { ...patient(`id-${String(index)}`), birthDate: `1990-01-${String(index % 28 + 1).padStart(2, '0')}` }));
    const again = (criteria: string) => post(`urn:uuid:${criteria}`, patient('again'), { ifNoneExist: criteria });
    const criteria = ['identifier=s|id-7', 'identifier=id-8', 'birthdate=1990-01-28', 'identifier=s|id-9&birthdate=1990-01-10', 'identifier=s|id-9&birthdate=1990-01-11', 'identifier=s|none,s|id-20'];
    const answers = entriesOf(await call(service, { method: 'POST', url: '', body: bundle([...many, ...criteria.map(again)]) }));
    const ids = answers.slice(0, 40).map(idOf);
    expect(answers.slice(40).map(({ response }) => response.status)).toEqual(['200 OK', '200 OK', '200 OK', '200 OK', '201 Created', '200 OK']);
    expect(answers.slice(40).map(idOf)).toEqual([ids[7], ids[8], ids[27], ids[9], expect.stringMatching(/^Patient\//), ids[20]]);
    await expect(call(service, { method: 'POST', url: '', body: bundle([...many, again('birthdate=1990-01-01')]) })).rejects.toMatchObject({ code: 'multiple-matches' });
  });

  it('rewrites links in one resource at any depth, in any number, and indexes what it has written', async () => {
    const service = open();
    const [first, , third] = entriesOf(await call(service, { method: 'POST', url: '', body: bundle([
      post('urn:uuid:1', patient('a')), post('urn:uuid:2', patient('b')),
      post('urn:uuid:3', {
        resourceType: 'List', status: 'current', mode: 'working', subject: { reference: 'urn:uuid:2' }, code: { coding: [{ system: 'urn:uuid:0', code: 'x' }] },
        entry: [{ item: { reference: 'urn:uuid:1' } }, { item: { display: 'urn:uuid:1' } }, { item: { reference: 'urn:uuid:1' } }, { item: { reference: 'urn:uuid:2' } }],
      }),
    ]) }));
    const list = bodyOf(await call(service, { method: 'GET', url: idOf(third) })) as { entry?: unknown };
    expect(list.entry).toEqual([{ item: { reference: idOf(first) } }, { item: { display: 'urn:uuid:1' } }, { item: { reference: idOf(first) } }, { item: { reference: expect.stringMatching(/^Patient\//) } }]);
    const found = bodyOf(await call(service, { method: 'GET', url: `List?item=${idOf(first)}` }));
    expect(found.entry?.map(({ resource }) => `List/${resource.id}`)).toEqual([idOf(third)]);
  });

  it('deletes before it creates, and matches If-None-Exist after that', async () => {
    const service = open();
    await call(service, { method: 'PUT', url: 'Patient/p1', body: { ...patient('a'), id: 'p1' } });
    const answers = entriesOf(await call(service, { method: 'POST', url: '', body: bundle([
      post('urn:uuid:1', patient('a'), { ifNoneExist: 'identifier=s|a' }),
      { request: { method: 'DELETE', url: 'Patient/p1' } },
      post('urn:uuid:2', patient('a'), { ifNoneExist: 'identifier=s|a' }),
    ]) }));
    expect(answers.map(({ response }) => response.status)).toEqual(['201 Created', '204 No Content', '200 OK']);
    expect(answers[2]?.response.etag).toBe('W/"1"');
    await expect(call(service, { method: 'GET', url: 'Patient/p1' })).rejects.toMatchObject({ code: 'deleted' });
  });

  it.each([
    ['two puts of one resource', [{ resource: { resourceType: 'Patient', id: 'x' }, request: { method: 'PUT', url: 'Patient/x' } }, { request: { method: 'DELETE', url: 'Patient/x' } }], 'invalid-bundle'],
    ['one fullUrl twice', [post('urn:uuid:1', patient('a')), post('urn:uuid:1', patient('b'))], 'invalid-bundle'],
    ['an entry without request', [{ resource: patient('a') }], 'invalid-bundle'],
    ['a method that is none', [{ request: { method: 'FETCH', url: 'Patient' } }], 'invalid-bundle'],
    ['a read of nothing', [post('urn:uuid:1', patient('a')), { request: { method: 'GET', url: 'Patient/none' } }], 'not-found'],
    ['a type that is none', [post('urn:uuid:1', patient('a')), { resource: { resourceType: 'Patiant' }, request: { method: 'POST', url: 'Patiant' } }], 'unknown-type'],
    ['a failed condition', [post('urn:uuid:1', patient('a')), { resource: { resourceType: 'Patient', id: 'x' }, request: { method: 'PUT', url: 'Patient/x', ifMatch: 'W/"3"' } }], 'precondition-failed'],
  ])('refuses %s and stores nothing', async (_name, entries, code) => {
    const service = open();
    await expect(call(service, { method: 'POST', url: '', body: bundle(entries) })).rejects.toMatchObject({ code });
    expect((await service.store.statistics()).versions).toBe(0);
  });

  it('names the entry in every finding', async () => {
    const error: unknown = await call(open(), { method: 'POST', url: '', body: bundle([post('urn:uuid:1', patient('a')), { resource: { resourceType: 'Patient', id: '!' }, request: { method: 'POST', url: 'Patient' } }]) }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'invalid-id', issues: [{ expression: 'Bundle.entry[1].resource.id' }] });
  });

  it('replays its answer for the same Idempotency-Key and refuses another body', async () => {
    const service = open();
    const body = bundle([post('urn:uuid:1', patient('a')), { request: { method: 'GET', url: 'Patient?identifier=s|a' } }]);
    const first = await call(service, { method: 'POST', url: '', body, key: 'k' });
    const second = await call(service, { method: 'POST', url: '', body, key: 'k' });
    expect(second.replayed).toBe(true);
    expect(entriesOf(second)[0]).toEqual(entriesOf(first)[0]);
    expect((await service.store.statistics()).versions).toBe(1);
    await expect(call(service, { method: 'POST', url: '', body: bundle([]), key: 'k' })).rejects.toMatchObject({ code: 'idempotency-conflict' });
  });

  it('enforces references across its own entries when set to', async () => {
    const service = open({ referentialIntegrity: 'enforce' });
    const observation = { resourceType: 'Observation', subject: { reference: 'urn:uuid:1' } };
    await call(service, { method: 'POST', url: '', body: bundle([post('urn:uuid:2', observation), post('urn:uuid:1', patient('a'))]) });
    await expect(call(service, { method: 'POST', url: '', body: bundle([post('urn:uuid:2', { ...observation, subject: { reference: 'Patient/none' } })]) })).rejects.toMatchObject({ code: 'unresolved-reference' });
    const found = bodyOf(await call(service, { method: 'GET', url: 'Patient?identifier=s|a' }));
    const id = found.entry?.[0]?.resource.id ?? '';
    await expect(call(service, { method: 'DELETE', url: `Patient/${id}` })).rejects.toMatchObject({ code: 'still-referenced' });
  });
});

describe('batch', () => {
  it('answers each entry for itself', async () => {
    const service = open();
    const answer = await call(service, { method: 'POST', url: '', body: bundle([
      post('urn:uuid:1', patient('a')), { request: { method: 'GET', url: 'Patient/none' } }, { resource: patient('b') }, { request: { method: 'GET', url: 'metadata?mode=wrong' } },
    ], 'batch') });
    expect(entriesOf(answer).map(({ response }) => response.status.slice(0, 3))).toEqual(['201', '404', '400', '400']);
    expect(bodyOf(answer).type).toBe('batch-response');
  });

  it('is replayed entry by entry for the same Idempotency-Key', async () => {
    const service = open();
    const body = bundle([post('urn:uuid:1', patient('a')), post('urn:uuid:2', patient('b'))], 'batch');
    const first = await call(service, { method: 'POST', url: '', body, key: 'k' });
    const second = await call(service, { method: 'POST', url: '', body, key: 'k' });
    expect(second.replayed).toBe(true);
    expect(entriesOf(second)).toEqual(entriesOf(first));
    expect((await service.store.statistics()).versions).toBe(2);
  });
});

describe('concurrency', () => {
  it('50 parallel If-None-Exist make one resource', async () => {
    const service = open();
    const answers = await Promise.all(Array.from({ length: 50 }, () => call(service, { method: 'POST', url: 'Patient', body: patient('one'), conditions: { ifNoneExist: 'identifier=s|one' } })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(49);
  });

  it('50 parallel If-Match updates have one winner', async () => {
    const service = open();
    await call(service, { method: 'PUT', url: 'Patient/p', body: { ...patient('a'), id: 'p' } });
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => call(service, { method: 'PUT', url: 'Patient/p', body: { ...patient('a'), id: 'p' }, conditions: { ifMatch: 'W/"1"' } })));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});
