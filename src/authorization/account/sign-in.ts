/** Signing in with a password: one answer for all that is wrong, after one amount of work (OWASP ASVS 2.2). */
import { sameEmail, type Accounts, type KnownAccount } from './account.js';
import { Busy, type Passwords } from './password.js';
import type { Throttle } from './throttle.js';

export type SignIn =
  | { readonly kind: 'signed-in'; readonly account: KnownAccount; readonly needsSecond: boolean }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'throttled'; readonly seconds: number }
  | { readonly kind: 'busy' };

export interface SignInParts {
  readonly accounts: Accounts;
  readonly passwords: Passwords;
  readonly throttle: Throttle;
}

export interface Attempt {
  readonly email: string;
  readonly password: string;
  /** Where it comes from. */
  readonly address: string;
}

/** Returns whether the account has a second factor. */
export const hasSecond = ({ totp, passkeys }: Pick<KnownAccount, 'totp' | 'passkeys'>): boolean => totp !== undefined || passkeys.length > 0;

/** Resolves with who signed in; a disabled account, a wrong password and an unknown address are the same. */
export const signIn = async ({ accounts, passwords, throttle }: SignInParts, { email, password, address }: Attempt): Promise<SignIn> => {
  const name = sameEmail(email);
  const counted = await throttle.attempt(address, name);
  if (counted.seconds > 0) return { kind: 'throttled', seconds: counted.seconds };
  const account = await accounts.byEmail(email);
  try {
    const right = await passwords.verify(password, account?.password);
    if (!right || account === undefined || account.disabled) return { kind: 'wrong' };
    // Half of a sign-in takes back no failure before it.
    await (hasSecond(account) ? counted.release() : counted.clear());
    return { kind: 'signed-in', account, needsSecond: hasSecond(account) };
  } catch (error) {
    if (!(error instanceof Busy)) throw error;
    await counted.release();
    return { kind: 'busy' };
  }
};
