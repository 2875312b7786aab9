/** FHIR XML over HTTP (https://hl7.org/fhir/R4/http.html#mime-type). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseXml } from '../../../src/fhir/xml/parse.js';
import { serve, type Served } from '../../fixture/http.js';

const observation = '<?xml version="1.0" encoding="UTF-8"?>\n<Observation xmlns="http://hl7.org/fhir"><!-- a comment --><id value="o"/><status value="final"/><code><text value="a"/></code><valueQuantity><value value="1.10"/></valueQuantity></Observation>';
const asXml = { 'content-type': 'application/fhir+xml', accept: 'application/fhir+xml' };
const json = (text: string): Record<string, unknown> => JSON.parse(parseXml(text, { maxDepth: 64 })) as Record<string, unknown>;

let server: Served;
beforeAll(async () => { server = await serve(); });
afterAll(() => server.stop());

describe('a resource in XML', () => {
  it('is stored and read back in both formats with the digits it was sent with', async () => {
    const put = await server.send('PUT', '/Observation/o', { body: observation, headers: asXml });
    expect(put.status).toBe(201);
    expect(put.headers.get('content-type')).toBe('application/fhir+xml; charset=utf-8');
    expect(put.text).toContain('<valueQuantity><value value="1.10"/></valueQuantity>');
    const read = await server.send('GET', '/Observation/o', { headers: { accept: 'application/fhir+json' } });
    expect(read.text).toContain('"valueQuantity":{"value":1.10}');
    expect(json((await server.send('GET', '/Observation/o?_format=xml')).text)).toEqual(JSON.parse(read.text));
  });

  it.each(['text/xml', 'application/xml', 'application/xml+fhir', 'application/fhir+xml; charset=UTF-8', 'application/fhir+xml; fhirVersion=4.0'])('is read as %s', async (type) => {
    expect((await server.send('POST', '/Observation', { body: observation, headers: { 'content-type': type } })).status).toBe(201);
  });

  it.each([
    ['application/fhir+xml; charset=iso-8859-1', 'UTF-8'],
    ['application/fhir+xml; fhirVersion=3.0', 'another FHIR version'],
  ])('is refused as %s', async (type, text) => {
    const answer = await server.send('POST', '/Observation', { body: observation, headers: { 'content-type': type } });
    expect([answer.status, answer.text.includes(text)]).toEqual([415, true]);
  });

  it.each([
    ['application/fhir+xml', '', 'application/fhir+xml; charset=utf-8'],
    ['application/xml', '', 'application/xml; charset=utf-8'],
    ['text/xml', '', 'application/xml; charset=utf-8'],
    ['application/fhir+json;q=0.5, application/fhir+xml', '', 'application/fhir+xml; charset=utf-8'],
    ['application/fhir+json, application/fhir+xml', '', 'application/fhir+json; charset=utf-8'],
    ['application/fhir+json', '?_format=xml', 'application/fhir+xml; charset=utf-8'],
    ['application/fhir+xml', '?_format=json', 'application/fhir+json; charset=utf-8'],
    ['text/html', '?_format=application/fhir%2Bxml', 'application/fhir+xml; charset=utf-8'],
    ['*/*', '?_format=text/xml', 'application/fhir+xml; charset=utf-8'],
  ])('is answered for Accept %s and "%s" as %s', async (accept, query, expected) => {
    const answer = await server.send('GET', `/Observation/o${query}`, { headers: { accept } });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expected]);
  });

  it('is indented on wish', async () => {
    expect((await server.send('GET', '/Observation/o?_format=xml&_pretty=true')).text).toContain('\n  <id value="o"/>\n');
  });
});

describe('what is wrong is said in XML', () => {
  it.each([
    ['PUT', '/Observation/o', observation.replace('<text value="a"/>', '<txt value="a"/>'), 400, 'invalid-structure'],
    ['PUT', '/Observation/o', `<!DOCTYPE a>${observation.slice(39)}`, 400, 'malformed-xml'],
    ['PUT', '/Observation/o', observation.replace('value="final"', 'value="finl"'), 422, 'invalid-resource'],
    ['PUT', '/Observation/o', '', 400, 'empty-body'],
    ['POST', '/Patient', observation, 400, 'wrong-resource-type'],
    ['POST', '/Patien', observation, 404, 'unknown-type'],
    ['DELETE', '/metadata', undefined, 405, 'method-not-allowed'],
  ])('%s %s with %s: %s %s', async (method, path, body, status, code) => {
    const answer = await server.send(method, path, { ...(body === undefined ? {} : { body }), headers: asXml });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/fhir+xml; charset=utf-8');
    expect(json(answer.text)).toMatchObject({ resourceType: 'OperationOutcome', issue: [{ details: { coding: [{ code }] } }] });
  });

  it('with path, line and column', async () => {
    const answer = await server.send('POST', '/Observation', { body: observation.replace('<text value="a"/>', '<txt value="a"/>'), headers: asXml });
    expect(json(answer.text)).toMatchObject({ issue: [{ location: ['line 2, column 104'], expression: ['Observation.code'] }] });
  });

  it('refuses XML Patch by name', async () => {
    const answer = await server.send('PATCH', '/Observation/o', { body: '<diff/>', headers: { 'content-type': 'application/xml-patch+xml' } });
    expect([answer.status, answer.text.includes('XML Patch')]).toEqual([415, true]);
  });
});

describe('Bundles in XML', () => {
  const bundle = (type: string, entries: string): string => `<Bundle xmlns="http://hl7.org/fhir"><type value="${type}"/>${entries}</Bundle>`;
  const entry = '<entry><fullUrl value="urn:uuid:5e3b1a35-42ad-4c3c-9d6f-3a6f5bcb1c11"/><resource><Patient><active value="true"/></Patient></resource><request><method value="POST"/><url value="Patient"/></request></entry>';
  const reading = '<entry><request><method value="GET"/><url value="Observation/none"/></request></entry>';

  it('are processed and answered', async () => {
    const transaction = await server.send('POST', '', { body: bundle('transaction', entry), headers: asXml });
    expect(json(transaction.text)).toMatchObject({ resourceType: 'Bundle', type: 'transaction-response', entry: [{ response: { status: '201 Created' } }] });
    const batch = await server.send('POST', '', { body: bundle('batch', entry + reading), headers: asXml });
    expect(json(batch.text)).toMatchObject({ type: 'batch-response', entry: [{ response: { status: '201 Created' } }, { response: { status: '404 Not Found', outcome: { resourceType: 'OperationOutcome' } } }] });
  });

  it('hold what was searched for and what was before', async () => {
    const search = await server.send('GET', '/Observation?_id=o', { headers: { accept: 'application/fhir+xml' } });
    expect(json(search.text)).toMatchObject({ type: 'searchset', entry: [{ resource: { id: 'o', status: 'final' }, search: { mode: 'match' } }] });
    const history = await server.send('GET', '/Observation/o/_history?_format=xml');
    expect(json(history.text)).toMatchObject({ type: 'history', total: 1, entry: [{ request: { method: 'PUT' } }] });
    const form = await server.send('POST', '/Observation/_search', { body: '_id=o&_format=xml', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    expect(json(form.text)).toMatchObject({ type: 'searchset', entry: [{ resource: { id: 'o' } }] });
  });
});

it('metadata says that XML is known, in XML as well', async () => {
  const answer = await server.send('GET', '/metadata?_format=xml');
  expect(json(answer.text)).toMatchObject({ resourceType: 'CapabilityStatement', format: ['application/fhir+json', 'application/fhir+xml', 'json', 'xml'] });
});
