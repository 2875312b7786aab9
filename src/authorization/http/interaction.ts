/**
 * The steps between an app's request and the answer to it (https://hl7.org/fhir/smart-app-launch/app-launch.html): sign in,
 * take the launch, choose the record, consent. What was chosen is kept beside the request, never in the page.
 */
import type Provider from 'oidc-provider';
import type { LaunchContext } from '../grant/context.js';
import type { Progress } from '../launch/progress.js';
import type { AskedScopes } from '../client/scope.js';
import { ScopeFault, sortScopes } from '../client/scope.js';
import type { KnownAccount } from '../account/account.js';
import type { ClientMetadata } from '../client/client.js';
import { roles } from '../account/role.js';
import { consentBody, encounterPickerBody, patientPickerBody } from '../page/consent.js';
import { mountPath } from '../option.js';
import type { LaunchLink } from '../recorder.js';
import type { Server } from '../server.js';
import { formTarget, type PageExchange } from './page-exchange.js';

export type Details = Awaited<ReturnType<Provider['interactionDetails']>>;

const begin: Progress = { context: {}, launched: false, offered: [], encounters: [], askedEncounter: false };

/** Returns a parameter of the authorization request; empty when it has none. */
export const paramOf = ({ params }: Details, name: string): string => {
  const value = params[name];
  return typeof value === 'string' ? value : '';
};

/** One authorization request with everything that is known about it. */
export interface Flow {
  readonly server: Server;
  readonly page: PageExchange;
  readonly details: Details;
  readonly client: ClientMetadata;
  readonly at: string;
}

export const appName = ({ client_name, client_id }: ClientMetadata): string => client_name ?? client_id;
export const progressOf = async ({ server, details }: Flow): Promise<Progress> => (await server.progress.get(details.uid)) ?? begin;
export const keepProgress = ({ server, details }: Flow, progress: Progress): Promise<void> => server.progress.put(details.uid, progress);
export const leadsTo = ({ details }: Flow): string => formTarget(paramOf(details, 'redirect_uri'));

/** What the flight recorder knows this authorization by. */
export const stateOf = ({ details }: Flow): LaunchLink => ({ state: paramOf(details, 'state') });

/** Returns the flow of this request; undefined when there is none for this browser any more. */
export const openFlow = async (server: Server, page: PageExchange): Promise<Flow | undefined> => {
  const { req, res } = page;
  const provider = await server.provider();
  const uid = String(req.params['uid']);
  let details: Details;
  try {
    details = await provider.interactionDetails(req, res);
  } catch {
    return undefined;
  }
  const client = await server.clients.get(paramOf(details, 'client_id'));
  return details.uid !== uid || client === undefined ? undefined : { server, page, details, client, at: `${mountPath}/interaction/${uid}` };
};

/** Sends the person back to the app with an error. */
export const refuse = async (flow: Flow, error: string, description: string): Promise<void> => {
  const { server, page, details, client } = flow;
  server.recorder.note(client.client_id, { step: 'consent', ok: false, what: `${error}: ${description}`, mend: server.mendOf(description) }, stateOf(flow));
  const provider = await server.provider();
  await server.progress.remove(details.uid);
  await provider.interactionFinished(page.req, page.res, { error, error_description: description }, { mergeWithLastSubmission: false });
};

/** Goes on as far as is possible without the person, and shows the page that needs them. */
export const goOn = async (flow: Flow): Promise<void> => {
  const { server, details } = flow;
  const account = details.session?.accountId === undefined ? undefined : await server.accountOf(details.session.accountId);
  if (account === undefined) return refuse(flow, 'access_denied', 'the account cannot be used');
  const asked = askedOf(flow, account);
  if (asked instanceof ScopeFault) return refuse(flow, 'invalid_scope', asked.message);
  const fault = await takeLaunch(flow, account, asked);
  if (fault !== undefined) return refuse(flow, 'invalid_request', fault);
  if (await showPatientPicker(flow, account, asked)) return;
  if (await showEncounterPicker(flow, asked)) return;
  const { context } = await progressOf(flow);
  if (needsPatient(asked, context) && context.patient === undefined) return refuse(flow, 'access_denied', 'there is no patient record that this person could choose');
  await showConsent(flow, asked);
};

/** What the app asks for that it may have, and that this person may give. */
export const askedOf = ({ server, details, client }: Flow, account: KnownAccount): AskedScopes | ScopeFault => {
  try {
    const { registry, baseUrl } = server.scopeRules();
    const asked = sortScopes(paramOf(details, 'scope'), { client, registry, baseUrl });
    const { contexts } = roles[account.role];
    return { ...asked, clinical: asked.clinical.filter(({ context }) => (contexts as readonly string[]).includes(context)) };
  } catch (error) {
    if (error instanceof ScopeFault) return error;
    throw error;
  }
};

