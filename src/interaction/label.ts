/** Security labels are changed by those who may, and by nobody else (design rule 6; https://hl7.org/fhir/R4/security-labels.html). */
import { mayChangeLabels } from '../access/clearance.js';
import { FhirError } from '../core/error.js';
import type { Version } from '../store/resource.js';
import type { Context } from './context.js';
import type { Incoming } from './incoming.js';

/** Throws `forbidden` when the labels of what will be stored are not those of what is there, or any for what is new, and the viewer may not change them. */
export const checkLabels = ({ viewer }: Context, { value, type }: Pick<Incoming, 'value' | 'type'>, former: Version | undefined): void => {
  if (viewer.kind !== 'token' || mayChangeLabels(viewer.grant)) return;
  const before = former?.body?.includes('"security"') === true ? labelsOf(JSON.parse(former.body) as Value) : '';
  if (labelsOf(value) === before) return;
  throw new FhirError('forbidden', `The token does not let the security labels of a ${type} be set, changed or removed: send those it has.`, { expression: `${type}.meta.security` });
};

type Value = Readonly<Record<string, unknown>>;

/** The order of labels, and what describes them, says nothing. */
const labelsOf = ({ meta }: Value): string => {
  const { security } = (meta ?? {}) as { readonly security?: unknown };
  if (!Array.isArray(security)) return '';
  return [...new Set((security as readonly Value[]).map((label) => JSON.stringify([label['system'], label['code']])))].sort().join(' ');
};
