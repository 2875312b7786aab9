/** The page "Who saw my record": what `$who-saw`, `$accounting-of-disclosures` and `$question-access` say, for a person without an app. */
import type { Router } from 'express';
import { parseScopes } from '../../access/scope.js';
import { tokenViewer } from '../../access/viewer.js';
import { toFhirError } from '../../core/error.js';
import type { FhirRequest, FhirResponse } from '../../interaction/request.js';
import { roles } from '../account/role.js';
import { accessesBody, type ShownAccess } from '../page/accesses.js';
import { html } from '../page/html.js';
import type { Server } from '../server.js';
import { ownPage, sendOwn } from './account.js';
import { guarded, readForm } from './handler.js';
import type { PageExchange } from './page-exchange.js';
import type { SignedIn } from './session.js';

interface Part {
  readonly name: string;
  readonly valueString?: string;
  readonly valueInstant?: string;
  readonly valueBoolean?: boolean;
  readonly valueReference?: { readonly reference?: string };
  readonly part?: readonly Part[];
}

/** Adds the pages. */
export const addAccesses = (router: Router, server: Server): void => {
  router.get('/account/accesses', ownPage(server, (page, own) => show(server, page, own)));
  router.get('/account/accesses.csv', ownPage(server, (page, own) => download(server, page, own)));
  router.post('/account/accesses/question', readForm, guarded(server), ownPage(server, (page, own) => question(server, page, own)));
};

/** Resolves with the record that is asked for, when it is one of the person's; else with the first of theirs. */
const patientOf = async (server: Server, { account }: SignedIn, wanted: unknown): Promise<{ readonly patient: string | undefined; readonly patients: readonly string[] }> => {
  const patients = roles[account.role].choosesPatients ? [] : await server.patientsOf(account);
  return { patients, patient: patients.find((id) => id === wanted) ?? patients[0] };
};

const none = (page: PageExchange, own: SignedIn): void => { sendOwn(page, own, { heading: page.text.accesses, body: html`<p>${page.text.noPatients}</p>` }, { status: 404 }); };

interface Asked {
  readonly patient: string;
  readonly patients: readonly string[];
  readonly request: Pick<FhirRequest, 'operation' | 'method' | 'params' | 'payload'>;
}

/** The person asks as themselves, for this one record, and leaves a record of it. */
const ask = ({ service, perform, addressOf }: Server, page: PageExchange, { account }: SignedIn, { patient, patients, request }: Asked): Promise<FhirResponse> => {
  const viewer = tokenViewer({ client: 'account pages', user: account.id, fhirUser: account.fhirUser, patient, patients, scopes: parseScopes('patient/Patient.r'), jti: 'account pages', expires: Number.MAX_SAFE_INTEGER });
  return perform(service, viewer, { interaction: 'operation', type: 'Patient', id: patient, conditions: {}, prefer: {}, requestId: service.ids.request(), address: addressOf(page.req), ...request });
};

const show = async (server: Server, page: PageExchange, own: SignedIn, notice?: string): Promise<void> => {
  const { patient, patients } = await patientOf(server, own, page.req.query['patient'] ?? page.form['patient']);
  if (patient === undefined) return none(page, own);
  const { body = '{}' } = await ask(server, page, own, { patient, patients, request: { operation: 'who-saw', method: 'GET', params: [['language', page.language]] } });
  const accesses = ((JSON.parse(body) as { parameter?: Part[] }).parameter ?? []).map(({ part = [] }) => shownOf(part));
  const named = await Promise.all(patients.map(async (id) => ({ id, name: (await server.data.patient(id))?.name ?? id })));
  sendOwn(page, own, { heading: page.text.accesses, notice, body: accessesBody({ text: page.text, guard: page.guard, patient, patients: named, accesses }) });
};

const shownOf = (parts: readonly Part[]): ShownAccess => {
  const of = (name: string): Part | undefined => parts.find((part) => part.name === name);
  return { event: of('event')?.valueReference?.reference ?? '', when: (of('when')?.valueInstant ?? '').slice(0, 16).replace('T', ' '), words: of('words')?.valueString ?? '', emergency: of('emergency')?.valueBoolean === true };
};

const download = async (server: Server, page: PageExchange, own: SignedIn): Promise<void> => {
  const { patient, patients } = await patientOf(server, own, page.req.query['patient']);
  if (patient === undefined) return none(page, own);
  const { body = '{}' } = await ask(server, page, own, { patient, patients, request: { operation: 'accounting-of-disclosures', method: 'GET', params: [['format', 'csv'], ['language', page.language]] } });
  const { data = '' } = JSON.parse(body) as { data?: string };
  page.res.set('Cache-Control', 'no-store').set('X-Content-Type-Options', 'nosniff').set('Content-Disposition', 'attachment; filename="accesses.csv"').type('text/csv; charset=utf-8').send(Buffer.from(data, 'base64'));
};

const question = async (server: Server, page: PageExchange, own: SignedIn): Promise<void> => {
  const { patient, patients } = await patientOf(server, own, page.form['patient']);
  if (patient === undefined || patient !== page.form['patient']) return none(page, own);
  const payload = { text: JSON.stringify({ resourceType: 'Parameters', parameter: [{ name: 'event', valueString: page.form['event'] ?? '' }] }), format: 'json' as const };
  try {
    await ask(server, page, own, { patient, patients, request: { operation: 'question-access', method: 'POST', params: [], payload } });
  } catch (error) {
    const { status } = toFhirError(error);
    if (status >= 500) throw error;
    return sendOwn(page, own, { heading: page.text.accesses, fault: page.text.accessesUnknown, body: html`` }, { status });
  }
  return show(server, page, own, page.text.accessesAsked);
};
