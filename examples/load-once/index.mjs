// Loads a record so that it is there once, however often this runs: a retry after a lost answer doubles nothing.
import { randomUUID } from 'node:crypto';
import { must } from '../fhir.mjs';

const mrn = { system: 'https://example.org/mrn', value: process.env.MRN ?? 'load-once-1' };
const order = { system: 'https://example.org/orders', value: `${mrn.value}-glucose` };
const bundle = {
  resourceType: 'Bundle',
  type: 'transaction',
  entry: [
    {
      fullUrl: 'urn:uuid:0b7bd0a6-7d0e-4b5c-9a51-0d2f5b3f0001',
      resource: { resourceType: 'Patient', identifier: [mrn], name: [{ family: 'Silva', given: ['Rui'] }] },
      request: { method: 'POST', url: 'Patient', ifNoneExist: `identifier=${mrn.system}|${mrn.value}` },
    },
    {
      fullUrl: 'urn:uuid:0b7bd0a6-7d0e-4b5c-9a51-0d2f5b3f0002',
      resource: {
        resourceType: 'Observation', identifier: [order], status: 'final', code: { coding: [{ system: 'http://loinc.org', code: '2339-0' }] },
        subject: { reference: 'urn:uuid:0b7bd0a6-7d0e-4b5c-9a51-0d2f5b3f0001' },
        valueQuantity: { value: 5.4, unit: 'mmol/L', system: 'http://unitsofmeasure.org', code: 'mmol/L' },
      },
      request: { method: 'POST', url: 'Observation', ifNoneExist: `identifier=${order.system}|${order.value}` },
    },
  ],
};

const key = randomUUID();
const first = await must('POST', '', { body: bundle, headers: { 'idempotency-key': key } });
console.log('first time:', first.json.entry.map(({ response }) => response.status).join(', '));
const retry = await must('POST', '', { body: bundle, headers: { 'idempotency-key': key } });
console.log('a retry with the same key:', retry.json.entry.map(({ response }) => response.status).join(', '));
const again = await must('POST', '', { body: bundle });
console.log('another load of the same record:', again.json.entry.map(({ response }) => response.status).join(', '));
const found = await must('GET', `Patient?identifier=${encodeURIComponent(`${mrn.system}|${mrn.value}`)}`);
console.log('patients with this number:', found.json.entry.length);
