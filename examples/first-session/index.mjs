// A first session: what a client does all day, and what the server says when something is wrong.
import { must, send } from '../fhir.mjs';

const patient = await must('POST', 'Patient', { body: { resourceType: 'Patient', name: [{ family: 'Okafor', given: ['Ada'] }], birthDate: '1987-04-12' } });
console.log('created', `Patient/${patient.json.id}`, patient.headers.get('etag'));

const weight = await must('POST', 'Observation', {
  body: `{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},"subject":{"reference":"Patient/${patient.json.id}"},"valueQuantity":{"value":71.10,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}}`,
});
console.log('the decimal as it was sent:', /"value":[0-9.]+/.exec((await must('GET', `Observation/${weight.json.id}`)).text)[0]);

const renamed = await must('PUT', `Patient/${patient.json.id}`, { body: { ...patient.json, active: true }, headers: { 'if-match': patient.headers.get('etag') } });
const late = await send('PUT', `Patient/${patient.json.id}`, { body: patient.json, headers: { 'if-match': patient.headers.get('etag') } });
console.log('second writer with the old ETag:', late.status, late.json.issue[0].diagnostics);

await must('PATCH', `Patient/${patient.json.id}`, { body: [{ op: 'add', path: '/gender', value: 'female' }], headers: { 'if-match': renamed.headers.get('etag') } });
const history = await must('GET', `Patient/${patient.json.id}/_history`);
console.log('versions:', history.json.entry.map(({ request, resource }) => `${request.method} v${resource.meta.versionId}`).join(', '));

const wrong = await send('GET', 'Patiant/1');
console.log('a misspelt type:', wrong.status, wrong.json.issue[0].diagnostics);
