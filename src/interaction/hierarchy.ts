/** What is part of what, read from the store, for `:above` and `:below` of references (https://hl7.org/fhir/R4/search.html#hierarchy). */
import { FhirError } from '../core/error.js';
import { partOf } from '../search/hierarchy.js';
import type { HierarchyAsked, HierarchySource } from '../search/parts.js';
import { anyOf } from '../search/predicate.js';
import type { SearchParameter } from '../search/registry.js';
import type { Position, Predicate } from '../store/plan.js';
import type { Version } from '../store/resource.js';
import type { Context } from './context.js';
import { find } from './gate.js';

/** Resources of one hierarchy that a search may ask for. */
const most = 10_000;
const pageSize = 500;

/** Returns what finds the parts and wholes of a resource, of what the viewer may find; circles end. */
export const hierarchyIn = (context: Context): HierarchySource => async ({ kind, type, id }: HierarchyAsked) => {
  const parameter = partOf(context.service.registry, type);
  const found = new Set([`${type}/${id}`]);
  if (parameter === undefined) return [...found];
  for (let frontier = [...found]; frontier.length > 0;) {
    const next = kind === 'parts' ? await partsOf(context, { type, parameter, frontier }) : await wholesOf(context, { type, parameter, frontier });
    frontier = [...new Set(next)].filter((name) => !found.has(name));
    for (const name of frontier) found.add(name);
    if (found.size > most) throw new FhirError('too-costly', `More than ${String(most)} resources belong to ${type}/${id}; name a part of it.`);
  }
  return [...found];
};

interface Step {
  readonly type: string;
  readonly parameter: SearchParameter;
  readonly frontier: readonly string[];
}

const partsOf = async (context: Context, { type, parameter, frontier }: Step): Promise<string[]> => {
  const where = anyOf(parameter.sources.map(({ param }): Predicate => ({ op: 'reference', param, targets: frontier })));
  return (await allOf(context, type, where)).map(({ id }) => `${type}/${id}`);
};

const wholesOf = async (context: Context, { type, parameter, frontier }: Step): Promise<string[]> => {
  const params = new Set(parameter.sources.map(({ param }) => param));
  const versions = await allOf(context, type, { op: 'id', ids: frontier.map((name) => name.slice(type.length + 1)) });
  return versions.flatMap(({ body = '{}' }) => context.service.registry.extract(JSON.parse(body) as Record<string, unknown>)
    .flatMap((entry) => (entry.kind === 'reference' && params.has(entry.param) && entry.target.startsWith(`${type}/`) ? [entry.target] : [])));
};

const allOf = async (context: Context, type: string, where: Predicate): Promise<Version[]> => {
  const found: Version[] = [];
  let after: Position | undefined;
  do {
    const page = await find(context, { types: [type], where, count: pageSize, after }, { signal: context.request.signal });
    found.push(...page.matches);
    after = page.next;
  } while (after !== undefined && found.length <= most);
  return found;
};
