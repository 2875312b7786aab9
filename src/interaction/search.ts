/** search on a type and on the system, https://hl7.org/fhir/R4/http.html#search */
import { resourceTypes } from '../fhir/definitions.js';
import { signPage } from '../search/page-link.js';
import { planSearchWithCodes } from '../search/plan-with-codes.js';
import type { PlannedSearch } from '../search/request.js';
import type { SearchPage } from '../store/resource.js';
import { bundleText, urlWith, type Link } from './bundle-text.js';
import type { Context, Interaction } from './context.js';
import { matchEntry, outcomeEntry } from './entry-text.js';
import { countFound, find } from './gate.js';
import { handlingOf } from './params.js';
import { shapeResource } from './shape.js';

/** Returns 200 with a searchset Bundle; throws what the parameters deserve. */
export const search: Interaction = async (context) => {
  const planned = await planOf(context);
  const countOnly = planned.plan.count === 0;
  const page: SearchPage = countOnly ? { matches: [] } : await find(context, planned.plan);
  const total = planned.total === 'accurate' || countOnly ? await totalOf(context, planned, page) : undefined;
  const { baseUrl } = context.service.options;
  const entries = page.matches.map((version) => matchEntry(baseUrl, version, { body: shapeResource(context.request.params, version.body ?? ''), mode: 'match' }));
  if (planned.issues.length > 0) entries.push(outcomeEntry(planned.issues));
  const { ids, clock } = context.service;
  return { status: 200, body: bundleText({ id: ids.resource(), type: 'searchset', updated: clock.now(), total, links: linksOf(context, planned, page), entries }) };
};

const planOf = async (context: Context): Promise<PlannedSearch> => {
  const { request, service, viewer } = context;
  const { baseUrl, pageSize, maxPageSize, pageSecret } = service.options;
  return planSearchWithCodes({
    registry: service.registry, types: request.type === undefined ? resourceTypes : [request.type], params: request.params,
    handling: handlingOf(context), baseUrl, pageSize, maxPageSize, paging: { secret: pageSecret, viewerKey: viewer.key },
  }, service.codes);
};

/** A first page that is the last one has counted them already. */
const totalOf = async (context: Context, planned: PlannedSearch, page: SearchPage): Promise<number> => {
  const whole = planned.plan.count > 0 && planned.plan.after === undefined && page.next === undefined;
  return whole ? page.matches.length : countFound(context, planned.plan);
};

const linksOf = (context: Context, planned: PlannedSearch, page: SearchPage): Link[] => {
  const { request, service, viewer } = context;
  const path = request.type === undefined ? service.options.baseUrl : `${service.options.baseUrl}/${request.type}`;
  const links: Link[] = [{ relation: 'self', url: urlWith(path, planned.applied) }];
  if (page.next === undefined) return links;
  const token = signPage(service.options.pageSecret, { position: page.next, criteria: planned.criteria, viewerKey: viewer.key });
  links.push({ relation: 'next', url: urlWith(path, [...planned.applied.filter(([name]) => name !== '_page'), ['_page', token]]) });
  return links;
};
