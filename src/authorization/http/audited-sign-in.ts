/** A sign-in leaves a record whether it succeeds or not (DICOM PS3.15 A.5.3.11 User Authentication, https://dicom.nema.org/medical/dicom/current/output/html/part15.html). */
import { recordEvent } from '../../interaction/audited.js';
import { signIn, type Attempt, type SignIn } from '../account/sign-in.js';
import type { Server } from '../server.js';

const dicom = 'http://dicom.nema.org/resources/ontology/DCM';

/** Resolves with who signed in, after it is recorded; throws `store-unavailable` when it cannot be. */
export const auditedSignIn = async (server: Server, attempt: Attempt): Promise<SignIn> => {
  const { service } = server;
  const result = await signIn(server, attempt);
  const account = result.kind === 'signed-in' ? result.account : undefined;
  await recordEvent(service, {
    action: 'execute', type: { system: dicom, code: '110114', display: 'User Authentication' }, subtype: { system: dicom, code: '110122', display: 'Login' },
    outcome: account === undefined ? '4' : '0', outcomeText: result.kind === 'signed-in' && result.needsSecond ? 'second factor next' : result.kind,
    agent: { account: account?.id, user: account?.fhirUser, address: attempt.address }, requestId: service.ids.request(),
  });
  return result;
};
