/** Several processes on one MongoDB, as an operator starts them: workers on one port, roles, what is taken over, what all learn at once. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair } from 'jose';
import mongoose from 'mongoose';
import { describeMongo, dropDatabases, freshDatabase } from '../../fixture/mongo.js';
import { concierge } from '../../support/command.js';
import { startServer, type RunningServer } from '../../support/server.js';

const json = { 'content-type': 'application/fhir+json' };

const send = (url: string, method: string, body?: unknown): Promise<Response> => fetch(url, { method, headers: json, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });

/** Processes that a process has started (Linux). */
const childrenOf = (pid: number | undefined): number[] => readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8').split(' ').filter((word) => word !== '').map(Number);

const parameter = {
  resourceType: 'SearchParameter', id: 'shoe', url: 'https://example.org/SearchParameter/shoe', name: 'Shoe', status: 'active', description: 'Size of the shoe.',
  code: 'shoe', base: ['Patient'], type: 'string', expression: "Patient.extension.where(url='https://example.org/shoe').value as string",
};

describe('the embedded store', () => {
  it('is for one process, and says so', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'concierge-'));
    const env = { DATA_DIR: folder };
    for (const words of [['serve', '--workers', '2'], ['serve', '--role', 'worker']]) {
      const { code, err } = await concierge(words, { env });
      expect(code).toBe(4);
      expect(err).toContain('The embedded store is for one process');
    }
    await rm(folder, { recursive: true, force: true });
  });
});

describeMongo('several processes on one MongoDB', (server) => {
  const running: RunningServer[] = [];
  const start = async (env: Readonly<Record<string, string>>): Promise<RunningServer> => {
    const one = await startServer({ env });
    running.push(one);
    return one;
  };
  afterEach(async () => { await Promise.all(running.splice(0).map((one) => one.stop())); });
  afterAll(() => dropDatabases(server));
  const shared = (): Record<string, string> => ({ STORE_URL: freshDatabase(server), PAGE_SECRET: randomBytes(32).toString('hex'), AUTH_KEY: randomBytes(32).toString('hex'), AUDIT_KEY: randomBytes(32).toString('hex') });

  describe('several processes on one MongoDB', () => {
    it('answer on one port, and one that is killed is replaced', async () => {
      const { base, process: primary, output, ended } = await start({ ...shared(), WORKERS: '2' });
      expect((await send(`${base}/Patient/a`, 'PUT', { resourceType: 'Patient', id: 'a' })).status).toBe(201);
      const [victim, other] = childrenOf(primary.pid);
      expect(other).toBeDefined();
      process.kill(victim ?? 0, 'SIGKILL');
      while (!output().includes('another is started')) await sleep(20);
      for (let at = 0; at < 20; at += 1) expect((await send(`${base}/Patient/a`, 'GET')).status).toBe(200);
      while (childrenOf(primary.pid).length < 2) await sleep(20);
      expect(childrenOf(primary.pid)).not.toContain(victim);
      primary.kill('SIGTERM');
      expect(await ended).toBe(0);
    });

    it('hand a job over when its owner is killed, and all search by a parameter that one of them indexed', async () => {
      const env = shared();
      const api = await start({ ...env, ROLE: 'api' });
      const owner = await start({ ...env, ROLE: 'worker' });
      const entry = Array.from({ length: 450 }, (_, at) => ({ resource: { resourceType: 'Patient', extension: [{ url: 'https://example.org/shoe', valueString: `size ${String(at)}` }] }, request: { method: 'POST', url: 'Patient' } }));
      expect((await send(api.base, 'POST', { resourceType: 'Bundle', type: 'transaction', entry })).status).toBe(200);
      expect((await send(`${owner.base}/Patient`, 'GET')).status).toBe(404);
      expect((await send(`${owner.origin}/readyz`, 'GET')).status).toBe(200);
      const leases = (await mongoose.createConnection(env['STORE_URL'] ?? '').asPromise());
      const lease = async () => leases.collection('lease').findOne({ _id: 'job/search-parameters' as never });
      while ((await lease())?.['token'] !== 1) await sleep(20);
      const next = await start({ ...env, ROLE: 'worker' });
      expect((await send(`${api.base}/SearchParameter/shoe`, 'PUT', parameter)).status).toBe(201);
      await owner.kill();
      const found = async (): Promise<number> => (await send(`${api.base}/Patient?shoe=size%20449`, 'GET')).status;
      // Until every resource is indexed it is refused, never answered with less.
      for (let status = await found(); status !== 200; status = await found()) {
        expect([400, 503]).toContain(status);
        await sleep(100);
      }
      expect((await lease())?.['token']).toBe(2);
      await leases.close();
      const bundle = await (await send(`${api.base}/Patient?shoe=size%20449&_total=accurate`, 'GET')).json() as { total: number };
      expect(bundle.total).toBe(1);
      expect((await send(`${next.origin}/healthz`, 'GET')).status).toBe(200);
    });

    it('all refuse a token within a second of its revocation by another process', async () => {
      const env = { ...shared(), AUTH: 'smart', BASE_URL: 'http://127.0.0.1:1', LOG_LEVEL: 'error' };
      const folder = await mkdtemp(join(tmpdir(), 'concierge-'));
      const both = await Promise.all([start(env), start(env)]);
      const command = (words: readonly string[]) => concierge([...words, '--json'], { env: { ...env, DATA_DIR: folder } });
      const id = 'loader';
      const keys = join(folder, 'keys.json');
      const { publicKey } = await generateKeyPair('ES384', { extractable: true });
      await writeFile(keys, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES384' }] }));
      const added = await command(['client', 'add', '--id', id, '--type', 'backend', '--scope', 'system/*.rs', '--jwks', keys]);
      expect([added.code, added.err]).toEqual([0, '']);
      const minted = await command(['token', '--client', id, '--scope', 'system/*.rs']);
      const token = (JSON.parse(minted.out) as { access_token: string }).access_token;
      const asked = () => Promise.all(both.map(async ({ origin }) => (await fetch(`${origin}/fhir/Patient`, { headers: { authorization: `Bearer ${token}` } })).status));
      expect(await asked()).toEqual([200, 200]);
      const revoked = command(['client', 'revoke', '--id', id]);
      // Both hold it for good until it is revoked.
      for (let done = false; !done;) {
        await asked();
        done = await Promise.race([revoked.then(() => true), sleep(50, false)]);
      }
      await sleep(1_000);
      expect(await asked()).toEqual([401, 401]);
      await rm(folder, { recursive: true, force: true });
    });
  });
});
