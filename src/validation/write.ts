/** What a write is validated by: FHIR itself always, profiles as the settings say (https://hl7.org/fhir/R4/validation.html). */
import type { Issue } from '../core/error.js';
import type { MaybePromise } from '../terminology/port.js';
import type { JsonObject } from './checks.js';
import type { ValidateProfiles } from './profile/validator.js';
import type { Validate } from './validator.js';

export interface WriteValidatorOptions {
  readonly base: Validate;
  readonly profiles: ValidateProfiles;
  /** Profiles that a resource claims: not looked at, told as warnings, or refusing it. */
  readonly mode: 'off' | 'report' | 'enforce';
  readonly unknownModifiers: 'report' | 'refuse';
}

const isError = ({ severity }: Issue): boolean => severity === 'error' || severity === 'fatal';

/** An unknown modifier extension refuses by a setting of its own, whatever is said of profiles. */
const isModifier = ({ code, severity }: Issue): boolean => code === 'extension' && severity === 'error';

const told = (issue: Issue, mode: WriteValidatorOptions['mode']): Issue[] => {
  if (isModifier(issue)) return [issue];
  if (mode === 'off') return [];
  return [mode === 'report' && isError(issue) ? { ...issue, severity: 'warning' } : issue];
};

/** Returns the validator of writes. What breaks FHIR itself is told alone: a profile has nothing to say about it. */
export const makeWriteValidator = ({ base, profiles, mode, unknownModifiers }: WriteValidatorOptions): ((resource: JsonObject) => MaybePromise<readonly Issue[]>) => {
  if (mode === 'off' && unknownModifiers === 'report') return base;
  return (resource) => {
    const issues = base(resource);
    if (issues.some(isError)) return issues;
    const found = profiles(resource);
    const joined = (more: readonly Issue[]): readonly Issue[] => (more.length === 0 ? issues : [...issues, ...more.flatMap((issue) => told(issue, mode))]);
    return found instanceof Promise ? found.then(joined) : joined(found);
  };
};
