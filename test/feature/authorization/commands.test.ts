/** `concierge client`, `user` and `token`, run where the store is open. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { exportJWK, generateKeyPair } from 'jose';
import { systemViewer } from '../../../src/access/viewer.js';
import { commands } from '../../../src/cli/commands.js';
import { run } from '../../../src/cli/run.js';
import { backChannel, Browser, authorizeUrl, fhir, launch, newVerifier, openClinic, tokenOf, type Clinic } from './harness.js';

let clinic: Clinic;
let folder = '';
beforeAll(async () => { clinic = await openClinic(); folder = mkdtempSync(join(tmpdir(), 'commands-')); });
afterAll(async () => { await clinic.stop(); rmSync(folder, { recursive: true }); });

const type = async (words: readonly string[], input = ''): Promise<{ code: number; out: string; said: string }> => {
  const [out, said]: [string[], string[]] = [[], []];
  const code = await run(words, {
    commands, cwd: folder, signal: new AbortController().signal, report: () => undefined, write: async (text) => { out.push(text); }, say: (line) => { said.push(line); }, input: Readable.from([Buffer.from(`${input}\n`)]),
    withStore: (command, _, call) => command.run(call, { service: clinic.service, viewer: systemViewer(command.name), authorization: async () => ({ server: clinic.server, mounts: [] }), audit: () => Promise.reject(new Error('not asked for')), reloadGuides: () => Promise.reject(new Error('not asked for')), moving: () => { throw new Error('not asked for'); }, isServing: false }),
  });
  return { code, out: out.join(''), said: said.join('\n') };
};
const json = async (words: readonly string[], input?: string): Promise<Record<string, unknown>> => JSON.parse((await type([...words, '--json'], input)).out) as Record<string, unknown>;

describe('concierge client', () => {
  it('adds, lists, rotates and revokes, and shows a secret once', async () => {
    const added = await json(['client', 'add', '--id', 'c1', '--type', 'confidential', '--redirect', 'https://app.example/cb', '--scope', 'launch/patient patient/*.rs']);
    expect(String(added['client_secret']).length).toBeGreaterThan(30);
    expect((await fetch(String(added['launches']))).status).toBe(200);
    expect((await type(['client', 'trace', '--id', 'c1'])).out).toContain('No launch was recorded');
    expect((await type(['client', 'trace', '--id', 'nobody'])).code).toBe(1);
    const listed = (await type(['client', 'list', '--json'])).out;
    expect(listed).toContain('"c1"');
    expect(listed).not.toContain(String(added['client_secret']));
    const rotated = await json(['client', 'rotate', '--id', 'c1']);
    expect(rotated['client_secret']).not.toBe(added['client_secret']);
    expect((await type(['client', 'revoke', '--id', 'c1'])).code).toBe(0);
    expect((await type(['client', 'revoke', '--id', 'c1'])).code).toBe(1);
  });

  it('refuses what could not work, and says why', async () => {
    const base = ['client', 'add', '--id', 'bad', '--scope', 'patient/*.rs'];
    const cases: readonly (readonly [readonly string[], string])[] = [
      [[...base, '--type', 'public'], '--redirect'], [[...base, '--type', 'backend'], '--jwks'], [[...base, '--type', 'spa', '--redirect', 'https://a/'], '--type'],
      [[...base, '--type', 'public', '--redirect', 'http://a.example/'], 'https'], [[...base, '--type', 'public', '--redirect', 'https://a/*'], 'wildcard'],
      [[...base, '--type', 'public', '--redirect', 'https://a/#x'], 'fragment'], [[...base, '--type', 'public', '--redirect', 'javascript:alert(1)'], 'scheme'], [['client', 'forget'], 'client add'],
    ];
    for (const [words, text] of cases) {
      const { code, said } = await type(words);
      expect([words, code > 0, said.includes(text)]).toEqual([words, true, true]);
    }
  });

  it('takes public keys from a file, and no private one', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES384', { extractable: true });
    writeFileSync(join(folder, 'public.json'), JSON.stringify({ keys: [await exportJWK(publicKey)] }));
    writeFileSync(join(folder, 'private.json'), JSON.stringify({ keys: [await exportJWK(privateKey)] }));
    const words = (id: string, file: string) => ['client', 'add', '--id', id, '--type', 'backend', '--scope', 'system/*.rs', '--jwks', file];
    expect((await type(words('b1', 'public.json'))).code).toBe(0);
    expect((await type(words('b2', 'private.json'))).said).toContain('private');
  });
});

describe('concierge user', () => {
  it('adds someone who can sign in, resets and disables', async () => {
    const words = ['user', 'add', '--email', 'New@example.org', '--role', 'patient', '--fhir-user', 'Patient/A'];
    expect((await type(words, 'short')).said).toContain('10 to 200');
    expect((await type(words, 'a long password')).code).toBe(0);
    expect((await type(words, 'a long password')).said).toContain('already');
    expect((await type(['user', 'add', '--email', 'x@example.org', '--role', 'patient', '--fhir-user', 'Practitioner/P'], 'a long password')).said).toContain('Patient or RelatedPerson');
    expect((await type(['user', 'add', '--email', 'x@example.org', '--role', 'staff', '--fhir-user', 'Practitioner/none'], 'a long password')).said).toContain('no Practitioner/none');
    const enters = async (password: string): Promise<boolean> => {
      const browser = new Browser(clinic.origin);
      const page = await browser.follow(await browser.get(authorizeUrl(clinic, { scope: 'launch/patient patient/*.rs', verifier: newVerifier() })));
      return (await browser.submit(page, 'sign-in', { email: 'new@example.org', password })).text.includes('name="scope"');
    };
    expect(await enters('a long password')).toBe(true);
    expect((await type(['user', 'reset', '--email', 'new@example.org'], 'another password')).code).toBe(0);
    expect(await enters('a long password')).toBe(false);
    expect(await enters('another password')).toBe(true);
    expect((await type(['user', 'disable', '--email', 'new@example.org'])).out).toContain('disabled');
    expect(await enters('another password')).toBe(false);
  });

  it('ends apps and sessions with a reset', async () => {
    const answer = await launch(clinic, { scope: 'launch/patient offline_access patient/*.rs', email: 'parent@example.org', patient: 'B' });
    expect((await fhir(clinic, 'Patient/B', tokenOf(answer))).status).toBe(200);
    await type(['user', 'reset', '--email', 'parent@example.org'], 'correct horse battery');
    clinic.pass(1_000);
    expect((await fhir(clinic, 'Patient/B', tokenOf(answer))).status).toBe(401);
    expect((await backChannel(clinic, '/token', { grant_type: 'refresh_token', refresh_token: String(answer.body['refresh_token']), client_id: 'app' })).status).toBe(400);
  });
});

describe('concierge token', () => {
  it('prints a token that is held to the same rules', async () => {
    const { access_token: token, scope } = await json(['token', '--client', 'app', '--user', 'ada@example.org', '--scope', 'patient/Observation.rs', '--patient', 'A', '--minutes', '5']);
    expect(scope).toBe('patient/Observation.rs');
    expect((await fhir(clinic, 'Observation/obsA', String(token))).status).toBe(200);
    expect((await fhir(clinic, 'Observation/obsB', String(token))).status).toBe(404);
    expect((await fhir(clinic, 'Patient/A', String(token))).status).toBe(403);
    await backChannel(clinic, '/token/revocation', { token: String(token), client_id: 'app' });
    clinic.pass(1_000);
    expect((await fhir(clinic, 'Observation/obsA', String(token))).status).toBe(401);
  });

  it('lasts as long as said', async () => {
    const { access_token: token } = await json(['token', '--client', 'b1', '--scope', 'system/*.rs', '--minutes', '7']);
    expect((await fhir(clinic, 'Patient', String(token))).status).toBe(200);
    clinic.pass(6.9 * 60_000);
    expect((await fhir(clinic, 'Patient', String(token))).status).toBe(200);
    clinic.pass(0.2 * 60_000);
    expect((await fhir(clinic, 'Patient', String(token))).status).toBe(401);
  });

  it.each([
    [['--client', 'none', '--scope', 'patient/*.rs'], 'no client'], [['--client', 'app', '--scope', 'system/*.rs', '--user', 'ada@example.org'], 'not registered'],
    [['--client', 'app', '--scope', 'patient/*.rs', '--user', 'ada@example.org'], '--patient'], [['--client', 'app', '--scope', 'patient/*.rs', '--user', 'ada@example.org', '--patient', 'B'], 'does not act'],
    [['--client', 'app', '--scope', 'user/*.rs'], '--user'], [['--client', 'app', '--scope', 'user/*.rs', '--minutes', '61', '--user', 'x'], 'at most 60'],
  ])('refuses %j', async (words, text) => {
    const { code, said } = await type(['token', ...words]);
    expect(code).toBeGreaterThan(0);
    expect(said).toContain(text);
  });
});

describe('concierge keys', () => {
  it('rotates AUTH_KEY under a serving clinic, and retires the former', async () => {
    const answer = await launch(clinic, { scope: 'launch/patient offline_access patient/*.rs' });
    expect((await type(['keys', 'rotate'], 'too short')).said).toContain('32 characters');
    // Notes of the launch are written a moment later: one that is on its way is sealed with the former key.
    await clinic.server.recorder.settle();
    const rotated = await type(['keys', 'rotate'], 'a new key of the operator, long enough');
    expect([rotated.code, rotated.said]).toEqual([0, '']);
    expect(rotated.out).toContain('Start every process with it');
    expect((await fhir(clinic, 'Patient/A', tokenOf(answer))).status).toBe(200);
    expect(await json(['keys', 'list'])).toMatchObject({ left: 0, authKeys: [expect.any(String), expect.any(String)] });
    // This process still has the former key.
    expect((await type(['keys', 'retire'])).said).toContain('start every process with the new one first');
    clinic.server.vault.adopt('a new key of the operator, long enough');
    clinic.pass(61_000);
    expect((await type(['keys', 'retire'])).code).toBe(0);
    expect((await backChannel(clinic, '/token', { grant_type: 'refresh_token', refresh_token: String(answer.body['refresh_token']), client_id: 'app' })).status).toBe(200);
    expect(String((await json(['keys', 'rotate', '--make']))['authKey']).length).toBeGreaterThanOrEqual(32);
  });

  it('renews signing keys with an overlap, or at once', async () => {
    const kids = async (): Promise<string[]> => (await (await fetch(`${clinic.origin}/oauth/jwks`)).json() as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
    const before = await kids();
    expect((await type(['keys', 'renew'])).code).toBe(0);
    clinic.pass(61_000);
    expect(await kids()).toEqual(expect.arrayContaining(before));
    expect((await kids()).length).toBe(before.length + 2);
    await type(['keys', 'renew', '--at-once']);
    clinic.pass(61_000);
    const after = await kids();
    expect(after).toHaveLength(2);
    expect(after.filter((kid) => before.includes(kid))).toEqual([]);
    expect((await type(['keys', 'forget'])).said).toContain('keys list');
  });
});
