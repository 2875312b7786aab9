/** Clients that others wrote, with tokens of ours. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'fhir-kit-client';
import { launch, openClinic, tokenOf, type Clinic } from './harness.js';

let clinic: Clinic;
beforeAll(async () => { clinic = await openClinic(); });
afterAll(async () => { await clinic.stop(); });

describe('fhir-kit-client', () => {
  it('finds the endpoints, and reads and searches with the token', async () => {
    const client = new Client({ baseUrl: clinic.base });
    const metadata = await client.smartAuthMetadata();
    expect(String(metadata.tokenUrl)).toBe(`${clinic.origin}/oauth/token`);
    client.bearerToken = tokenOf(await launch(clinic, { scope: 'launch/patient patient/*.rs' }));
    expect((await client.read({ resourceType: 'Patient', id: 'A' }))['id']).toBe('A');
    const found = (await client.search({ resourceType: 'Observation', searchParams: { patient: 'A' } })) as unknown as { entry: unknown[] };
    expect(found.entry).toHaveLength(1);
    await expect(client.read({ resourceType: 'Patient', id: 'B' })).rejects.toMatchObject({ response: { status: 404 } });
  });
});
