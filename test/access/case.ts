/** A case of the security design: what is asked, and what must not be told. It runs in any clinic, with or without a test runner. */
import type { Clinic } from './clinic.js';

export interface AccessCase {
  /** Of the design: `B12`. */
  readonly id: string;
  readonly title: string;
  /** Throws what is wrong. */
  readonly run: (clinic: Clinic) => Promise<void>;
  /** It changes what is stored: the clinic is its own. */
  readonly writes?: true;
}

/** Returns a case that reads only. */
export const reads = (id: string, title: string, run: AccessCase['run']): AccessCase => ({ id, title, run });

/** Returns a case that writes. */
export const writes = (id: string, title: string, run: AccessCase['run']): AccessCase => ({ id, title, run, writes: true });

/** Names and values of the hidden record: none of them may ever reach a log. */
const canary = /Smith|secret-B|mrn-B|letter of/;

/**
 * Resolves when the case holds, and what holds for every case with it: nothing failed, each access left its record, no log has health
 * data. Throws what is wrong.
 */
export const check = async ({ run }: AccessCase, clinic: Clinic): Promise<void> => {
  await run(clinic);
  const [failure] = clinic.failures;
  if (failure !== undefined) throw new Error(`the server failed: ${failure.kind === 'failure' ? String(failure.error) : ''}`);
  const unrecorded = await clinic.unrecorded();
  if (unrecorded !== undefined) throw new Error(unrecorded);
  const told = clinic.observed.find((observation) => canary.test(JSON.stringify(observation)));
  if (told !== undefined) throw new Error(`the log was told health data: ${JSON.stringify(told)}`);
};
