/** The forms of one authorization, each a step: what it checks, what it keeps, where it goes on. */
import { secondName } from '../account/second-factor.js';
import type { KnownAccount } from '../account/account.js';
import { roles } from '../account/role.js';
import { auditedSecondFactor, auditedSignIn, recordStep } from './audited-sign-in.js';
import { secondFactorBody, signInBody } from '../page/sign-in.js';
import { decide } from './consent.js';
import { checkPasskey, sendPasskeyChallenge } from './passkey.js';
import { appName, goOn, keepProgress, leadsTo, offerPatients, progressOf, refuse, stateOf, type Flow } from './interaction.js';

type StepHandler = (flow: Flow) => Promise<void>;

/** Shows the page that the request waits for. */
export const show: StepHandler = async (flow) => {
  if (flow.details.prompt.name !== 'login') return goOn(flow);
  const { half } = await progressOf(flow);
  return half === undefined ? showSignIn(flow) : showSecond(flow, half);
};

const showSignIn = async (flow: Flow, { fault, email, status }: { fault?: string; email?: string; status?: number } = {}): Promise<void> => {
  const { page, at, client, server } = flow;
  page.send({ heading: page.text.signIn, fault, body: signInBody({ text: page.text, guard: page.guard, at, app: appName(client), email, mails: server.mail !== undefined, elsewhere: server.elsewhere?.name }) }, { leadsTo: [leadsTo(flow), ...(server.elsewhere === undefined ? [] : [server.elsewhere.origin])].join(' '), status });
};

const showSecond = async (flow: Flow, accountId: string, { fault, status }: { fault?: string; status?: number } = {}): Promise<void> => {
  const { page, at, server } = flow;
  const account = await server.accountOf(accountId);
  if (account === undefined) return showSignIn(flow);
  const body = secondFactorBody({ text: page.text, guard: page.guard, at, hasCode: account.totp !== undefined, hasPasskey: account.passkeys.length > 0 });
  page.send({ heading: page.text.secondFactor, fault, body }, { leadsTo: leadsTo(flow), status, script: account.passkeys.length > 0 });
};

const takePassword: StepHandler = async (flow) => {
  const { server, page, client } = flow;
  const { email = '', password = '' } = page.form;
  const result = await auditedSignIn(server, { email, password, address: server.addressOf(page.req) });
  server.recorder.note(client.client_id, { step: 'sign-in', ok: result.kind === 'signed-in', what: result.kind }, stateOf(flow));
  switch (result.kind) {
    case 'signed-in':
      if (!result.needsSecond) return signedIn(flow, result.account.id, ['pwd']);
      await keepProgress(flow, { ...(await progressOf(flow)), half: result.account.id });
      return showSecond(flow, result.account.id);
    case 'wrong':
      return showSignIn(flow, { fault: page.text.signInWrong, email, status: 401 });
    case 'busy':
      page.res.set('Retry-After', '2');
      return showSignIn(flow, { fault: page.text.busy, email, status: 429 });
    case 'throttled':
      page.res.set('Retry-After', String(result.seconds));
      return showSignIn(flow, { fault: page.text.tooMany, email, status: 429 });
  }
};

const takeSecond: StepHandler = async (flow) => {
  const { server, page } = flow;
  const { half } = await progressOf(flow);
  if (half === undefined) return showSignIn(flow, { status: 403 });
  const result = await auditedSecondFactor(server, { accountId: half, code: page.form['code'] ?? '', address: server.addressOf(page.req) });
  if (result === 'right') return signedIn(flow, half, ['pwd', 'otp']);
  return showSecond(flow, half, { fault: result === 'wrong' ? page.text.codeWrong : page.text.tooMany, status: result === 'wrong' ? 401 : 429 });
};

const withHalf = (run: (flow: Flow, account: KnownAccount) => Promise<void>): StepHandler => async (flow) => {
  const { half } = await progressOf(flow);
  const account = half === undefined ? undefined : await flow.server.accountOf(half);
  return account === undefined ? showSignIn(flow, { status: 403 }) : run(flow, account);
};

const takePasskey = async (flow: Flow, account: KnownAccount): Promise<void> => {
  const { server, page } = flow;
  const counted = await server.throttle.attempt(server.addressOf(page.req), secondName(account.id));
  const isRight = counted.seconds === 0 && await checkPasskey(server, page, account);
  await recordStep(server, { accountId: account.id, address: server.addressOf(page.req), how: 'passkey', result: counted.seconds > 0 ? 'throttled' : isRight ? 'right' : 'wrong' });
  if (counted.seconds > 0) return showSecond(flow, account.id, { fault: page.text.tooMany, status: 429 });
  if (isRight) {
    await counted.clear();
    return signedIn(flow, account.id, ['pwd', 'hwk']);
  }
  return showSecond(flow, account.id, { fault: page.text.passkeyFailed, status: 401 });
};

/** Ends the sign-in; the provider gives the browser a new session id. */
export const signedIn = async (flow: Flow, accountId: string, amr: string[]): Promise<void> => {
  const { server, page } = flow;
  await keepProgress(flow, { ...(await progressOf(flow)), half: undefined });
  const provider = await server.provider();
  await provider.interactionFinished(page.req, page.res, { login: { accountId, amr, remember: true } }, { mergeWithLastSubmission: false });
};

/** For who works here alone: others are offered their own records, and search none. */
const findPatients: StepHandler = async (flow) => {
  const { server, details } = flow;
  const account = details.session?.accountId === undefined ? undefined : await server.accountOf(details.session.accountId);
  if (account === undefined || !roles[account.role].choosesPatients) return forbid(flow);
  return offerPatients(flow, account, (flow.page.form['name'] ?? '').slice(0, 100));
};

const takePatient: StepHandler = async (flow) => {
  const progress = await progressOf(flow);
  const { patient = '' } = flow.page.form;
  if (!progress.offered.includes(patient)) return forbid(flow);
  await keepProgress(flow, { ...progress, context: { ...progress.context, patient } });
  return goOn(flow);
};

const takeEncounter: StepHandler = async (flow) => {
  const progress = await progressOf(flow);
  const { encounter = '' } = flow.page.form;
  if (!progress.encounters.includes(encounter)) return forbid(flow);
  await keepProgress(flow, { ...progress, context: { ...progress.context, encounter } });
  return goOn(flow);
};

const forbid = async ({ page }: Flow): Promise<void> => { page.send({ heading: page.text.errorTitle, body: page.guard }, { status: 403 }); };

interface Step {
  /** What the provider must be waiting for; undefined: anything. */
  readonly prompt?: 'login' | 'consent';
  readonly run: StepHandler;
}

/** Steps by the last part of their path. */
export const steps: ReadonlyMap<string, Step> = new Map<string, Step>([
  ['sign-in', { prompt: 'login', run: takePassword }],
  ['second', { prompt: 'login', run: takeSecond }],
  ['passkey-options', { prompt: 'login', run: withHalf((flow, account) => sendPasskeyChallenge(flow.server, flow.page, account)) }],
  ['passkey', { prompt: 'login', run: withHalf(takePasskey) }],
  ['find', { prompt: 'consent', run: findPatients }],
  ['patient', { prompt: 'consent', run: takePatient }],
  ['encounter', { prompt: 'consent', run: takeEncounter }],
  ['consent', { prompt: 'consent', run: (flow) => decide(flow, flow.page.all('scope')) }],
  ['cancel', { run: (flow) => refuse(flow, 'access_denied', 'the person did not allow it') }],
]);
