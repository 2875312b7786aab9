/** Cuts a resource down to some of its members and says so (https://hl7.org/fhir/R4/search.html#summary). */
import { memberSpans } from './span.js';

const tag = '{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}';

/** Returns the compact text with the top-level members that `keep` names, and the tag SUBSETTED in `meta`. */
export const selectMembers = (text: string, keep: (name: string) => boolean): string => {
  const members = memberSpans(text).filter(({ name }) => keep(name) || name === 'meta');
  const parts = members.map(({ name, start, valueStart, end }) => (name === 'meta' ? `"meta":${taggedMeta(text.slice(valueStart, end))}` : text.slice(start, end)));
  if (!members.some(({ name }) => name === 'meta')) parts.push(`"meta":{"tag":[${tag}]}`);
  return `{${parts.join(',')}}`;
};

const taggedMeta = (meta: string): string => {
  const members = memberSpans(meta);
  const parts = members.map(({ name, start, end }) => (name === 'tag' ? `${meta.slice(start, end - 1)},${tag}]` : meta.slice(start, end)));
  if (!members.some(({ name }) => name === 'tag')) parts.push(`"tag":[${tag}]`);
  return `{${parts.join(',')}}`;
};
