/**
 * The database is paused, and killed, under a running server with load: whatever is asked meanwhile is answered 503 in time and never wrongly,
 * the server works again soon after, its memory stays bounded, and nothing acknowledged is lost (https://hl7.org/fhir/R4/http.html#Status-Codes).
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.js';
import { observeNothing } from '../../src/core/observe.js';
import { openMongoStore } from '../../src/store-mongo/open.js';
import { noDatabase, startDatabase, type Database } from '../support/database.js';
import { call, type Answer } from '../support/http.js';
import { startServer, type RunningServer } from '../support/server.js';
import { signInBackend, type Access } from './backend.js';
import { makeLedger, type Ledger } from './ledger.js';
import { startLoad } from './load.js';
import { demandNone, pause, type Scenario } from './scenario.js';
import { storeFaults } from './verify.js';

/** Milliseconds: an answer while the database is away, and until all is well after it is back. */
const limits = { answer: 5_000, back: 10_000 };
/** Bytes the process may grow while it waits. */
const growth = 150 * 1024 ** 2;
const restMs = 200;
const json = { 'content-type': 'application/fhir+json' };
const tokenPath = '/oauth/token';

/** What has the same answer at all times. */
const reads = ['/Patient/known', '/Patient/known/_history/1', '/Patient/known/_history', '/Patient?identifier=urn:fault%7Cknown', '/Patient?name=known&_sort=birthdate&_revinclude=Observation:subject', '/Patient/_history?_count=5', '/Encounter?patient=Patient/known'];
const known = { resourceType: 'Patient', id: 'known', identifier: [{ system: 'urn:fault', value: 'known' }], name: [{ family: 'known' }] };

interface Watch {
  /** All that is wrong. */
  readonly faults: string[];
  readonly seen: (what: string) => (answer: Answer, ms: number) => void;
  /** How often the server said that it cannot, since it was last asked; and the longest of these answers, and of the others, in milliseconds. */
  readonly take: () => { readonly refused: number; readonly slowest: number; readonly done: number };
}

const makeWatch = (): Watch => {
  const faults: string[] = [];
  let [refused, slowest, done] = [0, 0, 0];
  return {
    faults,
    seen: (what) => (answer, ms) => {
      if (answer.status === 503) slowest = Math.max(slowest, ms);
      else done = Math.max(done, ms);
      // What was sent before the database went may still be done, once it is back.
      if (ms > (answer.status === 503 ? limits.answer : 2 * limits.back)) faults.push(`${what} was answered ${String(answer.status)} after ${ms.toFixed(0)} ms`);
      if (answer.status !== 503) return;
      refused += 1;
      if (!/^[1-9]\d*$/.test(String(answer.headers['retry-after']))) faults.push(`${what}: 503 without Retry-After`);
      if (!/"OperationOutcome"|"temporarily_unavailable"/.test(answer.text)) faults.push(`${what}: 503 without an OperationOutcome`);
    },
    take: () => {
      const taken = { refused, slowest, done };
      [refused, slowest, done] = [0, 0, 0];
      return taken;
    },
  };
};

interface Reading {
  readonly stop: () => Promise<void>;
}

/** Asks again and again for what is known to be there, and for a token where there are some: it is there, or the server cannot say. */
const startReading = ({ base, headers, askToken }: Access, watch: Watch): Reading => {
  let going = true;
  const one = async (path: string, ask: () => Promise<Answer>): Promise<void> => {
    while (going) {
      const begun = performance.now();
      try {
        const answer = await ask();
        watch.seen(path)(answer, performance.now() - begun);
        if (answer.status !== 503 && !isRight(path, answer)) watch.faults.push(`${path}: ${String(answer.status)} ${answer.text.slice(0, 200)}`);
      } catch (error) {
        watch.faults.push(`${path}: ${String(error)}`);
      }
      await pause(restMs);
    }
  };
  const running = reads.map((path) => one(path, () => call({ method: 'GET', url: `${base}${path}`, headers })));
  if (askToken !== undefined) running.push(one(tokenPath, askToken));
  return {
    stop: async () => {
      going = false;
      await Promise.all(running);
    },
  };
};

const isRight = (path: string, { status, text }: Answer): boolean => status === 200 && (path.startsWith('/Encounter') || text.includes(path === tokenPath ? '"access_token"' : '"known"'));

/** Bytes of memory of a process (Linux). */
const residentBytes = ({ process: { pid } }: RunningServer): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1]) * 1024;

/** Resolves with the milliseconds until every read and a write are answered well. */
const untilWell = async ({ base, headers }: Access): Promise<number> => {
  const begun = performance.now();
  let last: readonly Answer[] = [];
  const isWell = async (): Promise<boolean> => {
    const answers = await Promise.all([
      ...reads.map((path) => call({ method: 'GET', url: `${base}${path}`, headers })),
      call({ method: 'PUT', url: `${base}/Basic/back`, headers: { ...headers, ...json }, body: '{"resourceType":"Basic","id":"back","code":{"text":"x"}}' }),
    ]);
    last = answers;
    return answers.every(({ status }) => status < 300);
  };
  while (!(await isWell())) {
    if (performance.now() - begun > 3 * limits.back) throw new Error(`the server does not come back: ${last.map(({ status, text }) => `${String(status)} ${status < 300 ? '' : text.slice(0, 200)}`).join('; ')}`);
    await pause(50);
  }
  return performance.now() - begun;
};

