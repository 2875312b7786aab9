/** The local engine first; another server for what the engine does not know, and for nothing else. */
import { FhirError } from '../core/error.js';
import type { CodeAsked, CodeCheck, MaybePromise, Terminology } from './port.js';

/** Errors that mean that something is not loaded, not that it does not exist. */
const unloaded: ReadonlySet<string> = new Set(['terminology-unknown']);
/** The same where the thing asked about is a value set or a map. */
const unfound: ReadonlySet<string> = new Set(['terminology-unknown', 'not-found']);

/** Returns the terminology of both. */
export const makeLayeredTerminology = (local: Terminology, external: Terminology): Terminology => {
  const orElse = async <T>(own: () => MaybePromise<T>, other: () => MaybePromise<T>, codes: ReadonlySet<string>): Promise<T> => {
    try {
      return await own();
    } catch (error) {
      if (!(error instanceof FhirError) || !codes.has(error.code)) throw error;
      return await asked(other, error);
    }
  };
  return {
    validateCode: (question) => {
      const own = local.validateCode(question);
      if (own instanceof Promise) return own.then((check) => further(check, question, external));
      return further(own, question, external);
    },
    expand: (question) => orElse(() => local.expand(question), () => external.expand(question), unfound),
    lookup: (question) => orElse(() => local.lookup(question), () => external.lookup(question), unloaded),
    subsumes: (question) => orElse(() => local.subsumes(question), () => external.subsumes(question), unloaded),
    translate: (question) => orElse(() => local.translate(question), () => external.translate(question), unfound),
    codesFor: (valueSet, limit) => orElse(() => local.codesFor(valueSet, limit), () => external.codesFor(valueSet, limit), unfound),
    related: (from, direction, limit) => orElse(() => local.related(from, direction, limit), () => external.related(from, direction, limit), unloaded),
    systems: () => local.systems(),
  };
};

const further = (check: CodeCheck, question: CodeAsked, external: Terminology): MaybePromise<CodeCheck> => {
  if (check.result !== 'unknown') return check;
  const both = (other: CodeCheck): CodeCheck => (other.result === 'unknown' ? { ...other, message: [check.message, other.message].filter((text) => text !== undefined).join(' And ') } : other);
  const other = external.validateCode(question);
  return other instanceof Promise ? other.then(both) : both(other);
};

/** When the other does not know either, the reasons of both are told under the code of the first. */
const asked = async <T>(other: () => MaybePromise<T>, first: FhirError): Promise<T> => {
  try {
    return await other();
  } catch (error) {
    if (error instanceof FhirError && unfound.has(error.code)) throw new FhirError(first.code, `${first.message} ${error.message}`, { ...first.options, cause: error });
    throw error;
  }
};
