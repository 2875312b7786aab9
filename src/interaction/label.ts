/** Security labels and tags are changed by those who may, and by nobody else (design rule 6; https://hl7.org/fhir/R4/security-labels.html). */
import { mayChangeLabels, mayChangeTags } from '../access/clearance.js';
import { FhirError } from '../core/error.js';
import { mayHave } from '../core/json/spelling.js';
import type { Version } from '../store/resource.js';
import type { Context } from './context.js';
import type { Incoming } from './incoming.js';

/**
 * Throws `forbidden` when the labels of what will be stored are not those of what is there, or any for what is new, and the viewer may not
 * change them; and when the tags of what is there are changed by who may not change these.
 */
export const checkLabels = ({ viewer }: Context, { value, type }: Pick<Incoming, 'value' | 'type'>, former: Version | undefined): void => {
  if (viewer.kind !== 'token') return;
  const isNew = former?.body === undefined;
  if (!mayChangeLabels(viewer.grant) && codingsOf(value, 'security') !== codingsIn(former, 'security')) {
    throw new FhirError('forbidden', `The token does not let the security labels of a ${type} be set, changed or removed: send those it has.`, { expression: `${type}.meta.security` });
  }
  if (!isNew && !mayChangeTags(viewer.grant) && codingsOf(value, 'tag') !== codingsIn(former, 'tag')) {
    throw new FhirError('forbidden', `The token does not let the tags of a ${type} be changed: send those it has.`, { expression: `${type}.meta.tag` });
  }
};

type Value = Readonly<Record<string, unknown>>;
type Member = 'security' | 'tag';

const codingsIn = (former: Version | undefined, member: Member): string =>
  (former?.body !== undefined && mayHave(former.body, `"${member}"`) ? codingsOf(JSON.parse(former.body) as Value, member) : '');

/** The order of codings, and what describes them, says nothing. */
const codingsOf = ({ meta }: Value, member: Member): string => {
  const codings = ((meta ?? {}) as Readonly<Partial<Record<Member, unknown>>>)[member];
  if (!Array.isArray(codings)) return '';
  return [...new Set((codings as readonly Value[]).map((coding) => JSON.stringify([coding['system'], coding['code']])))].sort().join(' ');
};
