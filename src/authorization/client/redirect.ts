/** Which redirect URIs a client may register (https://www.rfc-editor.org/rfc/rfc9700#section-2.1): compared letter by letter later. */

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);
/** A scheme of an installed app: reversed domain name (RFC 8252, 7.1). */
const privateScheme = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/i;

/** Returns why the URI cannot be taken; undefined when it can. */
export const redirectFault = (uri: string): string | undefined => {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url === undefined) return 'it is not an absolute URI';
  if (uri.includes('#')) return 'it has a fragment';
  if (uri.includes('*')) return 'it has a wildcard; each address is registered by itself';
  if (url.username !== '' || url.password !== '') return 'it has a user';
  if (uri.split('/').includes('..') || /%2e%2e|%2f/i.test(uri)) return 'its path climbs';
  if (url.protocol === 'https:' || privateScheme.test(url.protocol)) return undefined;
  if (url.protocol === 'http:') return loopback.has(url.hostname) ? undefined : 'http is for loopback addresses only; use https';
  return `the scheme ${url.protocol} is not one that an app can own`;
};