const needsPatient = ({ launch, clinical }: AskedScopes, context: LaunchContext): boolean =>
  context.patient === undefined && (launch.includes('launch/patient') || clinical.some((scope) => scope.context === 'patient'));

/** Takes the launch handle once; returns why it cannot be. */
const takeLaunch = async (flow: Flow, account: KnownAccount, { launch }: AskedScopes): Promise<string | undefined> => {
  const progress = await progressOf(flow);
  const { server, details, client } = flow;
  const handle = paramOf(details, 'launch');
  if (progress.launched || handle === '' || !launch.includes('launch')) return undefined;
  const context = await server.launches.redeem(handle, { client: client.client_id, user: account.id });
  if (context === undefined) return 'the launch parameter is not good: unknown, used, older than a minute, or of another user or app';
  server.recorder.note(client.client_id, { step: 'launch', ok: true, what: 'the launch was taken' }, stateOf(flow));
  const { patient, encounter, intent, needPatientBanner } = context;
  await keepProgress(flow, { ...progress, launched: true, context: { patient, encounter, intent, needPatientBanner } });
  return undefined;
};

/** Returns whether the person must choose; one record alone is chosen without asking. */
const showPatientPicker = async (flow: Flow, account: KnownAccount, asked: AskedScopes): Promise<boolean> => {
  const progress = await progressOf(flow);
  if (!needsPatient(asked, progress.context)) return false;
  const { server } = flow;
  if (roles[account.role].choosesPatients) {
    await offerPatients(flow, account, '');
    return true;
  }
  const patients = await server.patientsOf(account);
  const [only, another] = patients;
  if (only === undefined) return false;
  if (another === undefined) {
    await keepProgress(flow, { ...progress, context: { ...progress.context, patient: only } });
    return false;
  }
  await keepProgress(flow, { ...progress, offered: patients });
  const choices = (await Promise.all(patients.map((id) => server.data.patient(id)))).filter((choice) => choice !== undefined);
  const { page, at } = flow;
  const own = account.fhirUser.startsWith('Patient/') ? account.fhirUser.slice('Patient/'.length) : undefined;
  page.send({ heading: page.text.choosePatient, body: patientPickerBody({ text: page.text, guard: page.guard, at, patients: choices, own }) }, { leadsTo: leadsTo(flow) });
  return true;
};

/** Shows the patients of a name to someone who may choose among all they reach. */
export const offerPatients = async (flow: Flow, account: KnownAccount, name: string): Promise<void> => {
  const { server, page, at } = flow;
  const patients = await server.data.findPatients(name, account);
  await keepProgress(flow, { ...(await progressOf(flow)), offered: patients.map(({ id }) => id) });
  page.send({ heading: page.text.choosePatient, body: patientPickerBody({ text: page.text, guard: page.guard, at, patients, searched: name }) }, { leadsTo: leadsTo(flow) });
};

const showEncounterPicker = async (flow: Flow, { launch }: AskedScopes): Promise<boolean> => {
  const progress = await progressOf(flow);
  const { patient, encounter } = progress.context;
  if (!launch.includes('launch/encounter') || encounter !== undefined || patient === undefined || progress.askedEncounter) return false;
  const encounters = await flow.server.data.encounters(patient);
  await keepProgress(flow, { ...progress, askedEncounter: true, encounters: encounters.map(({ id }) => id) });
  if (encounters.length === 0) return false;
  const { page, at } = flow;
  page.send({ heading: page.text.scopeLaunch, body: encounterPickerBody({ text: page.text, guard: page.guard, at, encounters }) }, { leadsTo: leadsTo(flow) });
  return true;
};

const showConsent = async (flow: Flow, asked: AskedScopes): Promise<void> => {
  const { server, page, details, client, at } = flow;
  const { context } = await progressOf(flow);
  const patient = context.patient === undefined ? undefined : await server.data.patient(context.patient);
  const { launch, clinical } = asked;
  const host = formTarget(paramOf(details, 'redirect_uri')).replace(/^https?:\/\//, '');
  const body = consentBody({ text: page.text, guard: page.guard, language: page.language, at, app: appName(client), host, launch, clinical, patient });
  page.send({ heading: page.text.consentTitle, body }, { leadsTo: leadsTo(flow) });
};
