/** I6: a patient whose record was opened in an emergency is called by mail, in which there is not a word of the record. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { callPatient } from '../../../src/authorization/mail/call-patient.js';
import { openClinic, type Clinic } from './harness.js';

let clinic: Clinic;
beforeAll(async () => { clinic = await openClinic(); });
afterAll(async () => { await clinic.stop(); });

const sent = () => clinic.server.mail?.box?.() ?? [];

it('goes to the accounts that the patient signs in with, and says where to read', async () => {
  await callPatient(clinic.server, 'A');
  expect(sent().map(({ to }) => to)).toEqual(['ada@example.org']);
  const [mail] = sent();
  expect(mail?.text).toContain(`${clinic.origin}/oauth/account/accesses`);
  expect(`${mail?.subject ?? ''} ${mail?.text ?? ''}`).not.toMatch(/Ada|Lin|emergency|break|reason|Patient|MRN/);
  expect((await fetch(/https?:\/\/\S+/.exec(mail?.text ?? '')?.[0] ?? '')).status).toBe(200);
});

it('goes to nobody for whom there is no account, nor to one that may not sign in', async () => {
  const before = sent().length;
  await callPatient(clinic.server, 'nobody');
  const account = await clinic.server.accounts.byEmail('ada@example.org');
  await clinic.server.accounts.change(account?.id ?? '', (old) => ({ ...old, disabled: true }));
  await callPatient(clinic.server, 'A');
  await callPatient({ ...clinic.server, mail: undefined }, 'A');
  expect(sent().length).toBe(before);
});
