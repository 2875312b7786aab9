/** The launch flight recorder: kept in the store, over processes and restarts, bounded, without secrets. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/core/clock.js';
import type { GrantStore } from '../../../src/store/grant.js';
import { strangers, type Trace } from '../../../src/authorization/recorder.js';
import { tracesPath } from '../../../src/authorization/http/recorder.js';
import { openSqliteGrants } from '../../../src/store-sqlite/grant/open.js';
import { answered, authorize, authorizeUrl, backChannel, Browser, exchange, fhir, newVerifier, openClinic, tokenOf, type Clinic } from './harness.js';

const folder = mkdtempSync(join(tmpdir(), 'recorder-'));
const open = (): GrantStore => openSqliteGrants({ file: join(folder, 'authorization.db'), clock: systemClock });
let first: Clinic;
let second: Clinic;
beforeAll(async () => {
  first = await openClinic({}, open());
  second = await openClinic({ origin: first.origin, fhirBase: first.base }, open());
});
afterAll(async () => { await first.stop(); await second.stop(); rmSync(folder, { recursive: true }); });

const scope = 'launch/patient patient/Observation.rs';
const settled = async (): Promise<readonly Trace[]> => {
  await first.server.recorder.settle();
  await second.server.recorder.settle();
  return first.server.recorder.traces('app');
};
const stepsOf = ({ notes }: Trace): string[] => notes.map(({ step, ok }) => `${step}${ok ? '' : ' failed'}`);

describe('the flight recorder', () => {
  it('puts the steps of one launch together whichever process took them, and keeps launches apart', async () => {
    const verifiers = [newVerifier(), newVerifier()];
    const codes: string[] = [];
    for (const [index, verifier] of verifiers.entries()) codes.push(answered(await authorize(first, { scope, verifier, params: { state: `state-of-launch-${String(index)}` } })).get('code') ?? '');
    // The first launch goes on after the second has begun, in the other process.
    const tokens = [];
    for (const [index, code] of codes.entries()) {
      await first.server.recorder.settle();
      tokens.push(tokenOf(await exchange(second, code, verifiers[index] ?? '')));
    }
    await second.server.recorder.settle();
    expect((await fhir(second, 'Condition/conA', tokens[0])).status).toBe(403);
    await second.server.recorder.settle();
    expect((await fhir(first, 'Observation/obsA', tokens[0])).status).toBe(200);
    const [later, earlier] = await settled();
    expect(stepsOf(earlier ?? { client: '', started: 0, notes: [] })).toEqual(['authorize', 'sign-in', 'sign-in', 'consent', 'sign-in', 'code', 'token', 'first call failed', 'first call']);
    expect(stepsOf(later ?? { client: '', started: 0, notes: [] })).toEqual(['authorize', 'sign-in', 'sign-in', 'consent', 'sign-in', 'code', 'token']);
    expect(earlier?.notes.find(({ ok }) => !ok)).toMatchObject({ what: 'read Condition: 403 forbidden: The token does not allow this interaction. Granted: patient/Observation.rs.', mend: 'Ask for a scope that allows it.' });
  });

  it('tells a failed exchange in the launch it belongs to', async () => {
    const verifier = newVerifier();
    const code = answered(await authorize(first, { scope, verifier, params: { state: 'state-of-a-failure' } })).get('code') ?? '';
    await first.server.recorder.settle();
    await exchange(second, code, newVerifier());
    const [trace] = await settled();
    expect(trace?.notes.at(-1)).toMatchObject({ step: 'token', ok: false, mend: expect.stringContaining('PKCE') });
    expect(stepsOf(trace ?? { client: '', started: 0, notes: [] })).toContain('consent');
  });

  it('outlives a restart, is shown by the page of the app, and ends after a week', async () => {
    await first.stop();
    first = await openClinic({ origin: second.origin, fhirBase: second.base }, open());
    const page = await new Browser(second.origin).get(tracesPath(first.server, 'app'));
    expect(page.status).toBe(200);
    expect(page.text).toContain('Ask for a scope that allows it.');
    first.pass(8 * 86_400_000);
    expect(await first.server.recorder.traces('app')).toHaveLength(3);
    const past = await openClinic({ origin: second.origin, fhirBase: second.base }, openSqliteGrants({ file: join(folder, 'authorization.db'), clock: { now: () => systemClock.now() + 8 * 86_400_000, monotonic: () => systemClock.monotonic() } }));
    expect(await past.server.recorder.traces('app')).toEqual([]);
    await past.stop();
  });

  it('keeps a few launches of an app, and strangers together', async () => {
    const browser = new Browser(second.origin);
    for (let index = 0; index < 30; index += 1) await browser.get(authorizeUrl(second, { scope, verifier: newVerifier(), client: index < 25 ? 'app' : `invented-${String(index)}`, params: { aud: 'http://other/fhir', state: `state-number-${String(index)}` } }));
    expect(await second.server.recorder.traces('app')).toHaveLength(20);
    expect(await second.server.recorder.clients()).toEqual([strangers, 'app']);
    expect((await second.server.recorder.traces(strangers)).length).toBeLessThanOrEqual(20);
  });

  it('a store that fails is told to the operator, and stops no launch', async () => {
    const { observed } = second;
    const before = observed.length;
    second.server.recorder.note('app', { step: 'authorize', ok: true, what: 'x' }, Promise.reject(new Error('gone')));
    await second.server.recorder.settle();
    expect(observed.slice(before)).toMatchObject([{ kind: 'failure', where: 'launch flight recorder' }]);
    expect((await backChannel(second, '/token', { grant_type: 'refresh_token', refresh_token: 'x', client_id: 'app' })).status).toBe(400);
  });
});
