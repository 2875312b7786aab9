/** Random ids: nothing a client sees counts, so nothing can be guessed from what it sees (design rule 11). */
import { createHmac, randomBytes, randomInt, randomUUID, timingSafeEqual } from 'node:crypto';

export interface Ids {
  /** A new logical id: a UUID version 4. */
  resource(): string;
  /** A new request id: a UUID version 4. */
  request(): string;
}

export const randomIds: Ids = { resource: () => randomUUID(), request: () => randomUUID() };

/** Returns `bytes` random bytes as base64url text. */
export const randomSecret = (bytes = 32): string => randomBytes(bytes).toString('base64url');

/** Returns one of the items by chance; undefined of none. */
export const oneOf = <T>(items: readonly T[]): T | undefined => (items.length === 0 ? undefined : items[randomInt(items.length)]);

/** Returns a keyed MAC of `text` as base64url, 22 characters. */
export const sign = (secret: string, text: string): string =>
  createHmac('sha256', secret).update(text).digest('base64url').slice(0, 22);

/** Returns whether `mac` is the keyed MAC of `text`, in constant time. */
export const isSigned = (secret: string, text: string, mac: string): boolean => {
  const expected = Buffer.from(sign(secret, text));
  const given = Buffer.from(mac);
  return expected.length === given.length && timingSafeEqual(expected, given);
};

const idForm = /^[A-Za-z0-9\-.]{1,64}$/;

/** Returns whether `text` is a FHIR id (https://hl7.org/fhir/R4/datatypes.html#id). A lone dot or two are refused: they are path segments. */
export const isId = (text: string): boolean => idForm.test(text) && text !== '.' && text !== '..';
