/** Pages that are sent as they are stored say what all others say, to everybody what they may see, in every form they are asked for in. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FhirResponse } from '../../../src/interaction/request.js';
import type { Service } from '../../../src/interaction/service.js';
import type { Viewer } from '../../../src/access/viewer.js';
import { perform } from '../../../src/interaction/perform.js';
import { patientToken, serviceToken } from '../../access/viewers.js';
import { engines } from '../../fixture/engines.js';
import { call, makeService } from '../../fixture/service.js';
import { run } from '../http/harness.js';

interface Page {
  readonly id: string;
  readonly total?: number;
  readonly entry?: readonly { readonly fullUrl?: string; readonly resource: { readonly id: string } }[];
  readonly link: readonly { readonly relation: string; readonly url: string }[];
}

const textOf = ({ body, stored }: FhirResponse): string => (stored === undefined ? body ?? '' : `${stored.head}${stored.rest.toString('utf8')}`);
/** What is different with every answer left out. */
const sameOf = (answer: FhirResponse): string => textOf(answer).replace(/"id":"[^"]+","meta":\{"lastUpdated":"[^"]+"\}/, '');

const fill = async (service: Service): Promise<void> => {
  const put = (url: string, body: object) => call(service, { method: 'PUT', url, body });
  for (const patient of ['a', 'b']) {
    await put(`Patient/${patient}`, { resourceType: 'Patient', id: patient, name: [{ family: `Weiß ${patient} \u2028 "quoted" 𝒳` }] });
    for (let at = 0; at < 9; at += 1) {
      const id = `${patient}-${String(at)}`;
      await put(`Observation/${id}`, { resourceType: 'Observation', id, status: at % 2 === 0 ? 'final' : 'amended', code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }], text: 'Püls\t"x"' }, subject: { reference: `Patient/${patient}` }, effectiveDateTime: `2024-01-0${String(9 - at)}` });
    }
  }
  await call(service, { method: 'DELETE', url: 'Observation/a-3' });
};

const searches = [
  'Observation?patient=a&_count=3', 'Observation?patient=a&_count=8', 'Observation?patient=a&_count=20', 'Observation?patient=nobody', 'Observation?patient=a&_count=0',
  'Observation?patient=a&status=final&_count=2', 'Observation?_sort=date&_count=4', 'Observation?_sort=-date&patient=b', 'Observation?code=8867-4&_total=accurate&_count=5', 'Observation?patient=a&_total=estimate',
  'Patient?name=wei', 'Patient', 'Patient?_summary=true', 'Observation?patient=b&_elements=status', 'Observation?patient=a&_include=Observation:subject', 'Observation?subject:Patient.name=wei&_count=5',
  'Patient/a/Observation?_count=4', 'Patient/a/*', 'Observation?_explain=true&patient=a&_count=1',
];

