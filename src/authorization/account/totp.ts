/** Time-based one-time passwords (https://www.rfc-editor.org/rfc/rfc6238): six digits, thirty seconds, SHA-1, as every authenticator does. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const stepMs = 30_000;
const digits = 6;

/** Returns a new secret as base32. */
export const newTotpSecret = (): string => {
  const bits = [...randomBytes(20)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => alphabet[Number.parseInt(five, 2)] ?? '').join('');
};

const bytesOf = (base32: string): Buffer => {
  const bits = [...base32].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)));
};

/** Returns the code of a step. */
export const totpCode = (secret: string, step: number): string => {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', bytesOf(secret)).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(offset) & 0x7f_ff_ff_ff) % 10 ** digits).padStart(digits, '0');
};

/** Returns the number of the step at a time. */
export const totpStep = (now: number): number => Math.floor(now / stepMs);

export interface TotpCheck {
  readonly secret: string;
  readonly code: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Step of the last code taken: it and earlier ones are used up. */
  readonly lastStep: number;
}

/** Returns the step of the code when it is of now, the step before or the one after, and was not used; else undefined. */
export const checkTotp = ({ secret, code, now, lastStep }: TotpCheck): number | undefined => {
  const given = Buffer.from(code.replace(/\s/g, ''));
  const step = totpStep(now);
  return [step, step - 1, step + 1].find((each) => {
    const expected = Buffer.from(totpCode(secret, each));
    return each > lastStep && given.length === expected.length && timingSafeEqual(given, expected);
  });
};

/** Returns what an authenticator app scans. */
export const totpUri = (secret: string, { issuer, email }: { readonly issuer: string; readonly email: string }): string =>
  `otpauth://totp/${encodeURIComponent(issuer)}:${encodeURIComponent(email)}?secret=${secret}&issuer=${encodeURIComponent(issuer)}`;
