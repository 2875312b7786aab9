/** Random requests, answered by every engine and by the model: no difference may be seen. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FhirError } from '../../../src/core/error.js';
import type { FhirResponse } from '../../../src/interaction/request.js';
import type { Service } from '../../../src/interaction/service.js';
import { engines } from '../../fixture/engines.js';
import { makeModel, type Content, type Model, type ModelVersion, type Op, type Outcome, type Part } from '../../fixture/model.js';
import { call, makeService, type Call } from '../../fixture/service.js';

const ids = fc.constantFrom('p0', 'p1', 'p2');
const keys = fc.constantFrom('a', 'b', 'c');
const numbers = fc.integer({ min: 1, max: 9 });
const contents = fc.record({ key: keys, n: numbers });
const matches = fc.constantFrom(undefined, undefined, 'current' as const, 'stale' as const);
const parts: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), id: ids, content: contents, match: matches }),
  fc.record({ kind: fc.constant('post' as const), content: contents, unless: fc.option(keys, { nil: undefined }) }),
  fc.record({ kind: fc.constant('delete' as const), id: ids, match: matches }),
);
const ops: fc.Arbitrary<Op> = fc.oneof(
  { weight: 5, arbitrary: parts },
  fc.record({ kind: fc.constant('post-once' as const), slot: fc.constantFrom('s', 't'), content: fc.record({ key: keys, n: fc.constantFrom(1, 2) }) }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('patch' as const), id: ids, n: numbers, match: matches }) },
  fc.record({ kind: fc.constant('put-by' as const), by: keys, content: contents }),
  fc.record({ kind: fc.constant('delete-by' as const), by: keys }),
  fc.record({ kind: fc.constant('patch-by' as const), by: keys, n: numbers }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('transaction' as const), parts: fc.array(parts, { minLength: 1, maxLength: 4 }) }) },
);

const resourceOf = ({ key, n }: Content, id?: string) => ({ resourceType: 'Patient', ...(id === undefined ? {} : { id }), identifier: [{ system: 's', value: key }], multipleBirthInteger: n });
const criteria = (key: string): string => `identifier=s|${key}`;
const tagOf = (version: number | undefined): string | undefined => (version === undefined ? undefined : `W/"${String(version)}"`);
const patchOf = (n: number) => [{ op: 'replace', path: '/multipleBirthInteger', value: n }];

const entryOf = (part: Part, model: Model): unknown => {
  if (part.kind === 'post') return { resource: resourceOf(part.content), request: { method: 'POST', url: 'Patient', ...(part.unless === undefined ? {} : { ifNoneExist: criteria(part.unless) }) } };
  const tag = tagOf(model.tag(part.id, part.match));
  const request = { method: part.kind.toUpperCase(), url: `Patient/${part.id}`, ...(tag === undefined ? {} : { ifMatch: tag }) };
  return part.kind === 'put' ? { resource: resourceOf(part.content, part.id), request } : { request };
};

const callOf = (op: Op, model: Model): Call => {
  switch (op.kind) {
    case 'post':
      return { method: 'POST', url: 'Patient', body: resourceOf(op.content), conditions: { ifNoneExist: op.unless === undefined ? undefined : criteria(op.unless) } };
    case 'post-once':
      return { method: 'POST', url: 'Patient', body: resourceOf(op.content), key: op.slot };
    case 'put':
      return { method: 'PUT', url: `Patient/${op.id}`, body: resourceOf(op.content, op.id), conditions: { ifMatch: tagOf(model.tag(op.id, op.match)) } };
    case 'delete':
      return { method: 'DELETE', url: `Patient/${op.id}`, conditions: { ifMatch: tagOf(model.tag(op.id, op.match)) } };
    case 'patch':
      return { method: 'PATCH', url: `Patient/${op.id}`, body: patchOf(op.n), conditions: { ifMatch: tagOf(model.tag(op.id, op.match)) } };
    case 'put-by':
      return { method: 'PUT', url: `Patient?${criteria(op.by)}`, body: resourceOf(op.content) };
    case 'delete-by':
      return { method: 'DELETE', url: `Patient?${criteria(op.by)}` };
    case 'patch-by':
      return { method: 'PATCH', url: `Patient?${criteria(op.by)}`, body: patchOf(op.n) };
    case 'transaction':
      return { method: 'POST', url: '', body: { resourceType: 'Bundle', type: 'transaction', entry: op.parts.map((part) => entryOf(part, model)) } };
  }
};

interface Entry { readonly response: { readonly status: string; readonly location?: string; readonly etag?: string } }

const outcomeOfEntry = ({ response: { status, location, etag } }: Entry, part: Part | undefined): Outcome => {
  const version = /"(\d+)"/.exec(etag ?? '')?.[1];
  const id = part?.kind === 'post' ? location?.split('/')[1] : version === undefined ? undefined : part?.id;
  return { status: Number(status.slice(0, 3)), id, version: version === undefined ? undefined : Number(version) };
};

const outcomeOf = (op: Op, { status, version, body }: FhirResponse): Outcome => {
  if (op.kind !== 'transaction' || status !== 200) return { status, id: version?.id, version: version?.version };
  const { entry = [] } = JSON.parse(body ?? '{}') as { entry?: Entry[] };
  return { status, parts: entry.map((each, index) => outcomeOfEntry(each, op.parts[index])) };
};

const attempt = async (service: Service, request: Call): Promise<FhirResponse> => {
  try {
    return await call(service, request);
  } catch (error) {
    if (error instanceof FhirError) return { status: error.status };
    throw error;
  }
};

/** What is undefined is not there. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

const step = async (service: Service, model: Model, op: Op): Promise<void> => {
  const answer = await attempt(service, callOf(op, model));
  const actual = outcomeOf(op, answer);
  const newId = (index: number): string => (op.kind === 'transaction' ? actual.parts?.[index]?.id : actual.id) ?? 'none was given';
  expect(plain(actual)).toEqual(plain(model.apply(op, newId)));
};

interface Stored { readonly id: string; readonly meta: { readonly versionId: string }; readonly identifier: { readonly value: string }[]; readonly multipleBirthInteger: number }
const shown = ({ id, meta, identifier, multipleBirthInteger }: Stored) => ({ id, version: Number(meta.versionId), content: { key: identifier[0]?.value, n: multipleBirthInteger } });
const expected = ({ id, version, content }: ModelVersion) => ({ id, version, content });
interface History { readonly total: number; readonly entry?: { readonly resource?: Stored; readonly fullUrl: string; readonly request: { readonly method: string }; readonly response: { readonly etag: string } }[] }

const historyOf = async (service: Service, url: string): Promise<unknown[]> => {
  const { body = '{}' } = await call(service, { method: 'GET', url: `${url}?_count=1000` });
  const { entry = [], total } = JSON.parse(body) as History;
  expect(total).toBe(entry.length);
  return entry.map(({ resource, fullUrl, request: { method }, response: { etag } }) =>
    ({ method, id: fullUrl.split('/').at(-1), version: Number(/\d+/.exec(etag)?.[0]), ...(resource === undefined ? {} : { content: shown(resource).content }) }));
};

const compareAll = async (service: Service, model: Model): Promise<void> => {
  for (const id of new Set([...model.feed.map((version) => version.id), 'p0'])) {
    const now = model.current(id);
    const answer = await attempt(service, { method: 'GET', url: `Patient/${id}` });
    expect(answer.status).toBe(now === undefined ? 404 : now.content === undefined ? 410 : 200);
    if (now?.content !== undefined) expect(shown(JSON.parse(answer.body ?? '') as Stored)).toEqual(expected(now));
    if (now !== undefined) expect(await historyOf(service, `Patient/${id}/_history`)).toEqual(plain(model.feed.filter((version) => version.id === id).reverse()));
  }
  expect(await historyOf(service, 'Patient/_history')).toEqual(plain([...model.feed].reverse()));
  for (const key of ['a', 'b', 'c']) {
    const { body = '{}' } = await call(service, { method: 'GET', url: `Patient?${criteria(key)}&_count=1000` });
    const { entry = [] } = JSON.parse(body) as { entry?: { resource: Stored }[] };
    expect(entry.map(({ resource }) => shown(resource))).toEqual(model.live().filter(({ content }) => content?.key === key).map(expected));
  }
};

describe.each(engines)('on the engine $name', ({ open }) => {
  it('answers any sequence of requests as the model does', async () => {
    await fc.assert(fc.asyncProperty(fc.array(ops, { minLength: 1, maxLength: 30 }), async (sequence) => {
      const service = makeService(await open());
      const model = makeModel();
      try {
        for (const op of sequence) await step(service, model, op);
        await compareAll(service, model);
      } finally {
        await service.store.close();
      }
    }), { numRuns: 30 });
  });

  it('gives parallel writers of one resource dense versions, each with what its writer sent', async () => {
    const writers = fc.array(fc.record({ id: ids, n: fc.integer({ min: 1, max: 1_000_000 }), how: fc.constantFrom('put', 'put', 'patch', 'delete') }), { minLength: 2, maxLength: 30 });
    await fc.assert(fc.asyncProperty(writers, async (all) => {
      const service = makeService(await open());
      const answers = await Promise.all(all.map(({ id, n, how }) => attempt(service, how === 'put'
        ? { method: 'PUT', url: `Patient/${id}`, body: resourceOf({ key: 'a', n }, id) }
        : how === 'patch' ? { method: 'PATCH', url: `Patient/${id}`, body: patchOf(n) } : { method: 'DELETE', url: `Patient/${id}` })));
      for (const id of new Set(all.map((writer) => writer.id))) {
        const acknowledged = answers.flatMap(({ status, version }, index) => (all[index]?.id === id && version !== undefined && status < 300 ? [{ version: version.version, writer: all[index] }] : []));
        const versions = acknowledged.map(({ version }) => version).sort((a, b) => a - b);
        expect(versions).toEqual(versions.map((_, index) => index + 1));
        for (const { version, writer } of acknowledged) {
          const kept = await attempt(service, { method: 'GET', url: `Patient/${id}/_history/${String(version)}` });
          if (writer.how === 'delete') expect(kept.status).toBe(410);
          else expect((JSON.parse(kept.body ?? '{}') as Stored).multipleBirthInteger).toBe(writer.n);
        }
      }
      await service.store.close();
    }), { numRuns: 20 });
  });
});
