/** Says what is wrong with contained resources and with references to them (https://hl7.org/fhir/R4/references.html#contained). */
import { nearName } from '../../core/near-name.js';
import { isObject, type JsonObject } from '../checks.js';
import { forbiddenMeta, idsOf, isResolved, isUsed } from '../contained.js';
import { refuse, show, some, type PlacedFragment, type Report } from './report.js';

/** Adds what is wrong between a resource, what it contains and the references that begin with `#`. */
export const explainContained = (report: Report, resource: JsonObject, at: string): void => {
  const ids = idsOf(resource['contained']);
  const used = new Set(report.fragments.map(({ text }) => text));
  for (const fragment of report.fragments) if (!isResolved(fragment, ids)) refuse(report, fragment.at, { code: 'not-found', text: brokenText(fragment, ids) });
  if (!Array.isArray(resource['contained'])) return;
  for (const [index, one] of (resource['contained'] as unknown[]).entries()) {
    if (isObject(one)) explainOne(report, { one, at: `${at}.contained[${String(index)}]`, used });
  }
};

/** Of more contained resources no near name is looked for. */
const mostNames = 50;

const brokenText = ({ text }: PlacedFragment, ids: ReadonlySet<unknown>): string => {
  const names = ids.size > mostNames ? [] : [...ids].filter((id) => typeof id === 'string');
  if (text === '#') return 'refers to its container by "#", which only a contained resource can';
  const near = nearName(text.slice(1), names);
  const hint = near === undefined ? `; contained: ${ids.size === 0 ? 'none' : names.length === 0 ? `${String(ids.size)} others` : some(names)}` : `, did you mean "#${near}"?`;
  return `refers to ${show(text)}, but no contained resource has that id${hint} (ref-1)`;
};

interface Contained {
  readonly one: JsonObject;
  readonly at: string;
  /** Every reference that begins with `#`. */
  readonly used: ReadonlySet<string>;
}

const explainOne = (report: Report, { one, at, used }: Contained): void => {
  const meta = forbiddenMeta(one);
  if (meta !== undefined) refuse(report, `${at}.meta.${meta}`, { code: 'invariant', text: `a contained resource must not have it (${meta === 'security' ? 'dom-5' : 'dom-4'})` });
  if (isUsed(one, used)) return;
  const what = one['id'] === undefined ? 'has no id, so that nothing can refer to it' : `is not referred to: nothing in the resource refers to ${show(one['id'])}, and it does not refer to "#"`;
  refuse(report, at, { code: 'invariant', text: `the contained resource ${what} (dom-3)` });
};
