/** Base validation of a resource against FHIR R4 (https://hl7.org/fhir/R4/validation.html): structure, then constraints. */
import type { Issue } from '../core/error.js';
import { explainStructure } from './explain/explain.js';
import { checkInvariants } from './invariant/check.js';
import { makeSchemaCheck } from './schema.js';

/** Returns findings about a resource as JSON.parse gave it; none, or warnings only, when it may be stored. */
export type Validate = (resource: Readonly<Record<string, unknown>>) => readonly Issue[];

/**
 * Returns a validator. It loads what it needs of a type when first asked about it. Errors name the element in
 * `expression`, what is wrong, what is allowed and, for a misspelt name, the nearest one.
 */
export const makeValidator = (): Validate => {
  const isRight = makeSchemaCheck();
  return (resource) => (isRight(resource) ? checkInvariants(resource) : explained(resource));
};

const explained = (resource: Readonly<Record<string, unknown>>): readonly Issue[] => {
  const issues = explainStructure(resource);
  if (issues.length > 0) return issues;
  throw new Error(`The schema refuses a ${String(resource['resourceType'])} in which no fault is found.`);
};
