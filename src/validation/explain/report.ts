/** What the explaining walk carries along: the findings so far, and what contained resources are judged by. */
import type { Issue } from '../../core/error.js';
import type { Fragment } from '../contained.js';

export interface PlacedFragment extends Fragment {
  readonly at: string;
}

export interface Report {
  readonly issues: Issue[];
  /** Of the resource being walked: those of an entry are its own. */
  readonly fragments: PlacedFragment[];
  readonly isContained: boolean;
}

/** A finding's code (http://hl7.org/fhir/R4/valueset-issue-type.html) and what it says. */
export interface Finding {
  readonly code: 'structure' | 'required' | 'value' | 'code-invalid' | 'invariant' | 'not-found' | 'too-long';
  readonly text: string;
}

/** Adds an error at a path. */
export const refuse = ({ issues }: Report, at: string, { code, text }: Finding): void => {
  issues.push({ severity: 'error', code, diagnostics: `${at}: ${text}`, expression: at });
};

const shown = 60;

/** Returns a value short enough for a message. */
export const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > shown ? `${text.slice(0, shown)}...` : text;
};

/** Returns names as an English list. */
export const some = (names: Iterable<string>, most = 20): string => {
  const all = [...names];
  return all.length > most ? `${all.slice(0, most).join(', ')} and ${String(all.length - most)} more` : all.join(', ');
};
