/** The log holds no health data: canaries are planted in every place a request has, and none is found in anything the server printed. */
import { connect } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call } from '../../support/http.js';
import { startServer, type RunningServer } from '../../support/server.js';

let server: RunningServer;
let printed = '';
let planted = 0;
/** Returns a new canary: a word that stands nowhere else. */
const canary = (): string => `canary${String((planted += 1)).padStart(4, '0')}q`;
const json = { 'Content-Type': 'application/fhir+json' };

const send = async (method: string, path: string, { headers = {}, body }: { headers?: Record<string, string>; body?: string } = {}): Promise<number> =>
  (await call({ method, url: `${server.base}${path}`, headers: { ...(body === undefined ? {} : json), ...headers }, body })).status;

const raw = async (text: string): Promise<void> => {
  const { hostname, port } = new URL(server.origin);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.resume().end(text);
  await once(socket, 'close');
};

beforeAll(async () => {
  server = await startServer({ env: { LOG_LEVEL: 'debug', MAX_BODY_BYTES: '64k', REFERENTIAL_INTEGRITY: 'enforce' } });
  server.process.stdout?.on('data', (part: Buffer) => { printed += part.toString('utf8'); });
  server.process.stderr?.on('data', (part: Buffer) => { printed += part.toString('utf8'); });
});
afterAll(async () => { await server.kill(); });

const patient = (id: string): string => JSON.stringify({
  resourceType: 'Patient', id, identifier: [{ system: `http://${canary()}.example.org`, value: canary() }], name: [{ family: canary(), given: [canary()] }],
  telecom: [{ system: 'email', value: `${canary()}@example.org` }], address: [{ line: [canary()], city: canary() }],
  text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${canary()}</div>` }, extension: [{ url: `http://${canary()}`, valueString: canary() }],
});

describe('the log at its most talkative level', () => {
  it('holds none of what clients sent', async () => {
    const statuses = [
      await send('PUT', '/Patient/a', { body: patient('a') }),
      await send('PUT', `/Patient/${canary()}`, { body: patient(`canary${String(planted).padStart(4, '0')}q`) }),
      await send('GET', `/Patient/${canary()}`),
      await send('GET', `/Patient/a/_history/${canary()}`),
      await send('GET', `/Patient?name=${canary()}&identifier=http://${canary()}|${canary()}&birthdate=${canary()}`),
      await send('GET', `/Patient?${canary()}=x`),
      await send('GET', `/Patient?name:${canary()}=x`),
      await send('GET', `/${canary()}`),
      await send('GET', `/Patient/a/$${canary()}`),
      await send('GET', `/Patient?_page=${canary()}`),
      await send('POST', '/Patient/_search', { headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: `family=${canary()}&${canary()}=1` }),
      await send('POST', '/Patient', { body: `{"resourceType":"Patient","${canary()}":1}` }),
      await send('POST', '/Patient', { body: `{"resourceType":"Patient","name":[{"family":"${canary()}"` }),
      await send('POST', '/Patient', { body: `{"resourceType":"${canary()}"}` }),
      await send('POST', '/Patient', { body: `{"resourceType":"Patient","birthDate":"${canary()}"}` }),
      await send('POST', '/Observation', { body: `{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/${canary()}"}}` }),
      await send('POST', '/Patient', { body: `{"resourceType":"Patient","name":[{"family":"${canary().repeat(10_000)}"}]}` }),
      await send('POST', '/Patient', { body: patient('x'), headers: { 'If-None-Exist': `identifier=${canary()}`, 'Idempotency-Key': canary() } }),
      await send('PUT', '/Patient/a', { body: patient('a'), headers: { 'If-Match': `W/"${canary()}"` } }),
      await send('PATCH', '/Patient/a', { body: `[{"op":"add","path":"/${canary()}","value":"${canary()}"}]`, headers: { 'Content-Type': 'application/json-patch+json' } }),
      await send('GET', '/Patient/a', { headers: { 'Authorization': `Bearer ${canary()}`, 'Cookie': canary(), 'User-Agent': canary(), 'X-Request-Id': canary(), 'Origin': `http://${canary()}`, 'Referer': canary() } }),
      await send('GET', '/Patient/a', { headers: { Accept: `application/${canary()}`, Prefer: `return=${canary()}` } }),
      await send('POST', '/Patient', { body: '{}', headers: { 'Content-Type': `text/${canary()}` } }),
      await send('POST', '', { body: `{"resourceType":"Bundle","type":"transaction","entry":[{"resource":${patient('b')},"request":{"method":"PUT","url":"Patient/b?identifier=${canary()}"}}]}` }),
      await send('POST', '', { body: `{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Patient/${canary()}?${canary()}=1"}}]}` }),
      await send('DELETE', `/Patient?identifier=${canary()}`),
      (await call({ method: 'GET', url: `${server.origin}/${canary()}?${canary()}` })).status,
    ];
    await raw(`GET /fhir/Patient/${canary()}%zz HTTP/1.1\r\nHost: ${canary()}\r\n\r\n`);
    await raw(`${canary()} nonsense\r\n\r\n`);
    await raw(`GET /fhir/Patient/a HTTP/1.1\r\nHost: x\r\n${canary()}\u0001: ${canary()}\r\n\r\n`);
    await raw(`POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nContent-Type: application/fhir+json\r\nContent-Length: 500\r\n\r\n{"resourceType":"${canary()}`);
    expect(planted).toBeGreaterThanOrEqual(40);
    // Both what was done and what was refused is logged.
    expect(statuses.filter((status) => status < 300).length).toBeGreaterThan(4);
    expect(statuses.filter((status) => status >= 400).length).toBeGreaterThan(14);
    expect(statuses.filter((status) => status >= 500)).toEqual([]);

    server.process.kill('SIGTERM');
    await server.ended;
    await sleep(50);
    expect(printed.split('\n').filter((line) => line.includes('"msg":"request"')).length).toBeGreaterThan(statuses.length);
    expect(printed).toContain('"msg":"commit"');
    expect(printed.match(/canary[^"]*/gi)).toBeNull();
  });
});
