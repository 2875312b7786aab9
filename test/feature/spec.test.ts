/** Every case of `test/spec/*.yaml`, over HTTP, on every engine. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../src/core/package-root.js';
import { engines, type Engine } from '../fixture/engines.js';
import { startService, type RunningService } from '../fixture/http-service.js';
import { readCaseFiles, type Case } from '../spec/case.js';
import { closeConnections, runCase } from '../spec/run-case.js';

const files = readCaseFiles(join(packageRoot, 'test', 'spec'));

/** Sections that `npm test` runs on MongoDB, whose test server is slow; test/mongo/run runs all of them. */
const chosen = new Set(['create', 'read', 'update', 'conditional create', 'history', 'transaction', 'search on tokens', 'search on strings', 'search on dates', 'chained searches']);
/** Milliseconds: a test server for MongoDB takes a minute for the case that stores more than a thousand resources. */
const patience = 240_000;
/** A kept connection is closed by neither side while a slow case waits: a request that meets the end of one is no fault of a case. */
const idleSeconds = '300';
const filesFor = ({ name }: Engine): typeof files => (name !== 'mongo' || process.env['SPEC_MONGO'] === 'all' ? files : files.filter(({ section }) => chosen.has(section)));

/** Cases with the same settings share a server. */
const makeServers = ({ open }: Engine) => {
  const running = new Map<string, Promise<RunningService>>();
  const serverOf = ({ env = {} }: Case): Promise<RunningService> => {
    const key = JSON.stringify(Object.entries(env).sort());
    const found = running.get(key) ?? open().then((store) => startService(store, { KEEP_ALIVE_SECONDS: idleSeconds, ...env }));
    running.set(key, found);
    return found;
  };
  const stop = async (): Promise<void> => {
    closeConnections();
    // One that cannot be closed must not keep the others open.
    await Promise.all([...running.values()].map(async (server) => (await server).stop()));
  };
  return { serverOf, stop };
};

afterAll(closeConnections);

describe.each(engines)('on the engine $name', (engine) => {
  const servers = makeServers(engine);
  afterAll(servers.stop);
  describe.each(filesFor(engine))('$section', ({ cases }) => {
    it.each(cases)('$title', async (one) => {
      const server = await servers.serverOf(one);
      const before = server.failures.length;
      await runCase(one, server);
      expect(server.failures.slice(before)).toEqual([]);
    }, patience);
  });
});
