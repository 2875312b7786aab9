/** Page links are opaque, signed, and bound to the criteria and the caller they were made for (design rule 8). */
import { FhirError } from '../core/error.js';
import { isSigned, sign } from '../core/id.js';
import type { Position } from '../store/plan.js';

export interface PageScope { readonly criteria: string; readonly viewerKey: string }

const about = (scope: PageScope, body: string): string => JSON.stringify([scope.criteria, scope.viewerKey, body]);

export const signPage = (secret: string, { position, ...scope }: PageScope & { readonly position: Position }): string => {
  const body = Buffer.from(JSON.stringify(position)).toString('base64url');
  return `${body}.${sign(secret, about(scope, body))}`;
};

export const openPage = (secret: string, token: string, scope: PageScope): Position => {
  const [body = '', mac = ''] = token.split('.');
  if (!isSigned(secret, about(scope, body), mac)) throw new FhirError('page-expired', 'The page link is not one of this search; start the search again.', { location: 'http._page' });
  return JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Position;
};
