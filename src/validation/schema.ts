/**
 * The schema layer: ajv code compiled at build time (scripts/schemas) from the StructureDefinitions
 * (https://hl7.org/fhir/R4/structuredefinition.html), loaded type by type when first needed.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from '../core/package-root.js';
import { isResourceType } from '../fhir/definitions.js';
import { commonChecks, isObject, makeBeside, makeSiblings, type Check, type JsonObject } from './checks.js';
import { checkContained, type Scope } from './contained.js';

interface SchemaModule {
  readonly load: (checks: Record<string, unknown>) => void;
}

const require = createRequire(import.meta.url);
const loadModule = (name: string, checks: Record<string, unknown>): void => {
  (require(join(packageRoot, 'generated', 'schemas', `${name}.cjs`)) as SchemaModule).load(checks);
};

/** Returns a function that tells whether a resource has the structure of its type; it never throws. */
export const makeSchemaCheck = (): ((resource: JsonObject) => boolean) => {
  const common = commonChecks();
  const loaded = new Map<string, Check>();
  let scope: Scope = { fragments: [], isContained: false };

  const load = (type: string): Check => {
    if (loaded.size === 0) loadDatatypes(common);
    const own: Record<string, unknown> = { ...common };
    loadModule(type, own);
    const check = own[type] as Check;
    loaded.set(type, check);
    return check;
  };
  const structure = (resource: unknown): boolean => {
    const type = isObject(resource) ? resource['resourceType'] : undefined;
    return typeof type === 'string' && isResourceType(type) && (loaded.get(type) ?? load(type))(resource);
  };
  const entry = (resource: unknown): boolean => {
    const outer = scope;
    scope = { fragments: [], isContained: false };
    const good = structure(resource) && checkContained(resource as JsonObject, scope.fragments);
    scope = outer;
    return good;
  };
  const contained = (resource: unknown): boolean => {
    if (scope.isContained || !isObject(resource) || resource['contained'] !== undefined) return false;
    scope.isContained = true;
    const good = structure(resource);
    scope.isContained = false;
    return good;
  };
  Object.assign(common, { entry, contained });

  const watch = (name: string, member: string): void => {
    const check = common[name] as Check;
    common[name] = (value: unknown): boolean => {
      const text = member === '' ? value : (value as JsonObject | null)?.[member];
      if (typeof text === 'string' && text.charCodeAt(0) === 35) scope.fragments.push({ text, isReference: member !== '', isInside: scope.isContained });
      return check(value);
    };
  };
  const loadDatatypes = (checks: Record<string, unknown>): void => {
    for (const name of ['is_uri', 'is_url', 'is_canonical']) watch(name, '');
    loadModule('datatypes', checks);
    watch('Reference', 'reference');
    checks['beside'] = makeBeside(checks['Element'] as Check);
    checks['siblings'] = makeSiblings(checks['Element'] as Check);
  };
  return entry;
};
