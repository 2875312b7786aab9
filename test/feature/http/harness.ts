/** The HTTP side over real sockets, with a stand-in for what interactions do. */
import { connect, type Socket } from 'node:net';
import { systemClock } from '../../../src/core/clock.js';
import { FhirError } from '../../../src/core/error.js';
import { randomIds } from '../../../src/core/id.js';
import type { Observation } from '../../../src/core/observe.js';
import type { FhirRequest, FhirResponse } from '../../../src/interaction/request.js';
import type { Service } from '../../../src/interaction/service.js';
import { httpDefaults, type HttpOptions } from '../../../src/rest/options.js';
import { makeHttpServer, type HttpServer, type HttpServerParts } from '../../../src/rest/server.js';

export const updated = Date.UTC(2024, 1, 29, 12, 34, 56, 789);
export const patientText = '{"resourceType":"Patient","id":"a","meta":{"versionId":"3"},"extension":[{"url":"http://x","valueDecimal":1.10},{"url":"http://y","valueDecimal":1E-22}],"name":[{"family":"Weiß"}]}';
export const bigText = `{"resourceType":"Bundle","type":"searchset","total":1.0,"entry":[${Array.from({ length: 200 }, (_, index) => `{"fullUrl":"http://test/fhir/Patient/${String(index)}"}`).join(',')}]}`;

/** What the stand-in answers, by id or type. */
export const standIn = async (request: FhirRequest): Promise<FhirResponse> => {
  const version = { type: request.type ?? 'Patient', id: request.id ?? 'new', version: 3, updated };
  switch (request.id) {
    case 'missing': throw new FhirError('not-found', 'There is no Patient with this id.');
    case 'gone': throw new FhirError('deleted', 'This Patient was deleted.');
    case 'same': return { status: 304, version };
    case 'big': return { status: 200, version, body: bigText };
    case 'full': throw new FhirError('store-full', 'There is no space left.', { detail: 'disk at 100 %' });
    case 'busy': throw new FhirError('store-unavailable', 'The store is busy.', { retryAfter: 7 });
    case 'boom': throw new Error('SQL failed near canary-boom');
    case 'login': throw new FhirError('unauthorized', 'Sign in.');
    default: return defaultAnswer(request, version);
  }
};

const defaultAnswer = async (request: FhirRequest, version: NonNullable<FhirResponse['version']>): Promise<FhirResponse> => {
  const wish = request.prefer.return;
  switch (request.interaction) {
    case 'create':
      if (wish === 'minimal') return { status: 201, version, created: true };
      if (wish === 'OperationOutcome') return { status: 201, version, created: true, issues: [{ severity: 'information', code: 'informational', diagnostics: 'stored' }] };
      return { status: 201, version, created: true, body: request.payload?.text ?? '', ...(request.idempotencyKey === 'again' ? { replayed: true } : {}) };
    case 'delete': case 'conditional-delete': return { status: 204, version };
    case 'search-type': case 'search-system': case 'search-compartment': case 'batch-or-transaction': return { status: 200, body: '{"resourceType":"Bundle","type":"searchset"}' };
    case 'capabilities': return { status: 200, body: '{"resourceType":"CapabilityStatement"}' };
    default: return { status: 200, version, body: patientText };
  }
};

export interface Running {
  readonly origin: string;
  readonly port: number;
  readonly http: HttpServer;
  readonly observed: Observation[];
  /** Requests that reached the interactions. */
  readonly performed: FhirRequest[];
  readonly stop: () => Promise<{ readonly cut: number }>;
}

export interface RunOptions extends Partial<Omit<HttpServerParts, 'options' | 'perform'>> {
  readonly options?: Partial<HttpOptions>;
  readonly perform?: (request: FhirRequest) => Promise<FhirResponse>;
  readonly baseUrl?: string;
}

/** Starts a server on a free port of the loopback interface. */
export const run = async ({ options, perform = standIn, baseUrl = 'http://test/fhir', observe, ...parts }: RunOptions = {}): Promise<Running> => {
  const observed: Observation[] = [];
  const performed: FhirRequest[] = [];
  const service = { clock: systemClock, ids: randomIds, options: { baseUrl } } as unknown as Service;
  const http = makeHttpServer({
    service,
    perform: (_service, _viewer, request) => { performed.push(request); return perform(request); },
    options: { ...httpDefaults, checkEvery: 50, stopSeconds: 3, ...options },
    observe: (observation) => { observed.push(observation); observe?.(observation); },
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' }),
    readiness: async () => ({ ready: true }),
    ...parts,
  });
  const { port } = await http.listen(0, '127.0.0.1');
  return { origin: `http://127.0.0.1:${String(port)}`, port, http, observed, performed, stop: () => http.close() };
};

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Splits the bytes of one connection into the answers they hold; throws when the last one is cut short. */
export const parseAnswers = (text: string, bodiless: ReadonlySet<number> = new Set()): RawAnswer[] => {
  const answers: RawAnswer[] = [];
  let rest = Buffer.from(text, 'latin1');
  while (rest.length > 0) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`the head of answer ${String(answers.length)} is cut short: ${rest.toString('latin1').slice(0, 80)}`);
    const [first = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n');
    const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
    const status = Number(first.split(' ')[1]);
    const length = status === 100 || bodiless.has(answers.length) ? 0 : Number(headers['content-length'] ?? 0);
    if (rest.length < end + 4 + length) throw new Error(`the body of answer ${String(answers.length)} is cut short`);
    answers.push({ status, headers, body: rest.subarray(end + 4, end + 4 + length).toString('utf8') });
    rest = rest.subarray(end + 4 + length);
  }
  return answers;
};

export interface Line {
  readonly socket: Socket;
  /** Everything received so far, as latin1. */
  readonly received: () => string;
  readonly closed: Promise<void>;
}

/** Opens a raw connection. */
export const dial = (port: number): Promise<Line> =>
  new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({ port, host: '127.0.0.1' });
    const closed = new Promise<void>((done) => socket.once('close', () => done()));
    socket.on('data', (part: Buffer) => { text += part.toString('latin1'); });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      socket.on('error', () => undefined);
      resolve({ socket, received: () => text, closed });
    });
  });

/** Sends bytes as they are and returns what came until the server closed the connection. */
export const raw = async (port: number, bytes: string | Buffer): Promise<RawAnswer[]> => {
  const line = await dial(port);
  line.socket.write(bytes);
  const timer = setTimeout(() => line.socket.destroy(), 10_000);
  await line.closed;
  clearTimeout(timer);
  return parseAnswers(line.received());
};

/** Resolves when the condition holds; rejects after ten seconds. */
export const until = async (condition: () => boolean, what: string): Promise<void> => {
  const end = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

/** Returns the OperationOutcome in a text, checked to be one: at least one issue, each with severity, code and diagnostics. */
export const outcomeOf = (text: string): { issue: { severity: string; code: string; diagnostics: string; details?: { coding: { code: string }[] } }[] } => {
  const outcome = JSON.parse(text) as ReturnType<typeof outcomeOf> & { resourceType: string };
  if (outcome.resourceType !== 'OperationOutcome' || outcome.issue.length === 0) throw new Error(`not an OperationOutcome: ${text.slice(0, 200)}`);
  for (const { severity, code, diagnostics } of outcome.issue) {
    if (!/^(fatal|error|warning|information)$/.test(severity) || code === '' || diagnostics === '') throw new Error(`an issue without its parts: ${text.slice(0, 200)}`);
  }
  return outcome;
};

/** Returns the stable code of an error answer. */
export const codeOf = (text: string): string | undefined => outcomeOf(text).issue[0]?.details?.coding[0]?.code;
