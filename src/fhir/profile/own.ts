/** The profiles of this product: the classes of a concierge backend in FHIR (https://hl7.org/fhir/R4/profiling.html). They lie in `profiles/`. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../core/package-root.js';
import type { Profile } from './definition.js';
import { slimProfile } from './slim.js';

type JsonObject = Readonly<Record<string, unknown>>;

/** Returns the StructureDefinitions in `profiles/`, by file name. */
export const ownStructures = (): readonly JsonObject[] => {
  const folder = join(packageRoot, 'profiles');
  return readdirSync(folder).filter((name) => name.endsWith('.json')).sort().map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as JsonObject);
};

/** Returns them as profiles, what is not a constraint on a type left out. */
export const ownProfiles = (): readonly Profile[] => ownStructures().flatMap((structure) => slimProfile(structure) ?? []);
