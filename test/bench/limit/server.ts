/**
 * What the hardware allows: bare `node:http` over the embedded engine's library, one hand-written query per path, nothing else. A
 * limit to compare with, not a server: it checks nothing.
 */
import { createServer } from 'node:http';
import Database from 'better-sqlite3';

const file = process.argv[2] ?? '';
const database = new Database(file, { readonly: true });
const one = database.prepare('SELECT body FROM resource WHERE id = ?').pluck();
const many = database.prepare('SELECT r.body FROM by_patient b JOIN resource r ON r.rid = b.rid WHERE b.patient = ? LIMIT 20').pluck();
const headers = ['Content-Type', 'application/fhir+json; charset=utf-8', 'ETag', 'W/"1"', 'Last-Modified', new Date(0).toUTCString(), 'Cache-Control', 'no-store'];

const server = createServer((req, res) => {
  const url = req.url ?? '';
  const id = url.slice(url.lastIndexOf('/') + 1);
  const text = url.startsWith('/search/') ? `{"resourceType":"Bundle","type":"searchset","entry":[${(many.all(id) as string[]).map((body) => `{"resource":${body}}`).join(',')}]}` : one.get(id) as string;
  const bytes = Buffer.from(text);
  res.writeHead(200, [...headers, 'Content-Length', String(bytes.length)]);
  res.end(bytes);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(`http://127.0.0.1:${String(typeof address === 'object' ? address?.port : 0)}`);
});
