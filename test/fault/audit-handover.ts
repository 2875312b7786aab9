/**
 * `kill -9` of the process that keeps the audit's hashes, one of two on a database, under requests to both: the other takes over, every answer has its
 * record, and the journal verifies against the checkpoints of all keepers (https://www.rfc-editor.org/rfc/rfc9162#section-2.1).
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { noDatabase, startDatabase } from '../support/database.js';
import { concierge } from '../support/command.js';
import { call } from '../support/http.js';
import { startServer, type RunningServer } from '../support/server.js';
import { pause, type Scenario } from './scenario.js';

const patienceMs = 60_000;
const json = { 'content-type': 'application/fhir+json' };

/** Writes and reads until the server is gone; keeps the ids of requests that were answered. */
const ask = async ({ base }: RunningServer, answered: Set<string>): Promise<void> => {
  try {
    for (let n = 0; ; n += 1) {
      const answer = n % 2 === 0
        ? await call({ method: 'POST', url: `${base}/Observation`, headers: json, body: '{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/a"}}' })
        : await call({ method: 'GET', url: `${base}/Patient/a` });
      if (answer.status < 300) answered.add(String(answer.headers['x-request-id']));
    }
  } catch {
    // The server was ended under it.
  }
};

const textsOf = async (url: string): Promise<string[]> => {
  const connection = await mongoose.createConnection(url).asPromise();
  try {
    return (await connection.collection('audit').find({}).toArray()).map(({ text }) => String(text));
  } finally {
    await connection.close();
  }
};

/** Resolves with how often the work has changed hands; waits until that is more than `before`. */
const handedOver = async (leases: mongoose.Connection, before: number): Promise<number> => {
  for (const until = performance.now() + patienceMs; performance.now() < until;) {
    const found = await leases.collection<{ _id: string; token: number }>('lease').findOne({ _id: 'job/audit-journal' });
    if (found !== null && found.token > before) return found.token;
    await pause(100);
  }
  throw new Error(`nobody took over the audit within ${String(patienceMs / 1_000)} s`);
};

interface Pair {
  readonly root: string;
  readonly url: string;
  readonly say: (line: string) => void;
}

const strike = async ({ root, url, say }: Pair, times: number): Promise<void> => {
  const env = { STORE_URL: url, AUDIT: 'on', AUDIT_CHECKPOINTS: join(root, 'checkpoints'), PAGE_SECRET: randomBytes(32).toString('hex'), AUTH_KEY: randomBytes(32).toString('hex'), AUDIT_KEY: randomBytes(32).toString('hex') };
  const folders = ['one', 'two'].map((name) => join(root, name));
  for (const folder of folders) mkdirSync(folder);
  const answered = new Set<string>();
  const asking: Promise<void>[] = [];
  const start = async (folder: string): Promise<RunningServer> => {
    const server = await startServer({ dataDir: folder, env });
    asking.push(ask(server, answered));
    return server;
  };
  const leases = await mongoose.createConnection(url).asPromise();
  const [first = '', second = ''] = folders;
  let keeper = await start(first);
  await call({ method: 'PUT', url: `${keeper.base}/Patient/a`, headers: json, body: '{"resourceType":"Patient","id":"a"}' });
  let hands = await handedOver(leases, 0);
  let other = await start(second);
  for (let round = 0; round < times; round += 1) {
    await pause(1_000 + Math.random() * 2_000);
    await keeper.kill();
    hands = await handedOver(leases, hands);
    const { dataDir } = keeper;
    keeper = other;
    other = await start(dataDir);
  }
  await leases.close();
  await Promise.all([keeper.stop(), other.stop()]);
  await Promise.all(asking);
  const recorded = new Set((await textsOf(url)).map((text) => (JSON.parse(text) as { requestId?: string }).requestId));
  const missing = [...answered].filter((id) => !recorded.has(id));
  if (missing.length > 0) throw new Error(`${String(missing.length)} of ${String(answered.size)} answers have no record`);
  for (const folder of folders) {
    const { code, out, err } = await concierge(['audit', 'verify'], { env: { ...env, DATA_DIR: folder } });
    if (code !== 0) throw new Error(`the journal does not verify beside the hashes of ${folder === first ? 'the first' : 'the second'}: ${out}${err}`);
  }
  say(`${String(times)} keepers killed, ${String(answered.size)} answers: each has its record, and the journal verifies against ${String(readFileSync(env.AUDIT_CHECKPOINTS, 'utf8').trim().split('\n').length)} checkpoints from both folders`);
};

export const auditHandover: Scenario = {
  name: 'audit keeper killed, several processes on one database',
  times: { short: 1, large: 10 },
  missing: noDatabase,
  run: async (times, say) => {
    const root = mkdtempSync(join(tmpdir(), 'concierge-keepers-'));
    const database = await startDatabase();
    try {
      await strike({ root, url: database.url, say }, times);
    } finally {
      await database.remove();
      rmSync(root, { recursive: true, force: true });
    }
  },
};
