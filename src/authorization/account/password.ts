/** Passwords, kept as scrypt hashes (https://www.rfc-editor.org/rfc/rfc7914), few at a time: each takes memory on purpose. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

export interface PasswordHash {
  /** Base-2 logarithm of N. */
  readonly cost: number;
  readonly salt: string;
  readonly hash: string;
}

export interface Passwords {
  /** Rejects with Busy. */
  hash(password: string): Promise<PasswordHash>;
  /** The same work whether there is a hash or not, so that time tells nothing. Rejects with Busy. */
  verify(password: string, against: PasswordHash | undefined): Promise<boolean>;
}

/** As many passwords are being checked as the machine can carry; the caller tries again. */
export class Busy extends Error {}

export interface PasswordOptions {
  /** Base-2 logarithm of N: 17 takes 128 MB and about 0.4 s. */
  readonly cost: number;
  /** Hashes made at once. */
  readonly width: number;
  /** Hashes that may wait. */
  readonly waiting: number;
}

const blockSize = 8;
const length = 32;

const derive = (password: string, salt: Buffer, cost: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const N = 2 ** cost;
    scrypt(password.normalize('NFKC'), salt, length, { N, r: blockSize, p: 1, maxmem: 256 * N * blockSize }, (error, key) => (error === null ? resolve(key) : reject(error)));
  });

export const makePasswords = ({ cost, width, waiting }: PasswordOptions): Passwords => {
  const queue: (() => void)[] = [];
  let running = 0;
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= width) {
      if (queue.length >= waiting) throw new Busy('too many passwords are being checked');
      // The one that leaves hands its place over.
      await new Promise<void>((resolve) => queue.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
  const nobody = randomBytes(16);
  return {
    hash: async (password) => {
      const salt = randomBytes(16);
      const hash = await inTurn(() => derive(password, salt, cost));
      return { cost, salt: salt.toString('base64'), hash: hash.toString('base64') };
    },
    verify: async (password, against) => {
      const salt = against === undefined ? nobody : Buffer.from(against.salt, 'base64');
      const made = await inTurn(() => derive(password, salt, against?.cost ?? cost));
      const expected = against === undefined ? Buffer.alloc(length) : Buffer.from(against.hash, 'base64');
      return timingSafeEqual(made, expected) && against !== undefined;
    },
  };
};

export const shortestPassword = 10;
const longest = 200;
/** What is tried first by those who guess. */
const common = new Set(['password12', 'password123', '1234567890', 'qwertyuiop', 'iloveyou12', 'letmein1234', 'welcome123', 'changeme123', 'administrator']);

/** Returns why the password is not taken, as a key of the page texts; undefined when it is. */
export const passwordFault = (password: string, email: string): 'passwordShort' | 'passwordCommon' | undefined => {
  if (password.length < shortestPassword || password.length > longest) return 'passwordShort';
  const plain = password.toLowerCase();
  return common.has(plain) || plain === email.toLowerCase() || new Set(plain).size < 4 ? 'passwordCommon' : undefined;
};
