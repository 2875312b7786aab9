/** Hashes for keys that must not show what they are made of. */
import { createHash } from 'node:crypto';

/** Returns SHA-256 over the parts as base64url, 43 characters; ("a","b") and ("ab") differ. */
export const hashOf = (...parts: readonly string[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${String(part.length)}:`).update(part);
  return hash.digest('base64url');
};