describe.each(engines)('pages as they are stored, on the engine $name', ({ name, open }) => {
  let service: Service;
  beforeAll(async () => {
    service = makeService(await open());
    await fill(service);
  });
  afterAll(() => service.store.close());
  const both = async (url: string, viewer?: Viewer): Promise<Page> => {
    const asked = { method: 'GET', url, ...(viewer === undefined ? {} : { viewer }) };
    const [plain, stored] = [await call(service, asked), await call(service, { ...asked, takesStored: true })];
    expect(plain.stored).toBeUndefined();
    const comparable = (answer: FhirResponse): string => (url.includes('_explain') ? sameOf(answer).replace(/"[^"]* ms[^"]*"/g, '') : sameOf(answer));
    expect(comparable(stored)).toBe(comparable(plain));
    return JSON.parse(textOf(stored)) as Page;
  };

  it.each(searches)('say the same for %s, page after page', async (url) => {
    const seen = new Set<string>();
    for (let next: string | undefined = url; next !== undefined;) {
      const page = await both(next);
      seen.add(page.id);
      next = page.link.find(({ relation }) => relation === 'next')?.url.slice(service.options.baseUrl.length + 1);
    }
    expect(seen.size).toBeLessThan(30);
  });

  it('come as bytes from the embedded engine, unless something on them is made here', async () => {
    const isStored = async (url: string): Promise<boolean> => (await call(service, { method: 'GET', url, takesStored: true })).stored !== undefined;
    for (const url of ['Observation?patient=a&_count=3', 'Observation?_sort=date&_count=4', 'Patient']) expect([url, await isStored(url)]).toEqual([url, name === 'sqlite']);
    for (const url of ['Patient?_summary=true', 'Observation?patient=a&_include=Observation:subject', 'Observation?patient=nobody', 'Observation?patient=a&_count=500']) expect([url, await isStored(url)]).toEqual([url, false]);
  });

  it('find what was written, changed and deleted since the same words were asked before', async () => {
    const ids = async (): Promise<string[]> => ((await both('Observation?patient=b&_count=50')).entry ?? []).map(({ resource }) => resource.id);
    const before = await ids();
    await call(service, { method: 'PUT', url: 'Observation/b-new', body: { resourceType: 'Observation', id: 'b-new', status: 'final', code: { text: 'x' }, subject: { reference: 'Patient/b' } } });
    await call(service, { method: 'PUT', url: 'Observation/b-0', body: { resourceType: 'Observation', id: 'b-0', status: 'final', code: { text: 'x' }, subject: { reference: 'Patient/a' } } });
    await call(service, { method: 'DELETE', url: 'Observation/b-1' });
    expect(await ids()).toEqual([...before.filter((id) => id !== 'b-0' && id !== 'b-1'), 'b-new']);
  });

  it('show each viewer their own, though all ask in the same words', async () => {
    const seen = async (viewer?: Viewer): Promise<string[]> => [...new Set(((await both('Observation?code=8867-4&_count=50', viewer)).entry ?? []).map(({ resource }) => resource.id.slice(0, 1)))].sort();
    const scope = 'patient/Observation.rs';
    expect(await seen()).toEqual(['a', 'b']);
    expect(await seen(patientToken('a', scope))).toEqual(['a']);
    expect(await seen(serviceToken('system/Observation.rs'))).toEqual(['a', 'b']);
    expect(await seen(patientToken('b', scope))).toEqual(['b']);
    await expect(call(service, { method: 'GET', url: 'Observation?code=8867-4&_count=50', viewer: patientToken('b', 'patient/Condition.rs'), takesStored: true })).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('leave a page link to whom it was made for, though others ask in the same words', async () => {
    const viewer = patientToken('a', 'patient/Observation.rs');
    const next = (await both('Observation?code=8867-4&_count=2', viewer)).link.find(({ relation }) => relation === 'next')?.url.slice(service.options.baseUrl.length + 1) ?? '';
    await both(next, viewer);
    // Each of those who find the same gets a link of their own, whoever asked before.
    const all = [undefined, serviceToken('system/Observation.rs'), undefined, serviceToken('system/*.rs')];
    for (const one of all) {
      const page = await both('Observation?code=8867-4&_count=2&_sort=date', one);
      await both(page.link.find(({ relation }) => relation === 'next')?.url.slice(service.options.baseUrl.length + 1) ?? '', one);
    }
    for (const other of [patientToken('b', 'patient/Observation.rs'), serviceToken('system/Observation.rs')]) {
      await expect(call(service, { method: 'GET', url: next, viewer: other, takesStored: true })).rejects.toMatchObject({ code: 'page-expired' });
    }
  });

  it('are the same bytes in every form over HTTP', async () => {
    const server = await run({ perform: (request) => perform(service, { kind: 'open', key: 'open' }, request), options: { compressFrom: 100 } });
    const url = `${server.origin}/fhir/Observation?patient=a&_count=5`;
    const ask = async (more: string, headers: Record<string, string> = {}): Promise<Page & { text: string }> => {
      const answer = await fetch(`${url}${more}`, { headers: { 'accept-encoding': 'identity', ...headers } });
      const text = await answer.text();
      expect(answer.status).toBe(200);
      if (answer.headers.get('content-encoding') === null) expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
      return { ...(text.startsWith('{') ? JSON.parse(text) as Page : { id: '', link: [] }), text };
    };
    const plain = await ask('');
    expect(plain.entry?.length).toBe(5);
    expect((await ask('&_pretty=true')).entry).toEqual(plain.entry);
    expect((await ask('', { accept: 'application/json' })).entry).toEqual(plain.entry);
    expect((await ask('', { 'accept-encoding': 'gzip' })).entry).toEqual(plain.entry);
    expect((await ask('&_format=xml')).text).toContain('<resource><Observation>');
    const head = await fetch(url, { method: 'HEAD', headers: { 'accept-encoding': 'identity' } });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, String(Buffer.byteLength(plain.text)), '']);
    const form = await fetch(`${server.origin}/fhir/Observation/_search`, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'patient=a&_count=5&_format=xml' });
    expect(await form.text()).toContain('<resource><Observation>');
    await server.stop();
  });
});
