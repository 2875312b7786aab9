/**
 * Signed statements about the journal: so many records, with this root, at this time (in the manner of RFC 9162 signed tree heads).
 * What makes them worth something is a copy that who changes the store cannot reach.
 */
import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { toInstant } from '../core/clock.js';

export interface Checkpoint {
  /** Base of the server's URLs. */
  readonly origin: string;
  /** `tree`: the first `size` records have this root. `expired`: the first `size` records, under this root, were removed in order. */
  readonly kind: 'tree' | 'expired';
  readonly size: number;
  /** Base64. */
  readonly root: string;
  /** Instant. */
  readonly time: string;
  /** Names the key. */
  readonly key: string;
  /** Ed25519 over the other members, base64. */
  readonly signature: string;
}

export interface AuditKey {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** PKCS #8 of an Ed25519 key up to its 32 bytes (RFC 8410). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Returns the key pair that belongs to a secret text. */
export const makeAuditKey = (secret: string): AuditKey => {
  const seed = createHash('sha256').update('concierge audit key\n').update(secret).digest();
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  return { privateKey, publicKey, id: keyId(publicKey) };
};

const keyId = (key: KeyObject): string => createHash('sha256').update(key.export({ format: 'der', type: 'spki' })).digest('base64url').slice(0, 16);

const signedText = ({ kind, origin, size, root, time, key }: Omit<Checkpoint, 'signature'>): Buffer =>
  Buffer.from(`concierge-audit/1\n${kind}\n${origin}\n${String(size)}\n${root}\n${time}\n${key}\n`);

export interface Statement {
  readonly kind: Checkpoint['kind'];
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Returns the statement signed. */
export const signCheckpoint = ({ kind, origin, size, root, at }: Statement, { id, privateKey }: AuditKey): Checkpoint => {
  const body = { origin, kind, size, root: root.toString('base64'), time: toInstant(at), key: id };
  return { ...body, signature: sign(null, signedText(body), privateKey).toString('base64') };
};

/** Returns whether this key has signed it. */
export const isSignedBy = (checkpoint: Checkpoint, publicKey: KeyObject): boolean =>
  verify(null, signedText(checkpoint), publicKey, Buffer.from(checkpoint.signature, 'base64'));

/** Returns the checkpoints of a file's text, one JSON object a line; throws an Error that names the line that is none. A last line cut by a crash is left out. */
export const readCheckpoints = (text: string): Checkpoint[] => {
  const lines = text.split('\n');
  const whole = lines.slice(0, -1);
  return whole.flatMap((line, at) => (line === '' ? [] : [toCheckpoint(line, at + 1)]));
};

const toCheckpoint = (line: string, at: number): Checkpoint => {
  const value = parsed(line);
  if (typeof value === 'object' && value !== null && isCheckpoint(value)) return value;
  throw new Error(`Line ${String(at)} of the checkpoints is no checkpoint.`);
};

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

const isCheckpoint = (value: object): value is Checkpoint => {
  const { kind, size, origin, root, time, key, signature } = value as Record<string, unknown>;
  return (kind === 'tree' || kind === 'expired') && Number.isSafeInteger(size) && [origin, root, time, key, signature].every((text) => typeof text === 'string');
};
