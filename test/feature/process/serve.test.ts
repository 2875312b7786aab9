/** The server as a process: how it starts, who may not start beside it, how it ends. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { concierge } from '../../support/command.js';
import { call, type Answer } from '../../support/http.js';
import { startServer, type RunningServer, type ServerOptions } from '../../support/server.js';

const running: RunningServer[] = [];
const start = async (options?: ServerOptions): Promise<RunningServer> => {
  const server = await startServer(options);
  running.push(server);
  return server;
};
const folders: string[] = [];
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'concierge-serve-'));
  folders.push(made);
  return made;
};
afterEach(async () => {
  for (const server of running.splice(0)) await server.kill();
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true });
});

const fhir = { 'Content-Type': 'application/fhir+json' };
const create = (server: RunningServer, body = '{"resourceType":"Basic","code":{"text":"made"}}') => call({ method: 'POST', url: `${server.base}/Basic`, headers: fhir, body });

describe('start', () => {
  it('answers at once, keeps what it was given over a restart, and its links name the port it got', async () => {
    const dataDir = folder();
    const first = await start({ dataDir });
    const begun = performance.now();
    const made = await create(first);
    console.info(`start to address: ${String(Math.round(first.startMilliseconds))} ms; the first create took ${String(Math.round(performance.now() - begun))} ms`);
    expect(made.status).toBe(201);
    expect(made.headers.location).toContain(`${first.base}/Basic/`);
    expect(await first.stop()).toBe(0);
    const second = await start({ dataDir });
    console.info(`start on a store that is there: ${String(Math.round(second.startMilliseconds))} ms`);
    const { id } = JSON.parse(made.text) as { id: string };
    expect((await call({ method: 'GET', url: `${second.base}/Basic/${id}` })).text).toBe(made.text);
    expect(JSON.parse((await call({ method: 'GET', url: `${second.base}/Basic` })).text).entry[0].fullUrl).toBe(`${second.base}/Basic/${id}`);
  });

  it('takes other rules of access from a file, and names what is wrong in one', async () => {
    const file = join(folder(), 'rules.json');
    writeFileSync(file, JSON.stringify({ roles: { staff: { patients: 'all' } } }));
    expect((await call({ method: 'GET', url: `${(await start({ env: { ACCESS_RULES: file } })).base}/metadata` })).status).toBe(200);
    writeFileSync(file, JSON.stringify({ roles: { staff: { patients: ['friends'] } } }));
    const refused = await concierge(['serve'], { env: { DATA_DIR: folder(), ACCESS_RULES: file } });
    expect(refused.code).not.toBe(0);
    expect(refused.err).toContain('there is none called friends');
  });

  it('with people signing in, prints its own lines and no remark of a library', async () => {
    const server = await start({ env: { AUTH: 'smart' } });
    expect((await call({ method: 'GET', url: `${server.origin}/oauth/jwks` })).status).toBe(200);
    expect(server.output()).not.toMatch(/oidc-provider|WARNING|Unsupported|deprecat/i);
    const { code, out, err } = await concierge(['client', 'list'], { env: { DATA_DIR: server.dataDir, AUTH: 'smart' } });
    expect([code, out.trim(), err]).toEqual([0, 'No app is registered.', '']);
    await server.stop();
    const alone = folder();
    expect(await concierge(['client', 'list'], { env: { DATA_DIR: alone, AUTH: 'smart' } })).toMatchObject({ code: 0, out: 'No app is registered.\n', err: '' });
  });

  it('calls itself by BASE_URL where it is set', async () => {
    const server = await start({ env: { BASE_URL: 'https://fhir.example.org/clinic' } });
    expect(server.output()).toContain('https://fhir.example.org/clinic/fhir');
    expect((await create(server)).headers.location).toContain('https://fhir.example.org/clinic/fhir/Basic/');
  });

  it('keeps everything for its owner alone', async () => {
    const dataDir = join(folder(), 'made');
    const server = await start({ dataDir });
    await create(server);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    for (const name of ['store.db', 'secret', 'control.sock']) expect([name, statSync(join(dataDir, name)).mode & 0o077]).toEqual([name, 0]);
  });

  it('keeps page links good over a restart', async () => {
    const dataDir = folder();
    const first = await start({ dataDir });
    for (let index = 0; index < 3; index += 1) await create(first);
    const page = JSON.parse((await call({ method: 'GET', url: `${first.base}/Basic?_count=2` })).text) as { link: { relation: string; url: string }[] };
    const next = page.link.find(({ relation }) => relation === 'next')?.url ?? '';
    await first.stop();
    const second = await start({ dataDir });
    const answer = await call({ method: 'GET', url: next.replace(first.base, second.base) });
    expect(JSON.parse(answer.text).entry).toHaveLength(1);
  });

  it('is refused beside another server on the same data, with exit code 3 and the process that has it', async () => {
    const server = await start();
    const second = await concierge(['serve'], { env: { DATA_DIR: server.dataDir } });
    expect(second).toMatchObject({ code: 3, out: '' });
    expect(second.err).toContain(`process ${String(server.process.pid)}`);
    expect((await create(server)).status).toBe(201);
  });

  it('is refused on an address that is taken, with exit code 6, and lets the store go', async () => {
    const server = await start();
    const dataDir = folder();
    const second = await concierge(['serve'], { env: { DATA_DIR: dataDir, PORT: new URL(server.origin).port } });
    expect(second).toMatchObject({ code: 6, err: expect.stringContaining('another program listens there') });
    const third = await start({ dataDir });
    expect((await create(third)).status).toBe(201);
  });

  it('is refused on a file that is no store, which is named with the mend and left as it is', async () => {
    const dataDir = folder();
    const file = join(dataDir, 'store.db');
    writeFileSync(file, 'not a database '.repeat(1_000));
    const refused = await concierge(['serve'], { env: { DATA_DIR: dataDir } });
    expect(refused.code).toBe(1);
    expect(refused.err).toContain(`${file} is damaged or no store of this program`);
    expect(refused.err).toContain('concierge restore');
    expect(readFileSync(file, 'utf8')).toBe('not a database '.repeat(1_000));
  });

  it.each([
    [{ PORT: 'x', PAGE_SIZE: '0' }, ['PORT', 'PAGE_SIZE']],
    [{ HOST: '0.0.0.0' }, ['auth-open-is-local']],
  ])('is refused with wrong settings %j, all of them named, with exit code 4', async (env, named) => {
    const refused = await concierge(['serve'], { env: { DATA_DIR: folder(), ...env } });
    expect(refused.code).toBe(4);
    for (const name of named) expect(refused.err).toContain(name);
  });
});

describe('stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('%s ends an idle server with exit code 0 and leaves no socket', async (signal) => {
    const dataDir = folder();
    const server = await start({ dataDir });
    server.process.kill(signal);
    expect(await server.ended).toBe(0);
    expect(existsSync(join(dataDir, 'control.sock'))).toBe(false);
  });

  it('a second signal ends it at once', async () => {
    const server = await start({ env: { STOP_SECONDS: '60' } });
    const { hostname, port } = new URL(server.origin);
    const { connect } = await import('node:net');
    // A request on its way keeps the server from ending.
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    socket.write('POST /fhir/Basic HTTP/1.1\r\nHost: x\r\nContent-Type: application/fhir+json\r\nContent-Length: 100\r\n\r\n{');
    await sleep(200);
    server.process.kill('SIGTERM');
    await sleep(600);
    expect(server.process.exitCode).toBeNull();
    server.process.kill('SIGTERM');
    expect(await server.ended).toBe(130);
    socket.destroy();
  });

  it('ends under load with exit code 0 and no answer cut, five times, and every acknowledged write is there after', async () => {
    const dataDir = folder();
    for (let round = 0; round < 5; round += 1) {
      const server = await start({ dataDir });
      const { acknowledged, truncated } = await loadUntilEnd(server, 150 + 100 * round);
      expect(truncated).toEqual([]);
      expect(await server.ended).toBe(0);
      // The server counts answers that it has begun to make and could not send.
      expect(server.output()).not.toContain('were cut');
      const again = await start({ dataDir });
      for (const id of acknowledged.slice(-30)) expect((await call({ method: 'GET', url: `${again.base}/Basic/${id}` })).status).toBe(200);
      expect(acknowledged.length).toBeGreaterThan(0);
      await again.stop();
    }
  });
});

/** Twelve clients read and write without a pause; the server is asked to stop in the middle of it. */
const loadUntilEnd = async (server: RunningServer, ms: number) => {
  const agent = new Agent({ keepAlive: true });
  const acknowledged: string[] = [];
  const truncated: string[] = [];
  let ended = false;
  void server.ended.then(() => { ended = true; });
  const client = async (number: number): Promise<void> => {
    while (!ended) {
      try {
        const url = `${server.base}/Basic`;
        const answer = number % 2 === 0 ? await call({ method: 'POST', url, headers: fhir, body: `{"resourceType":"Basic","code":{"text":"${'x'.repeat(2_000)}"}}`, agent }) : await call({ method: 'GET', url, agent });
        if (answer.status === 201) acknowledged.push((JSON.parse(answer.text) as { id: string }).id);
        if (answer.status === 200) JSON.parse(answer.text);
      } catch (error) {
        const { message = '', code = '', reused = false } = error as { message?: string; code?: string; reused?: boolean };
        if (code === 'ECONNREFUSED') return;
        // Closed between two requests: no answer was begun, and the server would have counted one that it owed.
        if (reused && message === 'socket hang up') continue;
        // The system resets connections that it has made but that nobody has accepted when the listener closes: no answer was begun.
        if (!/^(read|write|connect) (ECONNRESET|EPIPE)/.test(message)) truncated.push(`${code} ${message}`);
      }
    }
  };
  const clients = Array.from({ length: 12 }, (_, number) => client(number));
  await sleep(ms);
  server.process.kill('SIGTERM');
  await Promise.all(clients);
  agent.destroy();
  return { acknowledged, truncated };
};

