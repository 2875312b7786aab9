/** The second step of signing in: a time-based code or a recovery code, each good once. */
import type { Clock } from '../../core/clock.js';
import { hashOf } from '../../core/hash.js';
import { randomSecret } from '../../core/id.js';
import type { Accounts } from './account.js';
import type { Throttle } from './throttle.js';
import { checkTotp } from './totp.js';

export interface SecondFactorParts {
  readonly accounts: Accounts;
  readonly throttle: Throttle;
  readonly clock: Clock;
}

const recoveryHash = (code: string): string => hashOf('recovery code', code.replace(/[\s-]/g, '').toLowerCase());

/** Returns new recovery codes and what is kept of them. */
export const newRecoveryCodes = (): { readonly codes: readonly string[]; readonly hashes: readonly string[] } => {
  const codes = Array.from({ length: 8 }, () => randomSecret(10).replace(/[-_]/g, 'x').toLowerCase().replace(/(.{5})(?=.)/g, '$1-'));
  return { codes, hashes: codes.map(recoveryHash) };
};

/** What second steps of an account are counted under. */
export const secondName = (accountId: string): string => `second ${accountId}`;

/** Resolves with whether the code was right; a right one is used up. Counts wrong ones: after some, only time helps. */
export const checkSecondFactor = async ({ accounts, throttle, clock }: SecondFactorParts, { accountId, code, address }: { readonly accountId: string; readonly code: string; readonly address: string }): Promise<'right' | 'wrong' | 'throttled'> => {
  const counted = await throttle.attempt(address, secondName(accountId));
  if (counted.seconds > 0) return 'throttled';
  let right = false;
  await accounts.change(accountId, (account) => {
    right = false;
    const step = account.totp === undefined ? undefined : checkTotp({ ...account.totp, code, now: clock.now() });
    if (step !== undefined && account.totp !== undefined) {
      right = true;
      return { ...account, totp: { ...account.totp, lastStep: step } };
    }
    const hash = recoveryHash(code);
    if (!account.recovery.includes(hash)) return undefined;
    right = true;
    return { ...account, recovery: account.recovery.filter((kept) => kept !== hash) };
  });
  if (right) await counted.clear();
  return right ? 'right' : 'wrong';
};
