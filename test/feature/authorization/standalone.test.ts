/** A public app launched by itself: sign-in, consent, token, data, refresh, revocation (https://hl7.org/fhir/smart-app-launch/app-launch.html). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answered, authorize, backChannel, fhir, launch, newVerifier, openClinic, tokenOf, type Clinic } from './harness.js';

let clinic: Clinic;
beforeAll(async () => { clinic = await openClinic(); });
afterAll(async () => { await clinic.stop(); });

describe('a standalone launch', () => {
  it('gives a token with the patient, that opens this patient and no other', async () => {
    const answer = await launch(clinic, { scope: 'launch/patient openid fhirUser offline_access patient/*.rs' });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ token_type: 'Bearer', expires_in: 3600, patient: 'A', need_patient_banner: true });
    expect(String(answer.body['scope']).split(' ').sort()).toEqual(['fhirUser', 'launch/patient', 'offline_access', 'openid', 'patient/*.rs']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const token = tokenOf(answer);
    expect((await fhir(clinic, 'Patient/A', token)).status).toBe(200);
    expect((await fhir(clinic, 'Patient/B', token)).status).toBe(404);
    const bundle = await (await fhir(clinic, 'Observation', token)).json() as { entry: { resource: { id: string } }[] };
    expect(bundle.entry.map(({ resource }) => resource.id)).toEqual(['obsA']);
    expect((await fhir(clinic, 'Patient', token, { method: 'POST', body: '{}' })).status).toBe(403);
  });

  it('refuses data without a token, with the way to get one', async () => {
    const answer = await fhir(clinic, 'Patient/A');
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    expect((await fhir(clinic, 'metadata')).status).toBe(200);
  });

  it('refreshes with rotation, and keeps the patient', async () => {
    const first = await launch(clinic, { scope: 'launch/patient offline_access patient/Observation.rs' });
    const second = await backChannel(clinic, '/token', { grant_type: 'refresh_token', refresh_token: String(first.body['refresh_token']), client_id: 'app' });
    expect(second.body).toMatchObject({ patient: 'A', token_type: 'Bearer' });
    expect(second.body['refresh_token']).not.toBe(first.body['refresh_token']);
    expect((await fhir(clinic, 'Observation/obsA', tokenOf(second))).status).toBe(200);
  });

  it('carries state and iss back, and no data in the address', async () => {
    const seen = await authorize(clinic, { scope: 'launch/patient patient/*.rs', verifier: newVerifier() });
    expect(Object.fromEntries(answered(seen))).toEqual({ code: expect.any(String), state: 'state-1234567890', iss: clinic.origin });
  });
});
