/** What a check against profiles carries along, and how a finding is put (https://hl7.org/fhir/R4/validation.html). */
import type { Issue } from '../../core/error.js';
import type { PathNode } from '../../fhir/expression/node.js';
import type { Run } from '../../fhir/expression/call.js';
import type { Profile } from '../../fhir/profile/definition.js';
import type { CodeAsked, CodeCheck } from '../../terminology/port.js';
import type { ConstraintJudge } from './judge.js';
import type { ElementRule } from './rule.js';

export interface ProfileRun {
  readonly issues: Issue[];
  /** The one being checked. */
  readonly profile: Profile;
  /** Finds a profile, seen from the one being checked, and its rules. */
  readonly find: (canonical: string) => { readonly profile: Profile; readonly rule: ElementRule } | undefined;
  readonly ask: (asked: CodeAsked) => CodeCheck;
  readonly judge: ConstraintJudge['judge'];
  /** The resource the element is in, and the one that contains it. */
  readonly resource: PathNode;
  readonly root: PathNode;
  /** The target of a reference in the container or the Bundle; undefined when it is elsewhere. */
  readonly resolve: Run['resolve'];
  /** Slices that a code decides which cannot be checked here: whether they are there is not known either. */
  readonly undecided: Set<ElementRule>;
  readonly mustSupport: boolean;
  /** Whether to say what could not be checked. */
  readonly thorough: boolean;
  /** Elements that may still be held against rules: profiles of profiles could multiply without end. */
  readonly effort: { left: number };
  /** `profile location` of what is being checked further out: a circle of references ends there. */
  readonly within: ReadonlySet<string>;
}

export interface Finding {
  readonly severity?: Issue['severity'];
  readonly code: 'structure' | 'required' | 'value' | 'code-invalid' | 'invariant' | 'not-found' | 'not-supported' | 'extension' | 'informational';
  readonly text: string;
}

/** The profiles ask for more than is done for one resource. */
export class TooMuchEffort extends Error {}

/** Adds a finding at a path, with the profile that demands it. */
export const report = ({ issues, profile }: ProfileRun, at: string, { severity = 'error', code, text }: Finding): void => {
  issues.push({ severity, code, diagnostics: `${at}: ${text} [${profile.url}${profile.version === undefined ? '' : `|${profile.version}`}]`, expression: at });
};

/** Returns whether a check reports no error; what it reports is dropped. */
export const isQuiet = (run: ProfileRun, check: (run: ProfileRun) => void): boolean => {
  const issues: Issue[] = [];
  check({ ...run, issues, mustSupport: false, thorough: false });
  return !issues.some(({ severity }) => severity === 'error');
};

/** Returns what FHIRPath needs to evaluate an expression on an element. */
export const pathRun = ({ resource, root, resolve }: ProfileRun, context: PathNode): Run => ({ resource, root, resolve, context, index: 0 });
