/**
 * Fetches the key sets of clients without being led inside: the address is checked at the moment of connecting, so that a
 * name cannot mean one thing when it is checked and another when it is used (https://www.rfc-editor.org/rfc/rfc6890).
 */
import { lookup as lookUpName, type LookupAddress } from 'node:dns';
import { request, type RequestOptions } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { keepNewest } from '../../core/keep-newest.js';

/** Addresses that are not of the public internet. */
const inside = new BlockList();
const v4 = ['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'];
const v6 = ['::/127', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32', '2002::/16', 'fc00::/7', 'fe80::/10', 'ff00::/8'];
for (const [list, family] of [[v4, 'ipv4'], [v6, 'ipv6']] as const) {
  for (const range of list) {
    const [net = '', bits = ''] = range.split('/');
    inside.addSubnet(net, Number(bits), family);
  }
}

/** Returns whether the address is one that a client of ours must not make this server speak to. */
export const isInside = (address: string): boolean => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return isInside(mapped);
  const family = isIP(address);
  // A mapped address in hexadecimal is odd enough to be refused.
  return family === 0 || /^::ffff:/i.test(address) || inside.check(address, family === 6 ? 'ipv6' : 'ipv4');
};

export class OutboundRefused extends Error {}

const safeLookup: LookupFunction = (hostname, options, callback) => {
  lookUpName(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error !== null) return callback(error, '', 0);
    if (addresses.length === 0 || addresses.some(({ address }) => isInside(address))) return callback(new OutboundRefused(`${hostname} leads to an address that is not of the public internet`), '', 0);
    const [first] = addresses;
    return options.all === true ? callback(null, addresses) : callback(null, first?.address ?? '', first?.family ?? 0);
  });
};

const patienceMs = 5_000;
const largest = 512 * 1024;

/** Returns the answer to a GET; rejects for what is not https, leads inside, redirects, takes long or is large. */
export const fetchOutside = async (input: string | URL, headers: Readonly<Record<string, string>> = {}): Promise<Response> => {
  const url = new URL(input);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol !== 'https:') throw new OutboundRefused('only https is fetched');
  if (isIP(host) !== 0 && isInside(host)) throw new OutboundRefused(`${host} is not of the public internet`);
  return get(url, { headers, lookup: safeLookup, timeout: patienceMs, signal: AbortSignal.timeout(patienceMs), agent: false });
};

const get = (url: URL, options: RequestOptions): Promise<Response> =>
  new Promise((resolve, reject) => {
    const sent = request(url, options, (answer) => {
      const { statusCode = 0 } = answer;
      if (statusCode >= 300 && statusCode < 400) {
        answer.destroy();
        reject(new OutboundRefused('redirects are not followed'));
        return;
      }
      const parts: Buffer[] = [];
      let size = 0;
      answer.on('data', (part: Buffer) => {
        size += part.length;
        parts.push(part);
        if (size > largest) answer.destroy(new OutboundRefused(`the answer is larger than ${String(largest)} bytes`));
      });
      answer.once('error', reject);
      answer.once('end', () => {
        const type = answer.headers['content-type'];
        resolve(new Response(Buffer.concat(parts), { status: statusCode, headers: type === undefined ? {} : { 'content-type': type } }));
      });
    });
    sent.once('error', reject);
    sent.once('timeout', () => { sent.destroy(new OutboundRefused('the answer took too long')); });
    sent.end();
  });

/** Milliseconds within which one address is asked once, whatever it answered: unknown key ids must not make us ask again and again. */
const quietMs = 30_000;
const remembered = 500;

/** Returns a fetch of key sets for the provider. */
export const makeKeySetFetch = (now: () => number): ((input: string | URL | Request, init?: RequestInit) => Promise<Response>) => {
  const known = new Map<string, { readonly at: number; readonly answer: Promise<Response> }>();
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const found = known.get(url);
    if (found !== undefined && now() - found.at < quietMs) return (await found.answer).clone();
    const accept = new Headers(init?.headers).get('accept');
    const answer = fetchOutside(url, accept === null ? {} : { accept });
    keepNewest(known, { key: url, value: { at: now(), answer }, most: remembered });
    return (await answer).clone();
  };
};
