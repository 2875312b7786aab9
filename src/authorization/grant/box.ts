/** Authenticated encryption of texts (AES-256-GCM, https://csrc.nist.gov/pubs/sp/800/38/d/final) and keys derived from a secret (RFC 5869). */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const cipher = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/** Bytes of every key. */
export const keyBytes = 32;

/** Returns a key, or `bytes` bytes, derived from the secret for one purpose. */
export const deriveKey = (secret: string, purpose: string, bytes = keyBytes): Buffer => Buffer.from(hkdfSync('sha256', secret, '', purpose, bytes));

/** Returns the text encrypted, as base64; `place` is bound to it: it opens nowhere else. */
export const sealText = (key: Buffer, text: string, place: string): string => {
  const iv = randomBytes(ivBytes);
  const box = createCipheriv(cipher, key, iv).setAAD(Buffer.from(place));
  return Buffer.concat([iv, box.update(text, 'utf8'), box.final(), box.getAuthTag()]).toString('base64');
};

/** Returns the text; throws when it was sealed with another key, for another place, or changed. */
export const openText = (key: Buffer, sealed: string, place: string): string => {
  const bytes = Buffer.from(sealed, 'base64');
  const box = createDecipheriv(cipher, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes }).setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(-tagBytes));
  return Buffer.concat([box.update(bytes.subarray(ivBytes, -tagBytes)), box.final()]).toString('utf8');
};
