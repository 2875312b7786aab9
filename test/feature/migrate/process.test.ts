/** Moving the data of a running server, as its operator does: killed in the middle, finished, and taken back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeMongo, dropDatabases, freshDatabase } from '../../fixture/mongo.js';
import { concierge, type Ended } from '../../support/command.js';
import { call } from '../../support/http.js';
import { startServer, type RunningServer } from '../../support/server.js';

/** Milliseconds for a test on a machine with other work: a test server writes a hundred versions a second. */
const patience = 180_000;

describeMongo('concierge migrate', (address) => {
  describe('concierge migrate', () => {
    let folder = '';
    let server: RunningServer | undefined;
    const database = freshDatabase(address);
    const acknowledged: string[] = [];

    const start = async (storeUrl: string): Promise<RunningServer> => (server = await startServer({ dataDir: folder, env: { STORE_URL: storeUrl } }));
    const migrate = (from: string, to: string, ...more: string[]): Promise<Ended> => concierge(['migrate', '--from', from, '--to', to, ...more], { env: { DATA_DIR: folder }, patience: patience / 2 });
    const write = async ({ base }: RunningServer, id: string): Promise<boolean> => {
      try {
        const { status } = await call({ method: 'PUT', url: `${base}/Basic/${id}`, headers: { 'Content-Type': 'application/fhir+json' }, body: `{"resourceType":"Basic","id":"${id}","code":{"text":"1.10"}}` });
        if (status === 201) acknowledged.push(id);
        return status === 201;
      } catch {
        return false; // Its server was killed: nobody was told that it is stored.
      }
    };
    /** Writes until told to stop; resolves with how many were refused. */
    const keepWriting = (to: RunningServer, name: string): (() => Promise<number>) => {
      let running = true;
      let refused = 0;
      const done = (async () => {
        for (let count = 0; running; count += 1) {
          if (!(await write(to, `${name}-${String(count)}`))) refused += 1;
          await new Promise((resolve) => { setTimeout(resolve, 50); });
        }
      })();
      return async () => {
        running = false;
        await done;
        return refused;
      };
    };
    const missing = async ({ base }: RunningServer): Promise<string[]> => {
      const lost: string[] = [];
      for (const id of acknowledged) if ((await call({ method: 'GET', url: `${base}/Basic/${id}` })).status !== 200) lost.push(id);
      return lost;
    };

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'concierge-migrate-'));
      const first = await start('sqlite:');
      const ids = Array.from({ length: 2_000 }, (_, at) => `first-${String(at)}`);
      const entry = ids.map((id) => ({ resource: { resourceType: 'Basic', id, code: { text: 'x' } }, request: { method: 'PUT', url: `Basic/${id}` } }));
      const { status } = await call({ method: 'POST', url: first.base, headers: { 'Content-Type': 'application/fhir+json' }, body: JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry }) });
      expect(status).toBe(200);
      acknowledged.push(...ids.slice(0, 50));
    });
    afterAll(async () => {
      await server?.kill();
      rmSync(folder, { recursive: true, force: true });
      await dropDatabases(address);
    });

    it('that is interrupted, or only copies, leaves the first store serving and the copy unserved', async () => {
      const running = server ?? await start('sqlite:');
      const interrupted = await concierge(['migrate', '--from', 'sqlite:', '--to', database], { env: { DATA_DIR: folder }, interruptAfter: 1_500 });
      expect(interrupted.code).toBe(130);
      expect(await write(running, 'after')).toBe(true);
      expect(await running.stop()).toBe(0);
      const again = await start('sqlite:');
      expect(await missing(again)).toEqual([]);
      expect(await migrate('sqlite:', database, '--copy-only')).toMatchObject({ code: 0, out: expect.stringContaining('Nothing was switched') });
      expect(await write(again, 'later')).toBe(true);
      await expect(startServer({ dataDir: mkdtempSync(join(folder, 'other-')), env: { STORE_URL: database } })).rejects.toThrow('This store is an unfinished copy');
    }, patience);

    it('moves to MongoDB while the server serves, and no client is refused', async () => {
      const running = server ?? await start('sqlite:');
      const stop = keepWriting(running, 'moving');
      const { code, out, err } = await migrate('sqlite:', database);
      const refused = await stop();
      expect({ code, refused, err: code === 0 ? '' : err }).toEqual({ code: 0, refused: 0, err: '' });
      expect(out).toMatch(/^Basic +\d+ +\d+ {2}[0-9a-f]{64}$/m);
      expect(out).toContain('The server goes on from there, alone');
      expect(await missing(running)).toEqual([]);
      expect(await running.stop()).toBe(0);
      await expect(start('sqlite:')).rejects.toThrow('The data of this store has moved to mongodb://');
      expect(await missing(await start(database))).toEqual([]);
    }, patience);

    it('moves back; the servers on the database end, and none of them answers from what was left', async () => {
      const running = server ?? await start(database);
      await write(running, 'late');
      expect(await migrate(database, 'sqlite:')).toMatchObject({ code: 0, out: expect.stringContaining('Start servers with STORE_URL=sqlite: from now on.') });
      expect(await running.ended).toBe(70);
      expect(await missing(await start('sqlite:'))).toEqual([]);
    }, patience);

    it('names what is wrong with its words', async () => {
      expect(await migrate('sqlite:', 'postgres://x')).toMatchObject({ code: 2, err: expect.stringContaining('--to is "sqlite:"') });
      expect(await migrate('sqlite:', 'sqlite:')).toMatchObject({ code: 2, err: expect.stringContaining('--to names the store that the data is in.') });
    });
  });
});
