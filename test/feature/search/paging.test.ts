/** Pages while others write: nothing comes twice, and nothing that stood still is missed, whatever the order. */
import { describe, expect, it } from '@jest/globals';
import { engines } from '../../fixture/engines.js';
import { call, makeService } from '../../fixture/service.js';
import { randomFrom } from '../../search-oracle/query.js';

interface Page {
  readonly entry?: readonly { readonly resource: { readonly id: string } }[];
  readonly link: readonly { readonly relation: string; readonly url: string }[];
}

describe.each(engines)('pages on the engine $name', ({ open }) => {
  it.each(['', '_sort=name&', '_sort=-name&', '_sort=_id&', '_sort=active,-name&'])('in the order "%s" stay whole under writes', async (order) => {
    const service = makeService(await open());
    const random = randomFrom(11);
    const put = (id: string, name: string) => call(service, { method: 'PUT', url: `Organization/${id}`, body: { resourceType: 'Organization', id, active: random() < 0.5, name } });
    const word = (): string => `${'abcdefgh'[Math.floor(random() * 8)] ?? ''}${String(Math.floor(random() * 40))}`;
    for (let at = 0; at < 60; at += 1) await put(`still-${String(at)}`, word());
    for (let at = 0; at < 30; at += 1) await put(`moving-${String(at)}`, word());
    const found: string[] = [];
    for (let next: string | undefined = `Organization?${order}_count=7`; next !== undefined;) {
      const { body = '{}' } = await call(service, { method: 'GET', url: next });
      const page = JSON.parse(body) as Page;
      found.push(...(page.entry ?? []).map(({ resource }) => resource.id));
      next = page.link.find(({ relation }) => relation === 'next')?.url.slice(service.options.baseUrl.length + 1);
      for (let at = 0; at < 3; at += 1) {
        const id = `moving-${String(Math.floor(random() * 30))}`;
        await (random() < 0.3 ? call(service, { method: 'DELETE', url: `Organization/${id}` }) : put(id, word()));
        await put(`new-${String(found.length)}-${String(at)}`, word());
      }
      if (found.length > 1_000) throw new Error('the pages never end');
    }
    const still = found.filter((id) => id.startsWith('still-'));
    expect(new Set(still).size).toBe(60);
    expect(still.length).toBe(60);
    await service.store.close();
  });
});
