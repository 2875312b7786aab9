/** read: the current version of a resource, https://hl7.org/fhir/R4/http.html#read */
import { FhirError } from '../core/error.js';
import type { Version } from '../store/resource.js';
import { keyOf, type Interaction } from './context.js';
import { lookUp } from './gate.js';
import type { FhirResponse } from './request.js';
import { isUnchanged } from './precondition.js';
import { shapeResource } from './shape.js';

/** Returns 200 with the resource, or 304; throws `not-found` and `deleted`. */
export const read: Interaction = async (context) => {
  const key = keyOf(context);
  const version = await lookUp(context, key);
  if (version === undefined) throw new FhirError('not-found', `There is no ${key.type} with this id.`);
  if (version.body === undefined) throw new FhirError('deleted', `This ${key.type} was deleted; its history has the former versions.`);
  return answerVersion(context, version, version.body);
};

/** Returns the answer to a read of this version: 304 when the caller has it already. */
export const answerVersion = (context: Parameters<Interaction>[0], version: Version, body: string): FhirResponse =>
  isUnchanged(context.request.conditions, version)
    ? { status: 304, version }
    : { status: 200, version, body: shapeResource(context.request.params, body) };
