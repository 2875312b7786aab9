/** Messages that are not HTTP, or not quite: each is answered with an OperationOutcome and ends the connection. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { codeOf, dial, outcomeOf, parseAnswers, raw, run, until, type Running } from './harness.js';

let server: Running;
beforeAll(async () => { server = await run({ options: { maxHeaderBytes: 8192, headersSeconds: 1, requestSeconds: 2, maxBodyBytes: 10_000 } }); });
afterAll(async () => { await server.stop(); });

const host = 'Host: test\r\n';
const read = `GET /fhir/Patient/a HTTP/1.1\r\n${host}`;
const many = (count: number): string => Array.from({ length: count }, (_, index) => `X-H${String(index)}: v\r\n`).join('');

const refused: readonly (readonly [name: string, message: string, status: number, code: string])[] = [
  ['no HTTP at all', 'hello\r\n\r\n', 400, 'malformed-request'],
  ['TLS handshake', '\x16\x03\x01\x02\x00\x01\x00', 400, 'malformed-request'],
  ['unknown method', `FETCH /fhir/Patient/a HTTP/1.1\r\n${host}\r\n`, 400, 'malformed-request'],
  ['lower-case method', `get /fhir/Patient/a HTTP/1.1\r\n${host}\r\n`, 400, 'malformed-request'],
  ['no version', `GET /fhir/Patient/a\r\n${host}\r\n`, 400, 'malformed-request'],
  ['HTTP/3.0', `GET /fhir/Patient/a HTTP/3.0\r\n${host}\r\n`, 400, 'malformed-request'],
  ['space in the target', `GET /fhir/Patient/a b HTTP/1.1\r\n${host}\r\n`, 400, 'malformed-request'],
  ['NUL in the target', `GET /fhir/Patient/\0 HTTP/1.1\r\n${host}\r\n`, 400, 'malformed-request'],
  ['NUL in a header', `${read}X-A: a\0b\r\n\r\n`, 400, 'malformed-request'],
  ['header without colon', `${read}X-A\r\n\r\n`, 400, 'malformed-request'],
  ['space before the colon', `${read}X-A : b\r\n\r\n`, 400, 'malformed-request'],
  ['empty header name', `${read}: b\r\n\r\n`, 400, 'malformed-request'],
  ['bare CR in a header', `${read}X-A: a\rb\r\n\r\n`, 400, 'malformed-request'],
  ['Content-Length and Transfer-Encoding', `POST /fhir/Patient HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400, 'malformed-request'],
  ['two different Content-Lengths', `POST /fhir/Patient HTTP/1.1\r\n${host}Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}   `, 400, 'malformed-request'],
  ['two equal Content-Lengths', `POST /fhir/Patient HTTP/1.1\r\n${host}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`, 400, 'malformed-request'],
  ['negative Content-Length', `POST /fhir/Patient HTTP/1.1\r\n${host}Content-Length: -1\r\n\r\n`, 400, 'malformed-request'],
  ['Content-Length in words', `POST /fhir/Patient HTTP/1.1\r\n${host}Content-Length: two\r\n\r\n{}`, 400, 'malformed-request'],
  ['Content-Length beyond 64 bits', `POST /fhir/Patient HTTP/1.1\r\n${host}Content-Length: 99999999999999999999999\r\n\r\n{}`, 400, 'malformed-request'],
  ['chunked not last', `POST /fhir/Patient HTTP/1.1\r\n${host}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`, 400, 'malformed-request'],
  ['chunk size in words', `POST /fhir/Patient HTTP/1.1\r\n${host}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`, 400, 'malformed-request'],
  ['chunk shorter than it says', `POST /fhir/Patient HTTP/1.1\r\n${host}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n`, 400, 'malformed-request'],
  ['header beyond the limit', `${read}X-Big: ${'a'.repeat(10_000)}\r\n\r\n`, 431, 'header-too-large'],
  ['target beyond the limit', `GET /fhir/Patient?name=${'a'.repeat(10_000)} HTTP/1.1\r\n${host}\r\n`, 431, 'header-too-large'],
  ['head that never ends', `${read}X-A: b\r\n`, 408, 'request-timeout'],
  ['body that never comes', `POST /fhir/Patient HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{"a"`, 408, 'request-timeout'],
  ['chunks that stop', `POST /fhir/Patient HTTP/1.1\r\n${host}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n`, 408, 'request-timeout'],
];

describe('a message that cannot be read', () => {
  it.each(refused)('%s', async (_name, message, status, code) => {
    const answers = await raw(server.port, message);
    expect(answers).toHaveLength(1);
    const [answer] = answers;
    expect(answer?.status).toBe(status);
    expect(codeOf(answer?.body ?? '')).toBe(code);
    expect(answer?.headers['content-type']).toBe('application/fhir+json; charset=utf-8');
    expect(answer?.headers['connection']).toBe('close');
    expect(answer?.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer?.headers['x-content-type-options']).toBe('nosniff');
  });

  it('is refused after the answers to the messages before it', async () => {
    const answers = await raw(server.port, `${read}\r\n${read}\r\nnonsense\r\n\r\n`);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 400]);
  });

  it('is refused after an answer that takes long', async () => {
    const slow = await run({ perform: async () => { await new Promise((resolve) => setTimeout(resolve, 100)); return { status: 200, body: '{"resourceType":"Patient"}' }; } });
    const answers = await raw(slow.port, `${read}\r\nnonsense\r\n\r\n`);
    expect(answers.map(({ status }) => status)).toEqual([200, 400]);
    await slow.stop();
  });

  it('is logged without what it held', async () => {
    await raw(server.port, 'canary-line\r\n\r\n');
    await until(() => server.observed.some((one) => one.kind === 'request' && one.interaction === 'malformed'), 'the observation');
    expect(JSON.stringify(server.observed)).not.toContain('canary-line');
  });
});

describe('a message that is odd but whole', () => {
  const close = 'Connection: close\r\n\r\n';
  const cases: readonly (readonly [name: string, message: string, status: number])[] = [
    ['HTTP/1.0 without Host', 'GET /fhir/Patient/a HTTP/1.0\r\n\r\n', 200],
    ['HTTP/1.1 without Host', `GET /fhir/Patient/a HTTP/1.1\r\n${close}`, 400],
    ['absolute target', `GET http://elsewhere/fhir/Patient/a HTTP/1.1\r\n${host}${close}`, 200],
    ['empty lines before', `\r\n\r\n${read}${close}`, 200],
    ['OPTIONS *', `OPTIONS * HTTP/1.1\r\n${host}${close}`, 204],
    ['TRACE', `TRACE /fhir/Patient/a HTTP/1.1\r\n${host}${close}`, 405],
    ['CONNECT', `CONNECT test:443 HTTP/1.1\r\n${host}${close}`, 405],
    ['upgrade to a WebSocket', `${read}Upgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n`, 200],
    ['upgrade to HTTP/2', `${read}Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings, close\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`, 200],
    ['101 header fields', `${read}${many(101)}${close}`, 431],
    ['a header named __proto__', `${read}__proto__: x\r\nconstructor: y\r\n${close}`, 200],
    ['GET with a body', `${read}Content-Length: 2\r\n${close}{}`, 200],
    ['unknown expectation', `${read}Expect: 200-ok\r\n${close}`, 417],
    ['fragment in the target', `GET /fhir/Patient/a#b HTTP/1.1\r\n${host}${close}`, 200],
    ['obsolete control in a value is Latin-1', `${read}X-A: \xe9\r\n${close}`, 200],
    ['method override header', `${read}X-HTTP-Method-Override: DELETE\r\n${close}`, 200],
    ['chunked body', `POST /fhir/Patient HTTP/1.1\r\n${host}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n${close}2\r\n{}\r\n0\r\n\r\n`, 201],
    ['chunked body with trailers', `POST /fhir/Patient HTTP/1.1\r\n${host}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n${close}2\r\n{}\r\n0\r\nX-T: 1\r\n\r\n`, 201],
  ];
  it.each(cases)('%s', async (_name, message, status) => {
    const [answer, more] = await raw(server.port, message);
    expect(answer?.status).toBe(status);
    expect(more).toBeUndefined();
    if (status >= 400) outcomeOf(answer?.body ?? '');
  });

  it('header fields sent byte by byte make the same request', async () => {
    const line = await dial(server.port);
    for (const byte of `${read}${close}`) line.socket.write(byte);
    await line.closed;
    expect(parseAnswers(line.received())[0]?.status).toBe(200);
  });

  it('fifty pipelined requests are answered in their order', async () => {
    const requests = Array.from({ length: 50 }, (_, index) => `GET /fhir/Patient/${index % 3 === 0 ? 'missing' : 'a'} HTTP/1.1\r\n${host}\r\n`).join('');
    const answers = await raw(server.port, `${requests}${read}${close}`);
    expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 50 }, (_, index) => (index % 3 === 0 ? 404 : 200)), 200]);
  });
});

describe('slow and vanishing clients', () => {
  it('dripping header bytes does not keep a connection', async () => {
    const line = await dial(server.port);
    line.socket.write('GET /fhir/Patient/a HTTP/1.1\r\n');
    const drip = setInterval(() => line.socket.write('X-A: b\r\n'), 100);
    await line.closed;
    clearInterval(drip);
    expect(parseAnswers(line.received()).map(({ status }) => status)).toEqual([408]);
  });

  it('dripping body bytes does not keep a connection, and the request is logged once', async () => {
    server.observed.length = 0;
    const line = await dial(server.port);
    line.socket.write(`POST /fhir/Patient HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n`);
    const drip = setInterval(() => line.socket.write(' '), 100);
    await line.closed;
    clearInterval(drip);
    expect(parseAnswers(line.received()).map(({ status }) => status)).toEqual([408]);
    await until(() => server.observed.length > 0, 'the observation');
    expect(server.observed.map((one) => (one.kind === 'request' ? [one.interaction, one.status] : one.kind))).toEqual([['create', 408]]);
  });

  it('a client that leaves in the middle of its body stores nothing and is logged as 499', async () => {
    server.observed.length = 0;
    server.performed.length = 0;
    const line = await dial(server.port);
    line.socket.write(`PUT /fhir/Patient/a HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"resou`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    line.socket.resetAndDestroy();
    await until(() => server.observed.length > 0, 'the observation');
    expect(server.observed).toMatchObject([{ kind: 'request', interaction: 'update', status: 499 }]);
    expect(server.performed).toEqual([]);
  });

  it('a body shorter than it says, with the sending half closed, is answered 400', async () => {
    const line = await dial(server.port);
    line.socket.end(`PUT /fhir/Patient/a HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"resou`);
    await line.closed;
    expect(parseAnswers(line.received()).map(({ status }) => status)).toEqual([400]);
  });

  it('a body longer than it says makes a second message, which is refused', async () => {
    const answers = await raw(server.port, `POST /fhir/Patient HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}{"more":1}\r\n\r\n`);
    expect(answers.map(({ status }) => status)).toEqual([201, 400]);
  });

  it('a client that waits for 100 Continue gets it', async () => {
    const line = await dial(server.port);
    line.socket.write(`POST /fhir/Patient HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`);
    await until(() => line.received().includes('100 Continue'), '100 Continue');
    line.socket.write('{}');
    await line.closed;
    expect(parseAnswers(line.received()).map(({ status }) => status)).toEqual([100, 201]);
  });

  it.each([
    ['too large', 'Content-Type: application/json\r\nContent-Length: 20000\r\n', 413],
    ['of a wrong type', 'Content-Type: text/plain\r\nContent-Length: 20\r\n', 415],
  ])('a client that waits for 100 Continue with a body %s is refused before it sends it', async (_name, headers, status) => {
    const answers = await raw(server.port, `POST /fhir/Patient HTTP/1.1\r\n${host}${headers}Expect: 100-continue\r\n\r\n`);
    expect(answers.map((one) => one.status)).toEqual([status]);
    expect(answers[0]?.headers['connection']).toBe('close');
  });

  it('a client that reads nothing of its answer is cut off', async () => {
    const long = await run({ options: { responseSeconds: 1 }, perform: async () => ({ status: 200, body: `"${'x'.repeat(30_000_000)}"` }) });
    const line = await dial(long.port);
    line.socket.pause();
    line.socket.write(`${read}\r\n`);
    await until(() => long.observed.some((one) => one.kind === 'request'), 'the end of the exchange');
    expect(long.observed).toMatchObject([{ kind: 'request', interaction: 'read', status: 499 }]);
    line.socket.destroy();
    await long.stop();
  });

  it('a client that waits for an answer being made is not cut off', async () => {
    const slow = await run({ options: { responseSeconds: 1 }, perform: async () => { await new Promise((resolve) => setTimeout(resolve, 1_500)); return { status: 200, body: '{}' }; } });
    const answers = await raw(slow.port, `${read}${'Connection: close\r\n\r\n'}`);
    expect(answers.map(({ status }) => status)).toEqual([200]);
    await slow.stop();
  });

  it('the server still answers after all of it', async () => {
    expect((await raw(server.port, `${read}Connection: close\r\n\r\n`))[0]?.status).toBe(200);
  });
});