describe('a store whose files are taken away', () => {
  it('acknowledges no write, is not ready, still reads, makes nothing anew, and ends in order', async () => {
    const dataDir = join(folder(), 'made');
    const server = await start({ dataDir });
    const { id } = JSON.parse((await create(server)).text) as { id: string };
    rmSync(dataDir, { recursive: true });
    const refused = await create(server);
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '30' } });
    expect(refused.text).toContain('taken away');
    expect((await call({ method: 'GET', url: `${server.origin}/readyz` })).status).toBe(503);
    expect((await call({ method: 'GET', url: `${server.base}/Basic/${id}` })).status).toBe(200);
    expect(existsSync(dataDir)).toBe(false);
    server.process.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(existsSync(dataDir)).toBe(false);
  });

  it('is noticed too when another file stands in their place', async () => {
    const dataDir = folder();
    const server = await start({ dataDir });
    await create(server);
    const file = join(dataDir, 'store.db');
    renameSync(file, `${file}.away`);
    copyFileSync(`${file}.away`, file);
    expect((await create(server)).status).toBe(503);
  });
});

describe('an Idempotency-Key', () => {
  it.each([
    ['a create', 'Basic', '{"resourceType":"Basic","code":{"text":"once"}}'],
    ['a transaction', '', '{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Basic","code":{"text":"once"}},"request":{"method":"POST","url":"Basic"}}]}'],
  ])('of %s gets the first answer again after kill -9, another body 409, and nothing is stored twice', async (_, path, body) => {
    const dataDir = folder();
    const send = (server: RunningServer, text: string) => call({ method: 'POST', url: `${server.base}/${path}`, headers: { ...fhir, 'Idempotency-Key': 'key-of-this-test' }, body: text });
    const first = await start({ dataDir });
    const answer = await send(first, body);
    expect(answer.status).toBeLessThan(300);
    await first.kill();
    const second = await start({ dataDir });
    const again = await send(second, body);
    // A bundle of answers is an envelope made anew; what it holds is the first answer.
    const held = ({ status, text, headers }: Answer) => {
      const { entry = text } = JSON.parse(text) as { entry?: unknown };
      return { status, etag: headers.etag, location: headers.location?.replace(/^.*\/fhir/, ''), entry };
    };
    expect(held(again)).toEqual(held(answer));
    expect(await send(second, body.replace('once', 'twice'))).toMatchObject({ status: 409, text: expect.stringContaining('idempotency-conflict') });
    expect(JSON.parse((await call({ method: 'GET', url: `${second.base}/Basic?_summary=count` })).text)).toMatchObject({ total: 1 });
  });
});

