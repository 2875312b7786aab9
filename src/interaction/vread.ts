/** vread: one version of a resource, https://hl7.org/fhir/R4/http.html#vread */
import { FhirError } from '../core/error.js';
import { keyOf, type Interaction } from './context.js';
import { lookUpVersion } from './gate.js';
import { answerVersion } from './read.js';

/** Returns the number a version id stands for; undefined when no version can have this id. */
export const versionNumber = (text: string): number | undefined =>
  /^[1-9][0-9]{0,14}$/.test(text) ? Number(text) : undefined;

/** Returns 200 with that version; throws `version-not-found`, and `deleted` for the version that deleted it. */
export const vread: Interaction = async (context) => {
  const key = keyOf(context);
  const number = versionNumber(context.request.version ?? '');
  const version = number === undefined ? undefined : await lookUpVersion(context, key, number);
  if (version === undefined) throw new FhirError('version-not-found', `There is no such version of a ${key.type} with this id.`);
  if (version.body === undefined) throw new FhirError('deleted', 'This version is the deletion of the resource; earlier versions are in its history.');
  return answerVersion(context, version, version.body);
};