interface Stage {
  readonly access: Access;
  readonly server: RunningServer;
  readonly database: Database;
  readonly watch: Watch;
  readonly say: (line: string) => void;
}

interface Absence {
  readonly name: string;
  readonly leave: () => Promise<void> | void;
  readonly come: () => Promise<void> | void;
  readonly ms: number;
}

const beAway = async ({ access, server, watch, say }: Stage, { name, leave, come, ms }: Absence): Promise<void> => {
  const before = residentBytes(server);
  let most = before;
  watch.take();
  await leave();
  for (const until = performance.now() + ms; performance.now() < until;) {
    await pause(Math.min(200, ms));
    most = Math.max(most, residentBytes(server));
  }
  await come();
  const back = await untilWell(access);
  const { refused, slowest, done } = watch.take();
  demandNone(watch.faults, name);
  if (back > limits.back) throw new Error(`${name}: back after ${back.toFixed(0)} ms`);
  if (most - before > growth) throw new Error(`${name}: ${String(Math.round((most - before) / 1024 ** 2))} MiB more memory`);
  if (ms > limits.answer && refused === 0) throw new Error(`${name}: nothing was refused, so nothing was tested`);
  say(`${name}: ${String(refused)} times 503, slowest ${slowest.toFixed(0)} ms, of the others ${done.toFixed(0)} ms, back after ${back.toFixed(0)} ms, memory ${String(Math.round((most - before) / 1024 ** 2))} MiB more`);
};

/** What the log tells beside the absence itself. */
const failuresIn = (log: string): string => log.split('\n').filter((line) => line.includes('"level":"error"') && !line.includes('store-unavailable')).slice(-3).join('\n').slice(0, 2_000);

const under = async (env: Readonly<Record<string, string>>, act: (stage: Omit<Stage, 'say'>) => Promise<void>): Promise<Ledger> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'concierge-away-'));
  const database = await startDatabase();
  const ledger = makeLedger();
  try {
    const settings = { ...env, STORE_URL: database.url };
    const server = await startServer({ dataDir, env: settings });
    const access = env['AUTH'] === 'smart' ? await signInBackend(server, settings) : { base: server.base, headers: {}, askToken: undefined };
    const { status } = await call({ method: 'PUT', url: `${server.base}/Patient/known`, headers: { ...access.headers, ...json }, body: JSON.stringify(known) });
    if (status !== 201) throw new Error(`the first write was answered ${String(status)}`);
    const watch = makeWatch();
    const load = startLoad({ base: server.base, headers: access.headers, ledger, clients: 8, surprises: watch.faults, excused: new Set([503]), seen: watch.seen('a write'), restMs });
    const reading = startReading(access, watch);
    try {
      await act({ access, server, database, watch });
    } catch (error) {
      throw new Error(`${String(error)}; the server says: ${failuresIn(server.output())}`, { cause: error });
    } finally {
      await Promise.all([load.stop(), reading.stop()]);
    }
    demandNone(watch.faults, 'at the end');
    if (await server.stop() !== 0) throw new Error(`the server ended badly: ${server.output().slice(-400)}`);
    const store = await openMongoStore({ url: database.url, clock: systemClock, observe: observeNothing });
    demandNone(await storeFaults(store, ledger).finally(() => store.close()), 'after all');
    return ledger;
  } finally {
    await database.remove();
    rmSync(dataDir, { recursive: true, force: true });
  }
};

const report = (ledger: Ledger): string => `${String(ledger.size)} acknowledged versions and ${String(ledger.whole.size)} transactions: none lost`;

export const databasePaused: Scenario = {
  name: 'database paused',
  times: { short: 6, large: 30 },
  missing: noDatabase,
  run: async (seconds, say) => {
    const ledger = await under({ AUTH: 'smart', BASE_URL: 'http://127.0.0.1:1' }, async (stage) => {
      const { database } = stage;
      await pause(1_000);
      for (const length of [2, seconds]) {
        await beAway({ ...stage, say }, { name: `paused ${String(length)} s`, leave: database.pause, come: database.resume, ms: length * 1_000 });
        await pause(1_000);
      }
    });
    say(report(ledger));
  },
};

export const databaseKilled: Scenario = {
  name: 'database killed under load',
  times: { short: 1, large: 20 },
  missing: noDatabase,
  run: async (times, say) => {
    const ledger = await under({}, async (stage) => {
      const { database } = stage;
      for (let at = 0; at < times; at += 1) {
        await pause(500 + Math.random() * 1_500);
        // The first time it stays away for long, as one that never comes back.
        await beAway({ ...stage, say }, { name: `killed, time ${String(at + 1)}`, leave: database.kill, come: database.start, ms: at === 0 ? 2 * limits.answer : Math.random() * 1_000 });
      }
    });
    say(report(ledger));
  },
};
