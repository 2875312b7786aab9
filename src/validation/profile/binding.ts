/** Bindings by their strength (https://hl7.org/fhir/R4/terminologies.html#strength): what cannot be checked is said, never passed. */
import type { PathNode } from '../../fhir/expression/node.js';
import type { CodeCheck } from '../../terminology/port.js';
import { isObject } from '../checks.js';
import { report, type ProfileRun } from './run.js';
import type { ElementRule } from './rule.js';

export interface Coded {
  readonly system?: string;
  readonly code: string;
}

const codedOf = (value: unknown): readonly Coded[] => {
  if (!isObject(value) || typeof value['code'] !== 'string') return [];
  return [typeof value['system'] === 'string' ? { system: value['system'], code: value['code'] } : { code: value['code'] }];
};

/** Returns the codes of a code, Coding, CodeableConcept or Quantity. */
export const codesIn = ({ value, type }: PathNode): readonly Coded[] => {
  if (typeof value === 'string') return [{ code: value }];
  if (type === 'CodeableConcept') return isObject(value) && Array.isArray(value['coding']) ? value['coding'].flatMap(codedOf) : [];
  return codedOf(value);
};

/** Returns whether a node has a code of the value set; undefined when that cannot be checked. */
export const isInValueSet = (run: ProfileRun, node: PathNode, valueSet: string): boolean | undefined => {
  const answers = codesIn(node).map((coded) => run.ask({ ...coded, valueSet }).result);
  if (answers.includes('in')) return true;
  return answers.includes('unknown') ? undefined : false;
};

/** Types whose values are codes. */
export const bindable: ReadonlySet<string> = new Set(['code', 'Coding', 'CodeableConcept', 'Quantity', 'uri', 'string']);

/** Checks the codes of a node against the binding of its element. */
export const checkBinding = (run: ProfileRun, { binding }: ElementRule, place: { readonly node: PathNode; readonly at: string }): void => {
  const { node, at } = place;
  if (binding === undefined || binding.strength === 'example' || node.value === undefined || !bindable.has(node.type)) return;
  const codes = codesIn(node);
  const { strength, valueSet } = binding;
  if (codes.length === 0) {
    if (strength === 'required') report(run, at, { code: 'code-invalid', text: `has no code, but needs one of ${valueSet}` });
    return;
  }
  const answers = codes.map((coded) => run.ask({ ...coded, valueSet }));
  if (answers.some(({ result }) => result === 'in')) return;
  const unknown = answers.find(({ result }) => result === 'unknown');
  if (unknown === undefined) reportOutside(run, at, { strength, valueSet, codes });
  else reportUnknown(run, at, { strength, valueSet, unknown });
};

/** Returns codes as a message shows them. */
export const shown = (codes: readonly Coded[]): string => codes.map(({ system, code }) => (system === undefined ? `"${code}"` : `"${system}|${code}"`)).join(', ');
const severities = { required: 'error', extensible: 'warning', preferred: 'information' } as const;

const reportOutside = (run: ProfileRun, at: string, { strength, valueSet, codes }: { readonly strength: string; readonly valueSet: string; readonly codes: readonly Coded[] }): void => {
  const severity = severities[strength as keyof typeof severities];
  const mend = strength === 'required' ? 'only its codes are allowed' : strength === 'extensible' ? 'another code is right only where none of it fits' : 'its codes are preferred';
  report(run, at, { severity, code: 'code-invalid', text: `${shown(codes)} is not in ${valueSet}; ${mend}` });
};

const reportUnknown = (run: ProfileRun, at: string, { strength, valueSet, unknown }: { readonly strength: string; readonly valueSet: string; readonly unknown: CodeCheck }): void => {
  if (strength !== 'required' && !run.thorough) return;
  report(run, at, { severity: strength === 'required' ? 'warning' : 'information', code: 'not-supported', text: `cannot be checked against ${valueSet}${unknown.message === undefined ? '' : `: ${unknown.message}`}` });
};
