/** What authorization costs, in this process: the check of a token beside an open request, and the token endpoint. */
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openViewer } from '../../src/access/viewer.js';
import { mintToken } from '../../src/authorization/operator.js';
import { systemClock } from '../../src/core/clock.js';
import { perform } from '../../src/interaction/perform.js';
import { openSqliteGrants } from '../../src/store-sqlite/grant/open.js';
import { call } from '../support/http.js';
import { launch, openClinic, type Clinic } from '../feature/authorization/harness.js';
import { median, type Row } from './table.js';

const reads = 20_000;
const tokens = 300;
const width = 8;

/** A connection of its own for each: between rounds the server would close kept ones. */
const agent = new Agent({ keepAlive: false });

const spreadOf = (numbers: readonly number[]): readonly [number, number] => [Math.min(...numbers), Math.max(...numbers)];
const request = { interaction: 'read', type: 'Patient', id: 'A', method: 'GET', params: [], conditions: {}, prefer: {}, requestId: 'r' } as const;

/** Returns what is done in a second. */
const rateOf = async (count: number, act: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now();
  let left = count;
  await Promise.all(Array.from({ length: width }, async () => { while (left > 0) { left -= 1; await act(); } }));
  return (1000 * count) / (performance.now() - begun);
};

const measure = async (clinic: Clinic, rounds: number): Promise<Row[]> => {
  const { server, service, origin } = clinic;
  const { token } = await mintToken(server, { client: 'app', user: 'ada@example.org', scope: 'patient/*.rs', patient: 'A', minutes: 60 });
  const { secret = '' } = await server.clients.add({ id: 'bench', type: 'confidential', redirectUris: ['https://a.example/'], scope: 'patient/*.rs' }, 'operator');
  const req = { headers: { authorization: `Bearer ${token}` }, rawHeaders: ['Authorization', `Bearer ${token}`], method: 'GET', url: '/fhir/Patient/A', socket: { remoteAddress: '127.0.0.1' } } as unknown as Parameters<typeof server.viewerOf>[0];
  const introspection = async (): Promise<void> => {
    const headers = { 'authorization': `Basic ${Buffer.from(`bench:${secret}`).toString('base64')}`, 'content-type': 'application/x-www-form-urlencoded' };
    const { status } = await call({ method: 'POST', url: `${origin}/oauth/token/introspection`, headers, body: 'token=x', agent });
    if (status !== 200) throw new Error(`introspection answered ${String(status)}`);
  };
  const chains = await Promise.all(Array.from({ length: width }, async () => ({ token: String((await launch(clinic, { scope: 'launch/patient offline_access patient/*.rs' })).body['refresh_token']) })));
  const refresh = async (): Promise<void> => {
    // Each token is good once: whoever refreshes has a chain to itself.
    const chain = chains.pop();
    if (chain === undefined) throw new Error('more refresh at once than there are launches');
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: chain.token, client_id: 'app' }).toString();
    const { status, text } = await call({ method: 'POST', url: `${origin}/oauth/token`, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body, agent });
    if (status !== 200) throw new Error(`the token endpoint answered ${String(status)}: ${text}`);
    chains.push({ token: (JSON.parse(text) as { refresh_token: string }).refresh_token });
  };
  const mint = (): Promise<unknown> => mintToken(server, { client: 'app', user: 'ada@example.org', scope: 'patient/*.rs', patient: 'A', minutes: 60 });
  const [open, checked, minted, asked, refreshed]: [number[], number[], number[], number[], number[]] = [[], [], [], [], []];
  for (let round = 0; round <= rounds; round += 1) {
    const rates = [
      await rateOf(reads, () => perform(service, openViewer, request)), await rateOf(reads, async () => perform(service, await server.viewerOf(req), request)),
      await rateOf(tokens, mint), await rateOf(tokens, introspection), await rateOf(tokens, refresh),
    ];
    // The first round warms up.
    if (round > 0) [open, checked, minted, asked, refreshed].forEach((list, index) => list.push(rates[index] ?? 0));
  }
  return [
    { work: 'read with a patient token, beside an open read', value: median(checked), unit: 'reads/s', spread: spreadOf(checked), limit: median(open), goal: '', note: 'cached check, compartment included; in process' },
    { work: 'access tokens made and stored', value: median(minted), unit: 'tokens/s', spread: spreadOf(minted), goal: '', note: 'synced to disk, three records each' },
    { work: 'token endpoint: refresh with rotation over HTTP', value: median(refreshed), unit: 'requests/s', spread: spreadOf(refreshed), goal: '', note: 'synced to disk, each answer a new refresh token' },
    { work: 'introspection over HTTP', value: median(asked), unit: 'requests/s', spread: spreadOf(asked), goal: '', note: 'client authenticated each time' },
  ];
};

/** Returns the rows; the records are on disk. */
export const authorizationRows = async (rounds: number): Promise<readonly Row[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'concierge-bench-auth-'));
  const clinic = await openClinic({}, openSqliteGrants({ file: join(folder, 'authorization.db'), clock: systemClock }));
  try {
    return await measure(clinic, rounds);
  } finally {
    await clinic.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};
