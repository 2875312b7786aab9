/** What is wrong with the value of a primitive, and with an array of them beside its `_name` (https://hl7.org/fhir/R4/json.html#primitive). */
import { nearName } from '../../core/near-name.js';
import type { NamedElement } from '../../fhir/definitions.js';
import { codes, isObject } from '../checks.js';
import { grammarOf, isListed } from '../binding.js';
import { narrativeFault } from '../narrative/check.js';
import { primitiveForms, primitives } from '../primitive.js';
import { refuse, show, some, type Finding, type Report } from './report.js';

const wordy = 1024 * 1024;

/** Returns what is wrong with a primitive value; undefined when it is right. */
export const valueFault = (value: unknown, element: NamedElement): Finding | undefined => {
  const type = grammarOf(element) ?? element.type?.code ?? '';
  if (value === null) return { code: 'structure', text: 'must not be null: leave the element out' };
  if (value === '') return { code: 'value', text: 'must not be an empty text: leave the element out' };
  if (Array.isArray(value)) return { code: 'structure', text: 'must not be an array: it is at most one' };
  if (isObject(value)) return { code: 'structure', text: `must be ${primitiveForms[type] ?? type}, not an object` };
  if (type === 'xhtml') return narrative(value);
  if (primitives[type]?.(value) !== true) return { code: 'value', text: form(value, type) };
  return element.type?.code === 'code' && grammarOf(element) === undefined ? codeFault(value, element) : undefined;
};

const narrative = (value: unknown): Finding | undefined => {
  const fault = narrativeFault(value);
  return fault === undefined ? undefined : { code: fault.includes('(txt-') ? 'invariant' : 'value', text: `the narrative ${fault}` };
};

const form = (value: unknown, type: string): string => {
  if (typeof value === 'string' && value.length > wordy) return `is longer than 1,048,576 characters`;
  return `${show(value)} is no ${type}: it must be ${primitiveForms[type] ?? type}`;
};

const codeFault = (value: unknown, { binding }: NamedElement): Finding | undefined => {
  if (binding?.strength !== 'required' || !isListed(binding.valueSet) || codes(binding.valueSet).has(String(value))) return undefined;
  const allowed = [...codes(binding.valueSet)].filter((one) => !one.includes('|'));
  const near = nearName(String(value), allowed);
  const hint = near === undefined ? '' : ` (did you mean ${show(near)}?)`;
  return { code: 'code-invalid', text: `${show(value)} is not a code of ${binding.valueSet}${hint}; allowed: ${some(allowed)}` };
};

/** Checks an array of primitives and the array of elements beside it: as long as each other, `null` on one side only. */
export const checkList = (report: Report, { values, siblings, at, element }: { readonly values: unknown; readonly siblings: unknown; readonly at: string; readonly element: NamedElement }): void => {
  for (const [name, one] of [[element.name, values], [`_${element.name}`, siblings]] as const) {
    if (one !== undefined && !Array.isArray(one)) refuse(report, at, { code: 'structure', text: `${name} must be an array: it can be there more than once` });
    else if (one?.length === 0) refuse(report, at, { code: 'structure', text: `${name} must not be an empty array: leave it out` });
  }
  if (Array.isArray(values) && Array.isArray(siblings) && values.length !== siblings.length) {
    refuse(report, at, { code: 'structure', text: `has ${String(values.length)} values and ${String(siblings.length)} items in "_${element.name}": both arrays must be of one length, filled up with null` });
  }
  const most = Math.max(Array.isArray(values) ? values.length : 0, Array.isArray(siblings) ? siblings.length : 0);
  for (let index = 0; index < most; index += 1) {
    const value = Array.isArray(values) ? (values as unknown[])[index] : undefined;
    const beside = Array.isArray(siblings) ? (siblings as unknown[])[index] : undefined;
    if (value === undefined || value === null) {
      if (!isObject(beside)) refuse(report, `${at}[${String(index)}]`, { code: 'structure', text: `must not be null: null stands only where "_${element.name}" has an element at that place` });
    } else {
      const fault = valueFault(value, element);
      if (fault !== undefined) refuse(report, `${at}[${String(index)}]`, fault);
    }
  }
  if (element.max < most) refuse(report, at, { code: 'structure', text: `is there ${String(most)} times, at most ${String(element.max)} is allowed` });
};
