/** Signing in at another OpenID provider (https://openid.net/specs/openid-connect-core-1_0.html): code flow with PKCE, state and nonce. */
import * as oauth from 'oauth4webapi';

export interface ElsewhereOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What people call it. */
  readonly name: string;
  /** Where it sends people back to. */
  readonly callback: () => string;
}

/** What must be remembered until the person comes back. */
export interface Departure {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export interface Arrival {
  readonly issuer: string;
  readonly subject: string;
  /** Only when the other provider has verified it. */
  readonly email: string | undefined;
}

export interface Elsewhere {
  readonly name: string;
  /** Origin that people are sent to, which the pages' policy must know. */
  readonly origin: string;
  /** Resolves with where to send the person, and what to remember. */
  depart(): Promise<{ readonly url: string; readonly departure: Departure }>;
  /** Resolves with who came back; rejects for an answer that is not to this departure. */
  arrive(answer: URL, departure: Departure): Promise<Arrival>;
}

const isLoopback = (issuer: string): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(new URL(issuer).hostname);
const patienceMs = 10_000;

export const makeElsewhere = ({ issuer, clientId, clientSecret, name, callback }: ElsewhereOptions): Elsewhere => {
  const common = () => ({ [oauth.allowInsecureRequests]: isLoopback(issuer), signal: AbortSignal.timeout(patienceMs) });
  const client: oauth.Client = { client_id: clientId };
  const discover = async (): Promise<oauth.AuthorizationServer> => {
    const url = new URL(issuer);
    return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { ...common(), algorithm: 'oidc' }));
  };
  return {
    name, origin: new URL(issuer).origin,
    depart: async () => {
      const as = await discover();
      const departure: Departure = { state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce(), verifier: oauth.generateRandomCodeVerifier() };
      const url = new URL(as.authorization_endpoint ?? issuer);
      const params = {
        client_id: clientId, redirect_uri: callback(), response_type: 'code', scope: 'openid email', state: departure.state, nonce: departure.nonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(departure.verifier), code_challenge_method: 'S256',
      };
      for (const [key, value] of Object.entries(params)) url.searchParams.set(key, value);
      return { url: url.href, departure };
    },
    arrive: async (answer, { state, nonce, verifier }) => {
      const as = await discover();
      const params = oauth.validateAuthResponse(as, client, answer, state);
      const response = await oauth.authorizationCodeGrantRequest(as, client, oauth.ClientSecretBasic(clientSecret), params, callback(), verifier, common());
      const result = await oauth.processAuthorizationCodeResponse(as, client, response, { expectedNonce: nonce, requireIdToken: true });
      await oauth.validateApplicationLevelSignature(as, response, common());
      const claims = oauth.getValidatedIdTokenClaims(result);
      if (claims === undefined) throw new Error('the other provider gave no id_token');
      const { email, email_verified: verified } = claims;
      return { issuer: claims.iss, subject: claims.sub, email: verified === true && typeof email === 'string' ? email : undefined };
    },
  };
};
