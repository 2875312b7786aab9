/** The access token of a request (https://www.rfc-editor.org/rfc/rfc6750#section-2.1): in the header, once, and nowhere else. */
import type { IncomingMessage } from 'node:http';
import { FhirError } from '../../core/error.js';

export interface PresentedToken {
  readonly scheme: 'Bearer' | 'DPoP';
  readonly token: string;
}

const form = /^(Bearer|DPoP) +([A-Za-z0-9\-._~+/]{1,4096}=*)$/i;

/** Returns the token, undefined without the header; throws `unauthorized` for a header that holds none. */
export const presentedToken = ({ rawHeaders, headers }: IncomingMessage): PresentedToken | undefined => {
  const sent = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'authorization').length;
  if (sent === 0) return undefined;
  const [, scheme = '', token] = (sent === 1 ? form.exec(headers.authorization ?? '') : null) ?? [];
  if (token === undefined) throw new FhirError('unauthorized', 'The Authorization header must be sent once, as "Bearer" and an access token.', { location: 'http.Authorization' });
  return { token, scheme: scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer' };
};
