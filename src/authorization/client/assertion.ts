/** What SMART asks of a client's assertion beyond RFC 7523 (https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html). */
import { errors } from 'oidc-provider';

export interface Assertion {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly header: Readonly<Record<string, unknown>>;
  readonly clientId: string;
  readonly jwksUri: string | undefined;
  /** URLs that `aud` may be. */
  readonly audience: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Seconds: the longest life of an assertion, and how far clocks may differ. */
const longest = 300;
const skew = 30;

/** Throws `invalid_client` with the rule that the assertion breaks; signature, issuer and expiry are the provider's to check. */
export const checkAssertion = ({ claims, header, clientId, jwksUri, audience, now }: Assertion): void => {
  const seconds = now / 1000;
  const { iss, sub, aud, exp, iat, nbf } = claims;
  const rules: readonly (readonly [holds: boolean, rule: string])[] = [
    [iss === clientId && sub === clientId, 'iss and sub must both be the client_id'],
    [typeof aud === 'string' && audience.includes(aud), 'aud must be the URL of the token endpoint'],
    [typeof exp === 'number' && exp <= seconds + longest + skew, `exp must be at most ${String(longest)} seconds away`],
    [iat === undefined || (typeof iat === 'number' && iat <= seconds + skew), 'iat is in the future'],
    [nbf === undefined || (typeof nbf === 'number' && nbf <= seconds + skew), 'nbf is in the future'],
    [header['typ'] === undefined || header['typ'] === 'JWT', 'typ must be JWT'],
    [header['jku'] === undefined || header['jku'] === jwksUri, 'jku must be the registered JWKS URL'],
    [header['jwk'] === undefined && header['x5u'] === undefined && header['x5c'] === undefined, 'a key in the header is not looked at'],
  ];
  const broken = rules.find(([holds]) => !holds);
  if (broken !== undefined) throw new errors.InvalidClientAuth(broken[1]);
};
