/** A sign-in leaves a record whether it succeeds or not, and so does its end (DICOM PS3.15 A.5.3.11 User Authentication, https://dicom.nema.org/medical/dicom/current/output/html/part15.html). */
import type { IncomingMessage } from 'node:http';
import { recordSecurity } from '../../interaction/audited.js';
import { checkSecondFactor } from '../account/second-factor.js';
import { signIn, type Attempt, type SignIn } from '../account/sign-in.js';
import type { Server } from '../server.js';

/** Resolves with who signed in, after it is recorded; throws `store-unavailable` when it cannot be. */
export const auditedSignIn = async (server: Server, attempt: Attempt): Promise<SignIn> => {
  const result = await signIn(server, attempt);
  const account = result.kind === 'signed-in' ? result.account : undefined;
  await recordSecurity(server.service, 'login', {
    outcome: account === undefined ? '4' : '0', outcomeText: result.kind === 'signed-in' && result.needsSecond ? 'second factor next' : result.kind,
    agent: { account: account?.id, user: account?.fhirUser, address: attempt.address },
  });
  return result;
};

export interface SecondStep {
  readonly accountId: string;
  readonly address: string;
  readonly how: 'code' | 'passkey' | 'elsewhere';
  readonly result: 'right' | 'wrong' | 'throttled';
}

/** Resolves when a step of a sign-in beside the password is recorded. */
export const recordStep = async (server: Server, { accountId, address, how, result }: SecondStep): Promise<void> => {
  const account = await server.accountOf(accountId);
  await recordSecurity(server.service, 'login', {
    outcome: result === 'right' ? '0' : '4', outcomeText: how === 'elsewhere' ? `signed in elsewhere: ${result}` : `second factor, ${how}: ${result}`,
    agent: { account: accountId, user: account?.fhirUser, address },
  });
};

/** Resolves with whether the code was right, after it is recorded. */
export const auditedSecondFactor = async (server: Server, step: Parameters<typeof checkSecondFactor>[1]): ReturnType<typeof checkSecondFactor> => {
  const result = await checkSecondFactor(server, step);
  await recordStep(server, { accountId: step.accountId, address: step.address, how: 'code', result });
  return result;
};

/** Resolves when a sign-out by the person is recorded. */
export const recordSignOut = async (server: Server, req: IncomingMessage, accountId: string): Promise<void> => {
  const account = await server.accountOf(accountId);
  await recordSecurity(server.service, 'logout', { agent: { account: accountId, user: account?.fhirUser, address: server.addressOf(req) } });
};
