/** What a reference says of the type it points to, without following it (https://hl7.org/fhir/R4/references.html). */
import { isResourceType } from './definitions.js';

const restUrl = /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9.-]{1,64}(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/;

/**
 * Returns the resource type of the target: from the URL, from the contained resource, or from `Reference.type`;
 * undefined when the reference does not tell.
 */
export const referenceType = (value: unknown, resource: Readonly<Record<string, unknown>>): string | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  const { reference, type } = value as { reference?: unknown; type?: unknown };
  const told = typeof reference === 'string' ? typeInUrl(reference, resource) : undefined;
  return told ?? (typeof type === 'string' && isResourceType(type) ? type : undefined);
};

const typeInUrl = (reference: string, resource: Readonly<Record<string, unknown>>): string | undefined => {
  if (reference.startsWith('#')) return containedType(reference.slice(1), resource);
  const type = restUrl.exec(reference)?.[1];
  return type !== undefined && isResourceType(type) ? type : undefined;
};

const containedType = (id: string, resource: Readonly<Record<string, unknown>>): string | undefined => {
  const { contained } = resource;
  if (!Array.isArray(contained)) return undefined;
  const found = (contained as unknown[]).find((each) => typeof each === 'object' && each !== null && (each as { id?: unknown }).id === id);
  const type = (found as { resourceType?: unknown } | undefined)?.resourceType;
  return typeof type === 'string' ? type : undefined;
};