describe('a store that has failed', () => {
  it('ends the server with exit code 70, the cause logged without its message', async () => {
    const chaos = join(folder(), 'chaos.mjs');
    // The writer's thread is the one that is told no more than its file and its cache.
    writeFileSync(chaos, `import { isMainThread, workerData } from 'node:worker_threads';
      if (!isMainThread && workerData?.file !== undefined && Object.keys(workerData).length === 2) setTimeout(() => { throw new Error('canary-of-the-store'); }, 2_500);\n`);
    const server = await start({ env: { NODE_OPTIONS: `--import=${chaos}`, LOG_LEVEL: 'info' } });
    expect((await create(server)).status).toBe(201);
    expect(await server.ended).toBe(70);
    expect(server.output().split('\n').filter((line) => line.includes('"where":"store"'))).toHaveLength(1);
    expect(server.output()).not.toContain('canary-of-the-store');
    expect(server.output()).toContain('"msg":"stopped"');
  });
});

describe('a failure nobody caught', () => {
  it('is logged once without its message, and ends the server in order with exit code 1', async () => {
    // A module of the test makes the server fail from inside.
    const made = folder();
    const chaos = join(made, 'chaos.mjs');
    writeFileSync(chaos, "process.on('SIGUSR2', () => { Promise.reject(new Error('canary-of-the-failure')); });\n");
    const server = await start({ env: { NODE_OPTIONS: `--import=${chaos}`, LOG_LEVEL: 'debug' } });
    expect((await create(server)).status).toBe(201);
    server.process.kill('SIGUSR2');
    expect(await server.ended).toBe(1);
    const failures = server.output().split('\n').filter((line) => line.includes('"where":"process"'));
    expect(failures).toHaveLength(1);
    expect(server.output()).not.toContain('canary-of-the-failure');
    expect(server.output()).toContain('"msg":"stopped"');
    expect(readFileSync(chaos, 'utf8')).toContain('SIGUSR2');
  });
});
