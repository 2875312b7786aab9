/** What a resource is called throughout the database (https://hl7.org/fhir/R4/references.html#literal). */
import type { ResourceKey } from '../store/resource.js';

/** Returns `Type/id`. */
export const nameOf = ({ type, id }: ResourceKey): string => `${type}/${id}`;
