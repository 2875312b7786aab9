/** The person's decision becomes a grant: what was shown, what was ticked, what the app may have - all three (SMART 2.2, scopes). */
import type { AskedScopes } from '../client/scope.js';
import { ScopeFault } from '../client/scope.js';
import { askedOf, paramOf, progressOf, refuse, stateOf, type Flow } from './interaction.js';

/** Finishes the authorization with the scopes that were ticked. */
export const decide = async (flow: Flow, ticked: readonly string[]): Promise<void> => {
  const { server, page, details, client } = flow;
  const account = details.session?.accountId === undefined ? undefined : await server.accountOf(details.session.accountId);
  const asked = account === undefined ? undefined : askedOf(flow, account);
  if (account === undefined || asked === undefined || asked instanceof ScopeFault) return refuse(flow, 'access_denied', 'the account cannot be used');
  const chosen = chosenOf(asked, ticked);
  if (chosen.launch.length + chosen.clinical.length === 0) return refuse(flow, 'access_denied', 'nothing was allowed');
  const { context } = await progressOf(flow);
  if (chosen.clinical.some((scope) => scope.context === 'patient') && context.patient === undefined) return refuse(flow, 'access_denied', 'no patient was chosen');
  const grantId = await makeGrant(flow, account.id, chosen);
  const seesUser = chosen.launch.includes('fhirUser') && chosen.launch.includes('openid');
  await server.contexts.put(grantId, { ...context, grantId, ...(seesUser ? { fhirUser: account.fhirUser } : {}) });
  await server.progress.remove(details.uid);
  server.recorder.note(client.client_id, { step: 'consent', ok: true, what: `allowed ${[...chosen.launch, ...chosen.clinical.map(({ text }) => text)].join(' ')}` }, { ...stateOf(flow), grant: grantId });
  const provider = await server.provider();
  await provider.interactionFinished(page.req, page.res, { consent: { grantId } }, { mergeWithLastSubmission: true });
};

const chosenOf = ({ launch, clinical, dropped }: AskedScopes, ticked: readonly string[]): AskedScopes => ({
  launch: launch.filter((scope) => ticked.includes(scope)), clinical: clinical.filter(({ text }) => ticked.includes(text)), dropped,
});

/** Returns the id of the grant. What is not granted is rejected by name, or the provider would ask for it for ever. */
const makeGrant = async ({ server, details, client }: Flow, accountId: string, { launch, clinical }: AskedScopes): Promise<string> => {
  const provider = await server.provider();
  const { baseUrl } = server.scopeRules();
  const grant = new provider.Grant({ accountId, clientId: client.client_id });
  const granted = new Set([...launch, ...clinical.map(({ text }) => text)]);
  const rest = paramOf(details, 'scope').split(' ').filter((scope) => scope !== '' && !granted.has(scope));
  if (launch.length > 0) grant.addOIDCScope(launch.join(' '));
  if (clinical.length > 0) grant.addResourceScope(baseUrl, clinical.map(({ text }) => text).join(' '));
  if (rest.length > 0) {
    grant.rejectOIDCScope(rest.join(' '));
    grant.rejectResourceScope(baseUrl, rest.join(' '));
  }
  return grant.save();
};
