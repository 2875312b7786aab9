/** F9: `kill -9` under reads, searches and writes: every body that a client got has its record, joined by X-Request-Id, and the journal still verifies. */
import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseFile } from '../../src/store-sqlite/files.js';
import { concierge } from '../support/command.js';
import { call } from '../support/http.js';
import { startServer } from '../support/server.js';
import { pause, type Scenario } from './scenario.js';

const clients = 8;
const observation = JSON.stringify({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: 'Patient/a' } });

interface Asking {
  readonly base: string;
  /** Request ids of every answer whose body has arrived. */
  readonly answered: Set<string>;
}

/** Asks until the server is gone. */
const ask = async ({ base, answered }: Asking): Promise<void> => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const kinds = [
    () => call({ method: 'POST', url: `${base}/Observation`, headers: { 'content-type': 'application/fhir+json' }, body: observation, agent }),
    () => call({ method: 'GET', url: `${base}/Observation?subject=Patient/a`, agent }),
    () => call({ method: 'GET', url: `${base}/Patient/a`, agent }), () => call({ method: 'GET', url: `${base}/Patient/a/_history`, agent }),
  ];
  try {
    for (let n = 0; ; n += 1) {
      const answer = await kinds[n % kinds.length]?.();
      if (answer !== undefined && answer.status >= 200 && answer.status < 300) answered.add(String(answer.headers['x-request-id']));
    }
  } catch {
    // The server was killed under it.
    agent.destroy();
  }
};

const recordedIn = (dataDir: string): Set<string> => {
  const database = new Database(join(dataDir, databaseFile), { readonly: true });
  try {
    return new Set((database.prepare('SELECT text FROM audit').pluck().all() as string[]).map((text) => (JSON.parse(text) as { requestId: string }).requestId));
  } finally {
    database.close();
  }
};

export const auditComplete: Scenario = {
  name: 'audit of every answer under kill -9',
  times: { short: 3, large: 20 },
  missing: () => undefined,
  run: async (times, say) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'concierge-audited-'));
    const answered = new Set<string>();
    const env = { AUDIT: 'on' };
    try {
      for (let round = 1; round <= times; round += 1) {
        const server = await startServer({ dataDir, env });
        if (round === 1) await call({ method: 'PUT', url: `${server.base}/Patient/a`, headers: { 'content-type': 'application/fhir+json' }, body: '{"resourceType":"Patient","id":"a"}' });
        const asking = Array.from({ length: clients }, () => ask({ base: server.base, answered }));
        const enough = answered.size + 20 + Math.random() * 60;
        while (answered.size < enough) await pause(5);
        await server.kill();
        await Promise.all(asking);
      }
      const last = await startServer({ dataDir, env });
      await last.stop();
      const recorded = recordedIn(dataDir);
      const missing = [...answered].filter((id) => !recorded.has(id));
      if (missing.length > 0) throw new Error(`${String(missing.length)} of ${String(answered.size)} answers have no record, such as ${missing[0] ?? ''}`);
      const verified = await concierge(['audit', 'verify'], { env: { ...env, DATA_DIR: dataDir } });
      if (verified.code !== 0) throw new Error(`the journal does not verify: ${verified.out}${verified.err}`);
      say(`${String(times)} kills, ${String(answered.size)} answers: each has its record, and the journal verifies`);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
};
