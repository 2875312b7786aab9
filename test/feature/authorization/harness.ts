/** The authorization server over real sockets, and a browser of sorts: cookies, redirects, forms. */
import { createHash, randomBytes } from 'node:crypto';
import { makeMailbox } from '../../../src/authorization/mail/mail.js';
import { makeAuthorization } from '../../../src/authorization/part.js';
import type { AuthorizationOptions } from '../../../src/authorization/option.js';
import { authorizationDefaults } from '../../../src/authorization/option.js';
import type { Server, ServerParts } from '../../../src/authorization/server.js';
import type { Role } from '../../../src/authorization/account/role.js';
import { systemClock, type Clock } from '../../../src/core/clock.js';
import type { Observation } from '../../../src/core/observe.js';
import { perform } from '../../../src/interaction/perform.js';
import type { Service } from '../../../src/interaction/service.js';
import { httpDefaults } from '../../../src/rest/options.js';
import { makeHttpServer } from '../../../src/rest/server.js';
import type { GrantStore } from '../../../src/store/grant.js';
import type { Store } from '../../../src/store/store.js';
import { engines } from '../../fixture/engines.js';
import { openGrants } from '../../fixture/grants.js';
import { makeMemoryStore } from '../../fixture/memory-store.js';
import { call, makeService } from '../../fixture/service.js';

export interface Clinic {
  readonly origin: string;
  readonly base: string;
  readonly server: Server;
  readonly service: Service;
  readonly grants: GrantStore;
  readonly observed: Observation[];
  /** Moves the server's clock forward, in milliseconds. */
  readonly pass: (ms: number) => void;
  /** Stops it as if it had never been asked to close its records. */
  readonly leave: () => Promise<unknown>;
  readonly stop: () => Promise<unknown>;
}

export const password = 'correct horse battery';
export const redirectUri = 'http://127.0.0.1:7777/after';

/** Engine that clinics are opened on: `npm run test:mongo` sets it. */
export const engineName = process.env['CLINIC_ENGINE'] ?? 'sqlite';

const openStore = (clock: Clock): Promise<Store> => {
  const engine = engines.find(({ name }) => name === engineName);
  if (engine === undefined) throw new Error(`CLINIC_ENGINE=${engineName}: there is no such engine here`);
  return engine.name === 'memory' ? Promise.resolve(makeMemoryStore(clock)) : engine.open();
};

/** Starts a clinic with two patients, a practitioner and a public app, on a free port. */
export const openClinic = async (options: Partial<AuthorizationOptions> = {}, grants?: GrantStore, elsewhere?: ServerParts['elsewhere']): Promise<Clinic> => {
  let shift = 0;
  const clock: Clock = { now: () => systemClock.now() + shift, monotonic: () => systemClock.monotonic() + shift };
  const observed: Observation[] = [];
  let base = '';
  const store = await openStore(clock);
  const service: Service = { ...makeService(store), clock, observe: (one) => { observed.push(one); } };
  Object.defineProperty(service.options, 'baseUrl', { get: () => base });
  const kept = grants ?? await openGrants(engineName, clock);
  const { server, mounts } = await makeAuthorization({
    grants: kept, authKey: 'k'.repeat(40), service, perform, mail: makeMailbox(clock), elsewhere,
    options: () => ({ ...authorizationDefaults, passwordCost: 10, origin: base.slice(0, -'/fhir'.length), fhirBase: base, ...options }),
  });
  const http = makeHttpServer({
    service, perform: server.firstCalls.recorded(perform), onRefusal: server.firstCalls.refused, options: { ...httpDefaults, checkEvery: 50, stopSeconds: 2 }, observe: (one) => { observed.push(one); }, mounts, viewerOf: server.viewerOf, isAppOrigin: server.isAppOrigin, learnOrigin: server.learnOrigin,
    metrics: async () => ({ contentType: 'text/plain', text: '' }), readiness: async () => ({ ready: true }),
  });
  const { port } = await http.listen(0, '127.0.0.1');
  const origin = `http://127.0.0.1:${String(port)}`;
  base = `${origin}/fhir`;
  await seed(service);
  await seedAccounts(server);
  return { origin, base, server, service, grants: kept, observed, pass: (ms) => { shift += ms; }, leave: async () => { await http.close(); await store.close(); }, stop: async () => { await http.close(); await server.close(); await store.close(); } };
};

