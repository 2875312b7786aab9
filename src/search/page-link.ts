/**
 * Page links: opaque, and good only for the search and the caller they were made for (design rule 8). The position is
 * encrypted, since it holds values of the resource the page ended with.
 */
import { createCipheriv, createDecipheriv, createSecretKey, hash, hkdfSync, type KeyObject } from 'node:crypto';
import { FhirError } from '../core/error.js';
import { lastOf } from '../core/last-of.js';
import type { Position } from '../store/plan.js';

export interface PageScope {
  readonly criteria: string;
  readonly viewerKey: string;
}

const cipher = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

interface Keys {
  readonly encrypt: KeyObject;
  readonly derive: Buffer;
}

/** A server has one secret: its keys are derived once. */
const keysOf = lastOf((secret: string): Keys => {
  const derived = Buffer.from(hkdfSync('sha256', secret, '', 'page link', 64));
  return { encrypt: createSecretKey(derived.subarray(0, 32)), derive: derived.subarray(32) };
});

const scopeBytes = ({ criteria, viewerKey }: PageScope): Buffer => Buffer.from(JSON.stringify([criteria, viewerKey]));

/** Wide enough for every number there is. */
const width = 24;

/** Places in the feed count what everyone has stored: written with one width, so that the length of a token does not tell how much. */
const positionText = (position: Position): string => `[${position.map((part) => (typeof part === 'number' ? String(part).padStart(width) : JSON.stringify(part))).join(',')}]`;

/** Returns the token of a page that starts after `position`; equal for equal arguments. */
export const signPage = (secret: string, { position, ...scope }: PageScope & { readonly position: Position }): string => {
  const { encrypt, derive } = keysOf(secret);
  const text = Buffer.from(positionText(position));
  const bound = scopeBytes(scope);
  // Derived from the content, so that no randomness is needed and none can repeat for different content. A part of the hash is all that is shown of it.
  const iv = hash('sha256', Buffer.concat([derive, bound, text]), 'buffer').subarray(0, ivBytes);
  const sealed = createCipheriv(cipher, encrypt, iv).setAAD(bound);
  const written = sealed.update(text);
  sealed.final();
  return Buffer.concat([iv, written, sealed.getAuthTag()]).toString('base64url');
};

/** Returns the position in a token; throws `page-expired` for one that was not made for this search and caller. */
export const openPage = (secret: string, token: string, scope: PageScope): Position => {
  const bytes = Buffer.from(token, 'base64url');
  const wrong = (cause?: unknown): FhirError => new FhirError('page-expired', 'The page link is not one of this search; start the search again.', { location: 'http._page', cause });
  if (bytes.length < ivBytes + tagBytes + 2 || token.length > 4096) throw wrong();
  const opened = createDecipheriv(cipher, keysOf(secret).encrypt, bytes.subarray(0, ivBytes), { authTagLength: tagBytes }).setAAD(scopeBytes(scope)).setAuthTag(bytes.subarray(-tagBytes));
  try {
    return JSON.parse(Buffer.concat([opened.update(bytes.subarray(ivBytes, -tagBytes)), opened.final()]).toString('utf8')) as Position;
  } catch (cause) {
    throw wrong(cause);
  }
};
