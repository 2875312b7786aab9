/**
 * Random searches answered by the server and by plain loops over the JSON must agree, in order and over all pages. A failure names its
 * seed; failing seeds are kept in `kept`. `ORACLE_QUERIES` asks for more than the usual number, `ORACLE_FROM` for those after a seed, `CLINIC_ENGINE`
 * for another engine.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openViewer } from '../../../src/access/viewer.js';
import { streamCurrent } from '../../../src/interaction/stream.js';
import type { Service } from '../../../src/interaction/service.js';
import { clinicGroups, groupBundle } from '../../../src/sample/generate.js';
import { engines } from '../../fixture/engines.js';
import { call, makeService } from '../../fixture/service.js';
import { describeWith, sharedData } from '../../fixture/shared-data.js';
import { unpack } from '../../fixture/shared-files.js';
import { evaluate, type World } from '../../search-oracle/evaluate.js';
import { randomQuery, urlOf, worldOf } from '../../search-oracle/query.js';
import { table, type Json } from '../../search-oracle/value.js';

const queries = Number(process.env['ORACLE_QUERIES'] ?? 500);
/** Seeds that failed once. */
const kept: readonly number[] = [];

const from = Number(process.env['ORACLE_FROM'] ?? 0);
const engine = engines.find(({ name }) => name === (process.env['CLINIC_ENGINE'] ?? 'sqlite'));

/** Every one of a few hundred pages is read, many queries have some. */
const askServer = async (service: Service, url: string): Promise<string[]> => {
  const found: string[] = [];
  for (let next: string | undefined = url; next !== undefined;) {
    const { body = '{}' } = await call(service, { method: 'GET', url: next });
    const { entry = [], link } = JSON.parse(body) as { entry?: { resource: { id: string } }[]; link: { relation: string; url: string }[] };
    found.push(...entry.map(({ resource }) => resource.id));
    next = link.find(({ relation }) => relation === 'next')?.url.slice(service.options.baseUrl.length + 1);
  }
  return found;
};

const readWorld = async (service: Service): Promise<World> => {
  const resources: Json[] = [];
  for await (const page of streamCurrent(service, openViewer, { types: Object.keys(table) })) resources.push(...page.map(({ body }) => JSON.parse(body) as Json));
  return worldOf(resources);
};

const agreesOn = (name: string, load: (service: Service) => Promise<void>): void => {
  describe(`${name} with ${engine?.name ?? 'no engine'}`, () => {
    let service: Service;
    let world: World;
    beforeAll(async () => {
      if (engine === undefined) throw new Error('there is no such engine');
      service = makeService(await engine.open());
      await load(service);
      world = await readWorld(service);
    }, 300_000);
    afterAll(async () => { await service.store.close(); });

    it('agrees with plain loops', async () => {
      const seeds = [...kept, ...Array.from({ length: queries }, (_, at) => from + at + 1)];
      const faults: unknown[] = [];
      let withMatches = 0;
      for (const seed of seeds) {
        const query = randomQuery(world, seed);
        const url = urlOf(query, seed % 10 === 0 ? 7 : 1_000);
        const expected = evaluate(world, query);
        const found = await askServer(service, url).catch((error: unknown) => [String(error)]);
        if (expected.length > 0) withMatches += 1;
        if (JSON.stringify(found) !== JSON.stringify(expected)) faults.push({ seed, url, found: found.slice(0, 5), expected: expected.slice(0, 5), sizes: [found.length, expected.length] });
      }
      expect(faults.slice(0, 5)).toEqual([]);
      // Searches that find nothing would agree too easily.
      expect(withMatches).toBeGreaterThan(seeds.length / 3);
    }, 1_200_000);
  });
};

const put = async (service: Service, bundle: string): Promise<void> => { await call(service, { method: 'POST', url: '', body: bundle }); };

agreesOn('on the synthetic clinic', async (service) => {
  for (const group of clinicGroups({ patients: 40, seed: 7, today: '2026-06-01' })) await put(service, groupBundle(group));
});

const synthea = sharedData('synthea');
/** Who works there, and the smallest records. */
const filesOf = (folder: string): string[] => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json.bz2'));
  const sized = files.filter((file) => !file.startsWith('0-')).map((file) => ({ file, size: statSync(join(folder, file)).size })).sort((a, b) => a.size - b.size);
  return [...files.filter((file) => file.startsWith('0-')), ...sized.slice(0, 12).map(({ file }) => file)].map((file) => join(folder, file));
};

describeWith(synthea, 'on Synthea', (folder) => {
  agreesOn('records', async (service) => {
    for (const file of filesOf(folder)) await put(service, unpack(file).toString('utf8'));
  });
});