const seed = async (service: Service): Promise<void> => {
  const put = (resource: { resourceType: string; id: string }) => call(service, { method: 'PUT', url: `${resource.resourceType}/${resource.id}`, body: resource });
  const ofP = { generalPractitioner: [{ reference: 'Practitioner/P' }] };
  await put({ resourceType: 'Patient', id: 'A', ...ofP, name: [{ given: ['Ada'], family: 'Lin' }], birthDate: '1980-02-03', telecom: [{ system: 'email', value: 'ada@example.org' }], identifier: [{ system: 'urn:mrn', value: 'MRN-A' }] } as never);
  await put({ resourceType: 'Patient', id: 'B', ...ofP, name: [{ given: ['Ben'], family: 'Wu' }] } as never);
  await put({ resourceType: 'Patient', id: 'C', ...ofP, name: [{ given: ['Cleo'], family: 'Lin' }] } as never);
  await put({ resourceType: 'Practitioner', id: 'P', name: [{ text: 'Dr. P' }] } as never);
  await put({ resourceType: 'RelatedPerson', id: 'R', patient: { reference: 'Patient/C' } } as never);
  for (const [id, patient] of [['obsA', 'A'], ['obsB', 'B'], ['obsC', 'C']]) await put({ resourceType: 'Observation', id, status: 'final', code: { text: 'x' }, subject: { reference: `Patient/${String(patient)}` } } as never);
  await put({ resourceType: 'Condition', id: 'conA', subject: { reference: 'Patient/A' } } as never);
  await put({ resourceType: 'Encounter', id: 'encA', status: 'finished', class: { code: 'AMB' }, subject: { reference: 'Patient/A' }, period: { start: '2026-01-02' } } as never);
};

const seedAccounts = async ({ accounts, passwords, clients }: Server): Promise<void> => {
  // A clinic opened again on the records of another one has them.
  if ((await clients.get('app')) !== undefined) return;
  const hash = await passwords.hash(password);
  const add = (email: string, role: Role, fhirUser: string, represents: readonly string[] = []) => accounts.add({ email, name: email.split('@')[0] ?? '', role, fhirUser, password: hash, represents });
  await add('ada@example.org', 'patient', 'Patient/A');
  await add('parent@example.org', 'patient', 'Patient/B', ['RelatedPerson/R']);
  await add('dr@example.org', 'practitioner', 'Practitioner/P');
  await add('admin@example.org', 'admin', 'Practitioner/P');
  const scope = 'openid fhirUser profile launch launch/patient launch/encounter offline_access online_access patient/*.cruds user/*.cruds';
  await clients.add({ id: 'app', type: 'public', name: 'Growth Chart', redirectUris: [redirectUri], scope, launchUrl: 'http://127.0.0.1:7777/launch' }, 'operator');
  await clients.add({ id: 'other', type: 'public', redirectUris: ['http://127.0.0.1:7778/'], scope }, 'operator');
};

/** One answer as a browser sees it. */
export interface Seen {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly url: string;
  readonly location: string | undefined;
}

/** A browser: one cookie jar, no redirect followed but those asked for. */
export class Browser {
  readonly cookies = new Map<string, { readonly value: string; readonly path: string }>();
  constructor(readonly origin: string, readonly headers: Readonly<Record<string, string>> = {}) {}

  async send(method: string, path: string, form?: Readonly<Record<string, string | readonly string[]>>, headers: Readonly<Record<string, string>> = {}): Promise<Seen> {
    const url = new URL(path, this.origin);
    const cookie = [...this.cookies].filter(([, { path: below }]) => url.pathname === below || url.pathname.startsWith(below.endsWith('/') ? below : `${below}/`)).map(([name, { value }]) => `${name}=${value}`).join('; ');
    const body = form === undefined ? undefined : new URLSearchParams(Object.entries(form).flatMap(([name, value]): [string, string][] => (typeof value === 'string' ? [[name, value]] : value.map((each): [string, string] => [name, each]))));
    const answer = await fetch(url, { method, redirect: 'manual', headers: { accept: 'text/html', ...(cookie === '' ? {} : { cookie }), ...this.headers, ...headers }, ...(body === undefined ? {} : { body }) });
    for (const line of answer.headers.getSetCookie()) this.keep(line);
    return { status: answer.status, headers: answer.headers, text: await answer.text(), url: url.href, location: answer.headers.get('location') ?? undefined };
  }

