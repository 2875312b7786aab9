/** Passkeys as the second step of signing in (https://www.w3.org/TR/webauthn-3/). */
import { generateAuthenticationOptions, verifyAuthenticationResponse, type AuthenticationResponseJSON } from '@simplewebauthn/server';
import type { KnownAccount } from '../account/account.js';
import type { Server } from '../server.js';
import { answerOf, type PageExchange } from './page-exchange.js';

/** Sends what the browser asks its authenticator with. */
export const sendPasskeyChallenge = async (server: Server, page: PageExchange, account: KnownAccount): Promise<void> => {
  const options = await generateAuthenticationOptions({ rpID: new URL(server.options().origin).hostname, userVerification: 'preferred', allowCredentials: account.passkeys.map(({ id }) => ({ id })) });
  await server.challenges.put(account.id, options.challenge);
  page.res.set('Cache-Control', 'no-store').json(options);
};

/** Resolves with whether the authenticator's answer is good; a challenge is used once, a counter never goes back. */
export const checkPasskey = async (server: Server, page: PageExchange, account: KnownAccount): Promise<boolean> => {
  const { origin } = server.options();
  const response = answerOf<AuthenticationResponseJSON>(page);
  const expectedChallenge = await server.challenges.take(account.id);
  const passkey = account.passkeys.find(({ id }) => id === response.id);
  if (expectedChallenge === undefined || passkey === undefined) return false;
  const credential = { id: passkey.id, publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')), counter: passkey.counter };
  const result = await verifyAuthenticationResponse({ response, expectedChallenge, expectedOrigin: origin, expectedRPID: new URL(origin).hostname, credential, requireUserVerification: false }).catch(() => undefined);
  if (result?.verified !== true) return false;
  const { newCounter } = result.authenticationInfo;
  await server.accounts.change(account.id, (old) => ({ ...old, passkeys: old.passkeys.map((one) => (one.id === passkey.id ? { ...one, counter: newCounter } : one)) }));
  return true;
};
