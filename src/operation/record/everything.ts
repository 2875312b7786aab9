/**
 * $everything of a Patient or an Encounter (https://hl7.org/fhir/R4/operation-patient-everything.html): its compartment, page by
 * page, and with each page who cared, where, and with which medicine.
 */
import { FhirError } from '../../core/error.js';
import { isResourceType, resourceTypes } from '../../fhir/definitions.js';
import { dateRange } from '../../fhir/partial-date.js';
import { keyOf, type Context } from '../../interaction/context.js';
import { lookUp } from '../../interaction/gate.js';
import { searchsetText } from '../../interaction/search.js';
import type { Operation } from '../../interaction/service.js';
import { inCompartment, memberTypes } from '../../search/compartment.js';
import type { Include } from '../../search/include.js';
import { openPage } from '../../search/page-link.js';
import { perType } from '../../search/predicate.js';
import type { Predicate } from '../../store/plan.js';
import { readParameters, type OperationParameters, type ParameterRules } from '../parameters.js';

const rules: ParameterRules = {
  start: { kind: 'dateTime' }, end: { kind: 'dateTime' }, _since: { kind: 'dateTime' }, _type: { kind: 'text', many: true },
  _count: { kind: 'integer' }, _page: { kind: 'text' },
};

export const everything: Operation = {
  name: 'everything',
  definition: 'http://hl7.org/fhir/OperationDefinition/Patient-everything',
  levels: ['instance'],
  types: ['Patient', 'Encounter'],
  affectsState: false,
  handle: async (context) => {
    const given = readParameters(context, rules);
    const focus = keyOf(context);
    if ((await lookUp(context, focus))?.body === undefined) throw new FhirError('not-found', `There is no ${focus.type} with this id.`);
    return { status: 200, body: await searchsetText(context, plannedOf(context, given), `${focus.type}/${focus.id}/$everything`) };
  },
};

const plannedOf = (context: Context, given: OperationParameters): Parameters<typeof searchsetText>[1] => {
  const { registry, options: { maxPageSize, pageSecret } } = context.service;
  const focus = keyOf(context);
  const wanted = typesOf(given);
  const members = focusFirst(focus.type).filter((type) => wanted === undefined || wanted.has(type));
  const types = members.length === 0 ? [focus.type] : members;
  const applied = context.request.params.filter(([name]) => name !== '_page');
  const criteria = `${focus.type}/${focus.id}/$everything?${JSON.stringify(applied)}`;
  const page = given.text('_page');
  const conditions = [inCompartment(registry, focus, types), sinceOf(given), ...caredFor(registry, given, types), ...(members.length === 0 ? [none] : [])];
  return {
    plan: {
      types, where: { op: 'and', of: conditions.filter((each) => each !== undefined) }, count: Math.min(given.count('_count') ?? maxPageSize, maxPageSize),
      after: page === undefined ? undefined : openPage(pageSecret, page, { criteria, viewerKey: context.viewer.key }),
    },
    applied, criteria, issues: [], total: 'none', explain: false, includes: beside(focus.type, wanted), links: {},
  };
};

/** The types of a record with whom it is about at the head: pages come in this order, and an app shows that before the rest. */
const focusFirst = (focus: string): string[] => {
  const members = memberTypes(focus);
  return members.includes(focus) ? [focus, ...members.filter((type) => type !== focus)] : members;
};

const none: Predicate = { op: 'id', ids: [] };

const typesOf = (given: OperationParameters): ReadonlySet<string> | undefined => {
  if (!given.has('_type')) return undefined;
  const types = given.texts('_type').flatMap((text) => text.split(','));
  const wrong = types.find((type) => !isResourceType(type));
  if (wrong !== undefined) throw new FhirError('invalid-parameter', `_type: "${wrong.slice(0, 40)}" is not a resource type.`, given.placeOf('_type'));
  return new Set(types);
};

/** What stands beside a record without being of it: what is referred to, of types that no record holds. */
const beside = (focus: string, wanted: ReadonlySet<string> | undefined): Include[] => {
  const members = new Set(memberTypes('Patient'));
  const types = resourceTypes.filter((type) => !members.has(type) || (focus === 'Encounter' && type === 'Patient'));
  return types.filter((type) => wanted === undefined || wanted.has(type)).map((targetType): Include => ({ mode: 'include', sourceType: '*', param: '*', targetType, iterate: false }));
};

const moment = (given: OperationParameters, name: string): { readonly low: number; readonly high: number } | undefined => {
  const text = given.text(name);
  if (text === undefined) return undefined;
  const range = dateRange(text);
  if (range === undefined) throw new FhirError('invalid-parameter', `${name} must be a date such as 2026-01-31 or 2026-01-31T10:00:00Z.`, given.placeOf(name));
  return range;
};

const sinceOf = (given: OperationParameters): Predicate | undefined => {
  const since = moment(given, '_since');
  return since === undefined ? undefined : { op: 'updated', low: since.low };
};

/** When care happened, by the date parameter of each type; what has none is not bound to a time. */
const caredFor = (registry: Context['service']['registry'], given: OperationParameters, types: readonly string[]): Predicate[] => {
  const [start, end] = [moment(given, 'start'), moment(given, 'end')];
  if (start === undefined && end === undefined) return [];
  return [perType(types, (type) => {
    const sources = registry.parametersOf(type).get('date')?.sources ?? [];
    if (sources.length === 0) return { op: 'type', types: [type] };
    const missing = sources.map(({ param }): Predicate => ({ op: 'missing', param, kind: 'date' }));
    const within = sources.map(({ param }): Predicate => ({ op: 'range', kind: 'date', param, compare: 'overlaps', low: start?.low ?? -8.64e15, high: end?.high ?? 8.64e15 }));
    return { op: 'or', of: [{ op: 'and', of: missing }, ...within] };
  })];
};
