/** What a patch may make is bounded, whatever its operations are put together to. */
import { expect, it } from '@jest/globals';
import { systemClock } from '../../../src/core/clock.js';
import { makeMemoryStore } from '../../fixture/memory-store.js';
import { call, makeService } from '../../fixture/service.js';

const levels = 60;
const chain = (depth: number): unknown => Array.from({ length: depth }).reduce<unknown>((inner) => ({ a: inner }), {});
const deepening = (rounds: number): unknown[] => [
  { op: 'add', path: '/x', value: {} },
  ...Array.from({ length: rounds }, () => [
    { op: 'add', path: '/y', value: chain(levels) },
    { op: 'move', from: '/x', path: `/y${'/a'.repeat(levels)}/a` },
    { op: 'move', from: '/y', path: '/x' },
  ]).flat(),
];

it.each([2, 3_000])('values put into values %i times are refused by their depth', async (rounds) => {
  const store = makeMemoryStore(systemClock);
  const service = makeService(store);
  await call(service, { method: 'PUT', url: 'Patient/p', body: { resourceType: 'Patient', id: 'p' } });
  await expect(call(service, { method: 'PATCH', url: 'Patient/p', body: deepening(rounds) })).rejects.toMatchObject({ code: 'too-deep', status: 400 });
  expect((await store.read({ type: 'Patient', id: 'p' }))?.version).toBe(1);
});

it('extensions put into extensions are refused by their depth', async () => {
  const service = makeService(makeMemoryStore(systemClock));
  await call(service, { method: 'PUT', url: 'Patient/p', body: { resourceType: 'Patient', id: 'p', extension: [{ url: 'urn:a' }] } });
  const add = (depth: number): unknown => ({
    name: 'operation',
    part: [
      { name: 'type', valueCode: 'add' }, { name: 'path', valueString: `Patient${'.extension[0]'.repeat(depth)}` }, { name: 'name', valueString: 'extension' },
      { name: 'value', part: [{ name: 'url', valueUri: 'urn:b' }] },
    ],
  });
  const body = { resourceType: 'Parameters', parameter: Array.from({ length: 50 }, (_, index) => add(index + 1)) };
  const entry = { resource: body, request: { method: 'PATCH', url: 'Patient/p' } };
  await expect(call(service, { method: 'POST', url: '', body: { resourceType: 'Bundle', type: 'transaction', entry: [entry] } })).rejects.toMatchObject({ code: 'too-deep', status: 400 });
});
