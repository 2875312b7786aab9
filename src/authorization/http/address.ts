/** Where a request comes from, for throttles. */
import type { IncomingMessage } from 'node:http';

/** Returns the address of the peer; behind a proxy of ours, the one it saw: the last of X-Forwarded-For, which the client cannot set. */
export const addressOf = (req: IncomingMessage, trustProxy: boolean): string => {
  const forwarded = trustProxy ? req.headers['x-forwarded-for'] : undefined;
  const list = Array.isArray(forwarded) ? forwarded.join(',') : forwarded ?? '';
  const last = list.split(',').at(-1)?.trim();
  return last === undefined || last === '' ? req.socket.remoteAddress ?? 'unknown' : last;
};
