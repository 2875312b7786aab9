/** Proofs that a token is used by whom it was given to (https://www.rfc-editor.org/rfc/rfc9449#section-7). */
import { calculateJwkThumbprint, EmbeddedJWK, errors, jwtVerify } from 'jose';
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { FhirError } from '../../core/error.js';
import type { GrantStore } from '../../store/grant.js';

export interface ProofParts {
  readonly grants: GrantStore;
  readonly origin: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Proven {
  readonly token: string;
  /** Thumbprint of the key the token is bound to. */
  readonly jkt: string;
}

const algorithms = ['ES256', 'ES384', 'RS256'];
/** Seconds a proof is good for. */
const life = 60;

const refuse = (rule: string, cause?: unknown): FhirError => new FhirError('unauthorized', `The DPoP proof is not good: ${rule}.`, { location: 'http.DPoP', cause });

/** Resolves when the request carries a proof made for it with the key of the token; throws `unauthorized` else. */
export const checkProof = async (req: IncomingMessage, { token, jkt }: Proven, { grants, origin, now }: ProofParts): Promise<void> => {
  const proof = req.headers['dpop'];
  if (typeof proof !== 'string') throw refuse('this token needs one DPoP header');
  const { payload, protectedHeader } = await verified(proof, now);
  const { jwk } = protectedHeader;
  if (jwk === undefined || (await calculateJwkThumbprint(jwk)) !== jkt) throw refuse('it is of another key than the token');
  const [path = ''] = (req.url ?? '').split('?');
  if (payload['htm'] !== req.method || payload['htu'] !== origin + path) throw refuse('it was made for another request (htm, htu)');
  if (payload['ath'] !== createHash('sha256').update(token).digest('base64url')) throw refuse('it was made for another token (ath)');
  const { jti, iat = 0 } = payload;
  if (typeof jti !== 'string' || jti === '' || jti.length > 256) throw refuse('jti is missing');
  if (Math.abs(now / 1000 - iat) > life) throw refuse('it is too old or of the future (iat)');
  const first = await grants.insertOnce({ collection: 'dpop-jti', key: `${jkt} ${jti}`, value: '1', expires: now + 2 * life * 1000 });
  if (!first) throw refuse('it was used before (jti)');
};

const verified = async (proof: string, now: number) => {
  try {
    return await jwtVerify(proof, EmbeddedJWK, { algorithms, typ: 'dpop+jwt', currentDate: new Date(now), clockTolerance: life });
  } catch (error) {
    // A key of the wrong kind is a TypeError in jose, not one of its own.
    if (error instanceof errors.JOSEError || error instanceof TypeError) throw refuse('it cannot be verified', error);
    throw error;
  }
};
