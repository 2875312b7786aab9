/** Long searches on every engine: a client that leaves ends its own, nobody else waits for one, and one that costs too much is refused with what would be cheaper. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openViewer } from '../../../src/access/viewer.js';
import { toFhirError } from '../../../src/core/error.js';
import { perform } from '../../../src/interaction/perform.js';
import { routeOf } from '../../../src/interaction/route.js';
import type { Service } from '../../../src/interaction/service.js';
import type { FhirResponse } from '../../../src/interaction/request.js';
import { engines } from '../../fixture/engines.js';
import { call, makeService } from '../../fixture/service.js';

const resources = 400;
const story = 'Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore. '.repeat(60);
/** Words that nothing has, in letters that everything has: each text is read for each of them. */
const words = Array.from({ length: 60 }, (_, at) => `lorem${'abcdefghij'.charAt(at % 10)}${'klmnop'.charAt(Math.floor(at / 10))}`).join(' or ');
/** Minutes of work, if nobody ends it. */
const endless = `Basic?_content=${encodeURIComponent(`ä ${words}`)}`;

const bundle = (from: number, to: number): unknown => ({
  resourceType: 'Bundle', type: 'transaction',
  entry: Array.from({ length: to - from }, (_, at) => ({ request: { method: 'PUT', url: `Basic/b${String(from + at)}` }, resource: { resourceType: 'Basic', id: `b${String(from + at)}`, code: { text: `${story} ä` }, created: '2020-01-01' } })),
});

describe.each(engines.filter(({ name }) => name !== 'memory'))('long searches on $name', ({ open }) => {
  let service: Service;
  beforeAll(async () => {
    service = makeService(await open());
    for (let from = 0; from < resources; from += 200) await call(service, { method: 'POST', url: '', body: bundle(from, from + 200) });
  }, 300_000);
  afterAll(async () => { await service.store.close(); });

  const ask = (url: string, signal?: AbortSignal): Promise<FhirResponse> => {
    const [path = '', query = ''] = url.split('?', 2);
    return perform(service, openViewer, { ...routeOf('GET', path.split('/')), params: [...new URLSearchParams(query)], conditions: {}, prefer: {}, requestId: 'r', ...(signal === undefined ? {} : { signal }) });
  };

  it('end when the client leaves, so that those who come later are answered', async () => {
    const left = new AbortController();
    const abandoned = Array.from({ length: 6 }, () => ask(endless, left.signal).then(() => 'answered', (error: unknown) => String(error)));
    await new Promise((resolve) => { setTimeout(resolve, 200); });
    left.abort(new Error('the client left'));
    expect(await Promise.all(abandoned)).toEqual(Array.from({ length: 6 }, () => 'Error: the client left'));
    // As long as the others, were they not ended, would hold every thread for.
    expect((await ask('Basic?created=2020-01-01&_summary=count')).body).toContain(`"total":${String(resources)}`);
  });

  it('leave the event loop to others', async () => {
    const left = new AbortController();
    let turns = 0;
    const turn = (): void => {
      turns += 1;
      if (turns === 25) left.abort(new Error('enough'));
      else setImmediate(turn);
    };
    const search = ask(endless, left.signal);
    setTimeout(turn, 100);
    await expect(search).rejects.toThrow('enough');
    expect(turns).toBe(25);
  });

  it('are refused beyond their budget, with what would be cheaper', async () => {
    const { store } = service;
    const bounded: Service = { ...service, store: { ...store, search: (plan, run) => store.search(plan, { ...run, budget: 500 }) } };
    const refused = await call(bounded, { method: 'GET', url: 'Basic?_content=nowhere' }).catch(toFhirError);
    expect(refused).toMatchObject({ code: 'too-costly', message: expect.stringContaining('Add a parameter that selects few') as unknown });
    expect((await call(bounded, { method: 'GET', url: 'Basic?_id=b7&_content=nowhere' })).status).toBe(200);
  });
});
