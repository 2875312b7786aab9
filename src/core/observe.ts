/**
 * What the program has to tell its operator. The domain emits observations; loggers and metrics decide what becomes of them.
 * No observation carries a body, a search value, a name or an identifier of a person: types, counts, codes and durations only.
 */
import type { ErrorCode } from './error-table.js';

export type Observation =
  | { readonly kind: 'started'; readonly address: string; readonly ms: number }
  | { readonly kind: 'stopping'; readonly signal: string }
  | { readonly kind: 'stopped'; readonly ms: number }
  | {
      readonly kind: 'request'; readonly requestId: string; readonly method: string; readonly interaction: string;
      readonly type: string | undefined; readonly status: number; readonly ms: number; readonly code: ErrorCode | undefined;
    }
  | { readonly kind: 'failure'; readonly requestId: string | undefined; readonly where: string; readonly error: unknown }
  | { readonly kind: 'commit'; readonly writes: number; readonly ms: number }
  | { readonly kind: 'job'; readonly name: string; readonly state: 'started' | 'progress' | 'done' | 'failed'; readonly done?: number; readonly total?: number }
  | { readonly kind: 'notice'; readonly level: 'info' | 'warn'; readonly message: string };

export type Observe = (observation: Observation) => void;

/** Drops everything; for tests and one-shot commands. */
export const observeNothing: Observe = () => undefined;

/** Returns one consumer that tells all of them, in their order. */
export const observeAll = (...consumers: readonly Observe[]): Observe => (observation) => {
  for (const consumer of consumers) consumer(observation);
};
