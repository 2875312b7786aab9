// Keeps a copy in step: reads what changed since the last look, newest version of each resource, deletes included.
import { base, must } from '../fhir.mjs';

const copy = new Map();
/** Applies everything that changed at or after an instant; returns the instant to ask from next time. */
const follow = async (since) => {
  let url = `${base}/_history?_count=100${since === undefined ? '' : `&_since=${encodeURIComponent(since)}`}`;
  let newest = since;
  const seen = new Set();
  while (url !== undefined) {
    const { json } = await must('GET', url);
    for (const { fullUrl, resource, request, response } of json.entry ?? []) {
      if (newest === undefined || response.lastModified > newest) newest = response.lastModified;
      if (seen.has(fullUrl)) continue;
      seen.add(fullUrl);
      if (request.method === 'DELETE') copy.delete(fullUrl);
      else copy.set(fullUrl, resource);
    }
    url = json.link.find(({ relation }) => relation === 'next')?.url;
  }
  return newest;
};

const start = new Date().toISOString();
const { json: kept } = await must('POST', 'Basic', { body: { resourceType: 'Basic', code: { text: 'kept' } } });
const { json: gone } = await must('POST', 'Basic', { body: { resourceType: 'Basic', code: { text: 'deleted later' } } });
const first = await follow(start);
console.log('after the first look the copy has both:', copy.has(`${base}/Basic/${kept.id}`) && copy.has(`${base}/Basic/${gone.id}`));
await must('DELETE', `Basic/${gone.id}`);
await must('PUT', `Basic/${kept.id}`, { body: { ...kept, code: { text: 'changed' } } });
await follow(first);
console.log('after the second it has the change and not the deleted:', copy.get(`${base}/Basic/${kept.id}`).code.text, copy.has(`${base}/Basic/${gone.id}`));
