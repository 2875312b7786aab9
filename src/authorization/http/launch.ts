/**
 * Opening an app from inside (https://hl7.org/fhir/smart-app-launch/app-launch.html#launch-app-ehr-launch): an EHR asks for a
 * handle with a token of its user, or someone who works here opens an app on a patient from a page of ours.
 */
import { json, type Request, type Response, type Router } from 'express';
import { FhirError, toFhirError } from '../../core/error.js';
import { isId } from '../../core/id.js';
import type { ClientMetadata } from '../client/client.js';
import type { KnownAccount } from '../account/account.js';
import { roles } from '../account/role.js';
import { launchSeconds } from '../launch/handle.js';
import { launchBody } from '../page/launch.js';
import type { Server } from '../server.js';
import { ownPage, sendOwn } from './account.js';
import { appName } from './interaction.js';
import { setHeaders, type PageExchange } from './page-exchange.js';
import { guarded, readForm } from './handler.js';
import type { SignedIn } from './session.js';

/** Adds the endpoint and the page. */
export const addLaunch = (router: Router, server: Server): void => {
  router.post('/launch', json({ limit: '16kb', type: ['application/json'] }), (req, res) => openByToken(server, req, res));
  router.get('/account/launch', ownPage(server, (page, own) => showLaunch(server, page, own, '')));
  router.post('/account/launch-find', readForm, guarded(server), ownPage(server, (page, own) => showLaunch(server, page, own, (page.form['name'] ?? '').slice(0, 100))));
  router.post('/account/launch', readForm, guarded(server), ownPage(server, (page, own) => openByPage(server, page, own)));
};

const launchable = async (server: Server): Promise<readonly (ClientMetadata & { readonly smart_launch_uri: string })[]> =>
  (await server.clients.all()).filter((client): client is ClientMetadata & { readonly smart_launch_uri: string } => client.smart_launch_uri !== undefined);

/** Address at which the app is opened. */
const launchUrl = (server: Server, uri: string, handle: string): string => {
  const url = new URL(uri);
  url.searchParams.set('iss', server.options().fhirBase);
  url.searchParams.set('launch', handle);
  return url.href;
};

interface LaunchWish {
  readonly client_id?: unknown;
  readonly patient?: unknown;
  readonly encounter?: unknown;
  readonly intent?: unknown;
  readonly need_patient_banner?: unknown;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Answers 201 with the handle; the app must be signed in to by the user of the token. */
const openByToken = async (server: Server, req: Request, res: Response): Promise<void> => {
  setHeaders(res);
  try {
    const viewer = await server.viewerOf(req);
    if (viewer.kind !== 'token') throw new FhirError('unauthorized', 'Send the access token of the user for whom the app is opened.');
    const account = viewer.grant.user === undefined ? undefined : await server.accountOf(viewer.grant.user);
    if (account === undefined || !roles[account.role].launches) throw new FhirError('forbidden', 'Apps are opened for someone who works here.');
    const wish = (req.body ?? {}) as LaunchWish;
    const client = await server.clients.get(text(wish.client_id) ?? '');
    if (client === undefined) throw new FhirError('business-rule', 'client_id must be that of a registered app.');
    const context = await checkContext(server, account, wish);
    const handle = await server.launches.open({ ...context, client: client.client_id, user: account.id });
    res.status(201).json({ launch: handle, expires_in: launchSeconds, ...(client.smart_launch_uri === undefined ? {} : { launch_url: launchUrl(server, client.smart_launch_uri, handle) }) });
  } catch (thrown) {
    const error = toFhirError(thrown);
    if (error.code === 'internal') throw thrown;
    if (error.status === 401) res.set('WWW-Authenticate', 'Bearer');
    res.status(error.status).json({ error: error.code, error_description: error.message });
  }
};

/** What is opened must be there, and belong together. */
const checkContext = async (server: Server, account: KnownAccount, wish: LaunchWish) => {
  const [patient, encounter, intent] = [text(wish.patient), text(wish.encounter), text(wish.intent)];
  if (patient !== undefined && (!isId(patient) || (await server.data.patient(patient, account)) === undefined)) throw new FhirError('business-rule', 'There is no such patient.');
  if (encounter !== undefined && (patient === undefined || !isId(encounter) || !(await server.data.isEncounterOf(encounter, patient)))) throw new FhirError('business-rule', 'The encounter must be one of the patient.');
  return { patient, encounter, intent: intent?.slice(0, 200), ...(typeof wish.need_patient_banner === 'boolean' ? { needPatientBanner: wish.need_patient_banner } : {}) };
};

const showLaunch = async (server: Server, page: PageExchange, own: SignedIn, name: string): Promise<void> => {
  if (!roles[own.account.role].launches) return sendOwn(page, own, { heading: page.text.errorTitle, body: page.guard }, { status: 403 });
  const [patients, apps] = await Promise.all([server.data.findPatients(name, own.account), launchable(server)]);
  const body = launchBody({ text: page.text, guard: page.guard, patients, searched: name, apps: apps.map((app) => ({ id: app.client_id, name: appName(app) })) });
  sendOwn(page, own, { heading: page.text.launchTitle, body }, { leadsTo: apps.map(({ smart_launch_uri }) => new URL(smart_launch_uri).origin).join(' ') });
};

const openByPage = async (server: Server, page: PageExchange, own: SignedIn): Promise<void> => {
  const { patient = '', app = '' } = page.form;
  const client = (await launchable(server)).find(({ client_id }) => client_id === app);
  if (!roles[own.account.role].launches || client === undefined || !isId(patient) || (await server.data.patient(patient, own.account)) === undefined) return sendOwn(page, own, { heading: page.text.errorTitle, body: page.guard }, { status: 403 });
  const handle = await server.launches.open({ patient, needPatientBanner: true, client: client.client_id, user: own.account.id });
  page.goTo(launchUrl(server, client.smart_launch_uri, handle));
};
