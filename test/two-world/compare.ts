/** What of an answer must be the same in both worlds: status, body and the headers that could tell something. */
import type { Answer } from '../support/http.js';

const told = ['etag', 'last-modified', 'location', 'content-location', 'content-length', 'link', 'content-type', 'allow', 'www-authenticate', 'retry-after', 'accept-patch', 'cache-control', 'preference-applied'];
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;
/** Page tokens are encrypted: only their length can be compared. */
const page = /_page=([A-Za-z0-9_-]+)/g;

/** Replaces what is random by where it first occurs, and page tokens by their length. */
const masked = (text: string): string => {
  const known = new Map<string, string>();
  return text.replace(uuid, (id) => {
    const name = known.get(id) ?? `<random ${String(known.size)}>`;
    known.set(id, name);
    return name;
  }).replace(page, (_, token: string) => `_page=<${String(token.length)} characters>`);
};

/** AuditEvents hold the query that was asked, page tokens included, as base64. */
const query = /"query":"([A-Za-z0-9+/=]+)"/g;
const readable = (text: string): string => text.replace(query, (_, encoded: string) => `"query":"${Buffer.from(encoded, 'base64').toString('utf8')}"`);

/** Returns the comparable text of an answer. */
export const tellOf = ({ status, headers, text }: Answer): string =>
  masked([String(status), ...told.flatMap((name) => (headers[name] === undefined ? [] : [`${name}: ${String(headers[name])}`])), '', readable(text)].join('\n'));

/** Returns where two texts begin to differ, with what stands around. */
export const firstDifference = (one: string, other: string): string => {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  return `...${one.slice(Math.max(0, at - 80), at + 160)}\n  against ...${other.slice(Math.max(0, at - 80), at + 160)}`;
};