  private keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    const path = /;\s*path=([^;]+)/i.exec(line)?.[1] ?? '/';
    if (/expires=Thu, 01 Jan 1970/i.test(line) || value === '') this.cookies.delete(name);
    else this.cookies.set(name, { value, path });
  }

  get(path: string): Promise<Seen> { return this.send('GET', path); }

  /** Follows redirects on this origin; the last answer may lead away. */
  async follow(seen: Seen): Promise<Seen> {
    let last = seen;
    for (let step = 0; last.location !== undefined && step < 10; step += 1) {
      const next = new URL(last.location, last.url);
      if (next.origin !== this.origin) return last;
      last = await this.get(next.href);
    }
    return last;
  }

  /** Fills in and posts a form of the page; `action` picks it by the end of its address. */
  async submit(page: Seen, action: string, fields: Readonly<Record<string, string | readonly string[]>> = {}): Promise<Seen> {
    const guard = /name="guard" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const at = new RegExp(`action="([^"]*/${action})"`).exec(page.text)?.[1];
    if (at === undefined) throw new Error(`the page has no form ${action}: ${page.status} ${page.text.slice(0, 2000)}`);
    return this.follow(await this.send('POST', at, { guard, ...fields }));
  }
}

export interface LaunchWish {
  readonly scope: string;
  readonly client?: string;
  readonly redirect?: string;
  readonly email?: string;
  /** Parameters to set or, with undefined, to leave out. */
  readonly params?: Readonly<Record<string, string | undefined>>;
  /** Scopes left ticked; all by default. */
  readonly tick?: (scopes: readonly string[]) => readonly string[];
  readonly patient?: string;
  readonly verifier?: string;
}

export const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url');
export const newVerifier = (): string => randomBytes(32).toString('base64url');

/** Returns the address of an authorization request. */
export const authorizeUrl = (clinic: Clinic, { scope, client = 'app', redirect = redirectUri, params = {}, verifier = '' }: LaunchWish): string => {
  const all = { response_type: 'code', client_id: client, redirect_uri: redirect, scope, state: 'state-1234567890', aud: clinic.base, code_challenge: challengeOf(verifier), code_challenge_method: 'S256', ...params };
  const query = new URLSearchParams(Object.entries(all).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]])));
  return `/oauth/auth?${query.toString()}`;
};

/** Signs in and consents; returns the last answer, which leads to the app. */
export const authorize = async (clinic: Clinic, wish: LaunchWish, browser = new Browser(clinic.origin)): Promise<Seen> => {
  let page = await browser.follow(await browser.get(authorizeUrl(clinic, wish)));
  if (page.text.includes('name="password"')) page = await browser.submit(page, 'sign-in', { email: wish.email ?? 'ada@example.org', password });
  if (page.text.includes('name="patient"')) page = await browser.submit(page, 'patient', { patient: wish.patient ?? 'A' });
  if (page.text.includes('name="encounter"')) page = await browser.submit(page, 'encounter', { encounter: 'encA' });
  if (!page.text.includes('name="scope"')) return page;
  const scopes = [...page.text.matchAll(/name="scope" value="([^"]+)"/g)].map(([, value = '']) => value.replaceAll('&amp;', '&'));
  return browser.submit(page, 'consent', { scope: wish.tick?.(scopes) ?? scopes });
};

/** Returns the parameters that the app got back. */
export const answered = (seen: Seen): URLSearchParams => new URL(seen.location ?? 'http://none/').searchParams;

export interface TokenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Posts a form to a back channel endpoint. */
export const backChannel = async (clinic: Clinic, path: string, form: Readonly<Record<string, string | undefined>>, headers: Readonly<Record<string, string>> = {}): Promise<TokenAnswer> => {
  const body = new URLSearchParams(Object.entries(form).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]])));
  const answer = await fetch(`${clinic.origin}/oauth${path}`, { method: 'POST', body, headers: { accept: 'application/json', ...headers } });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
};

/** Exchanges a code. */
export const exchange = (clinic: Clinic, code: string, verifier: string, more: Readonly<Record<string, string | undefined>> = {}): Promise<TokenAnswer> =>
  backChannel(clinic, '/token', { grant_type: 'authorization_code', code, redirect_uri: redirectUri, client_id: 'app', code_verifier: verifier, ...more });

/** The whole launch of the public app: the token answer. */
export const launch = async (clinic: Clinic, wish: Omit<LaunchWish, 'verifier'>, browser?: Browser): Promise<TokenAnswer> => {
  const verifier = newVerifier();
  const seen = await authorize(clinic, { ...wish, verifier }, browser);
  const code = answered(seen).get('code');
  if (code === null) throw new Error(`no code came: ${String(seen.status)} ${seen.location ?? ''} ${seen.text.slice(0, 1500)}`);
  return exchange(clinic, code, verifier);
};

export const tokenOf = ({ body }: TokenAnswer): string => String(body['access_token']);

/** Asks the FHIR side. */
export const fhir = (clinic: Clinic, path: string, token?: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${clinic.base}/${path}`, { ...init, headers: { accept: 'application/fhir+json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...(init.headers as Record<string, string> | undefined) } });
