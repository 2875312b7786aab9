import { describe, expect, it } from '@jest/globals';
import { planSearchWithCodes } from '../../../src/search/plan-with-codes.js';
import { makeRegistry, type Registry } from '../../../src/search/registry.js';
import type { PlannedSearch, SearchRequest } from '../../../src/search/request.js';

type Params = SearchRequest['params'];
const none = { codes: undefined };
const asked = (registry: Registry, params: Params, more: Partial<SearchRequest> = {}): SearchRequest =>
  ({ registry, types: ['Observation'], params, handling: 'strict', baseUrl: 'http://test/fhir', pageSize: 20, maxPageSize: 100, paging: { secret: 's'.repeat(32), viewerKey: 'open' }, now: Date.UTC(2024, 0, 1), ...more });
const plan = (...request: Parameters<typeof asked>): Promise<PlannedSearch> => planSearchWithCodes(asked(...request), none);
/** A plan whose words have come before. */
const knownPlan = async (...request: Parameters<typeof asked>): Promise<PlannedSearch> => {
  await plan(...request);
  return plan(...request);
};

describe('plans that are known', () => {
  const registry = makeRegistry();
  const params: Params = [['code', 'a'], ['_count', '5']];

  it('are those of words that came again', async () => { expect(await knownPlan(registry, params)).toBe(await plan(registry, [...params])); });
  it('are not kept for words that came once', async () => {
    const [first, second] = [await plan(registry, [['code', 'once']]), await plan(registry, [['code', 'once']])];
    expect(second).not.toBe(first);
    expect(second).toEqual(first);
  });
  it.each<[string, Params, Partial<SearchRequest>]>([
    ['another value', [['code', 'b'], ['_count', '5']], {}],
    ['another order, since links repeat it', [['_count', '5'], ['code', 'a']], {}],
    ['words cut elsewhere', [['code', 'a 6,1 _count5']], {}],
    ['another type', params, { types: ['Condition'] }],
    ['a compartment', params, { within: { type: 'Patient', id: 'a' } }],
    ['lenient handling', params, { handling: 'lenient' }],
    ['another base', params, { baseUrl: 'http://other/fhir' }],
    ['another page size', params, { maxPageSize: 3 }],
    ['another registry', params, { registry: makeRegistry() }],
  ])('are not those of %s', async (_name, other, more: Partial<SearchRequest>) => {
    const known = await knownPlan(registry, params);
    expect(await plan(registry, other, more)).not.toBe(known);
  });
  it('are made anew for what goes with the time', async () => {
    const near: Params = [['date', 'ap2023']];
    const [now, later] = [await plan(registry, near), await plan(registry, near, { now: Date.UTC(2034, 0, 1) })];
    expect(later.plan).not.toEqual(now.plan);
  });
  it('are forgotten when there are other parameters', async () => {
    const own = makeRegistry();
    const known = await knownPlan(own, params);
    own.adopt([]);
    expect(await plan(own, params)).not.toBe(known);
    expect(await plan(own, params)).toEqual(known);
  });
  it('do not keep a page link from being looked at', async () => {
    const page = (): Promise<PlannedSearch> => plan(registry, [...params, ['_page', 'x']]);
    await expect(page()).rejects.toMatchObject({ code: 'page-expired' });
    await expect(page()).rejects.toMatchObject({ code: 'page-expired' });
  });
  it('refuse the same words as often as they are asked', async () => {
    for (let at = 0; at < 2; at += 1) await expect(plan(registry, [['pateint', 'a']])).rejects.toMatchObject({ code: 'unknown-parameter' });
  });
});
