/** history of an instance, a type and the system, https://hl7.org/fhir/R4/http.html#history */
import { FhirError } from '../core/error.js';
import { dateRange } from '../fhir/partial-date.js';
import { openPage, signPage } from '../search/page-link.js';
import type { HistoryQuery, Version } from '../store/resource.js';
import { bundleText, urlWith, type Link } from './bundle-text.js';
import type { Context, Interaction } from './context.js';
import { historyEntry } from './entry-text.js';
import { lookBack, lookUp } from './gate.js';
import { checkParams, singleParam } from './params.js';
import { shapeResource, summaryOf } from './shape.js';

const parameters = ['_since', '_at', '_count', '_page', '_summary', '_elements'];
/** The farthest a date of FHIR reaches; an open end of `_at`. */
const endOfTime = 8.64e15;

/** Returns 200 with a history Bundle, newest first; throws `not-found` for an instance that never was. */
export const history: Interaction = async (context) => {
  checkParams(context, parameters);
  const query = readQuery(context);
  if (query.id !== undefined) await checkInstance(context);
  const page = await lookBack(context, query);
  const { baseUrl } = context.service.options;
  const entries = page.versions.map((version) => historyEntry(baseUrl, version, version.body === undefined ? undefined : shapeResource(context.request.params, version.body)));
  const { ids, clock } = context.service;
  const body = bundleText({ id: ids.resource(), type: 'history', updated: clock.now(), total: page.total, links: linksOf(context, page.more ? page.versions : []), entries });
  return { status: 200, body };
};

const checkInstance = async (context: Context): Promise<void> => {
  const { type = '', id = '' } = context.request;
  if ((await lookUp(context, { type, id })) === undefined) throw new FhirError('not-found', `There is no ${type} with this id.`);
};

const readQuery = (context: Context): HistoryQuery => {
  const { type, id } = context.request;
  return { type, id, since: sinceOf(context), at: atOf(context), count: countOf(context), before: beforeOf(context) };
};

const sinceOf = (context: Context): number | undefined => {
  const text = singleParam(context, '_since');
  return text === undefined ? undefined : rangeOf('_since', text).low;
};

/** `_at` takes the prefixes of a date search: versions that were current at some moment of the time it names. */
const atOf = (context: Context): { low: number; high: number } | undefined => {
  const text = singleParam(context, '_at');
  if (text === undefined) return undefined;
  const prefix = /^(eq|gt|ge|sa|lt|le|eb)/.exec(text)?.[1] ?? 'eq';
  const { low, high } = rangeOf('_at', text.replace(/^(eq|gt|ge|sa|lt|le|eb)/, ''));
  switch (prefix) {
    case 'gt':
    case 'sa':
      return { low: high + 1, high: endOfTime };
    case 'ge':
      return { low, high: endOfTime };
    case 'lt':
    case 'eb':
      return { low: -endOfTime, high: low - 1 };
    case 'le':
      return { low: -endOfTime, high };
    default:
      return { low, high };
  }
};

const rangeOf = (name: string, text: string): { low: number; high: number } => {
  const range = dateRange(text);
  if (range !== undefined) return range;
  throw new FhirError('invalid-parameter', `${name} must be a date or an instant such as 2026-01-31T10:00:00Z.`, { location: `http.${name}` });
};

/** Returns the checked `_count`: more than the server gives is cut, as the specification allows; 0 for `_summary=count`. */
const countOf = (context: Context): number => {
  const { pageSize, maxPageSize } = context.service.options;
  const text = singleParam(context, '_count');
  if (summaryOf(context.request.params) === 'count') return 0;
  if (text === undefined) return pageSize;
  if (!/^[0-9]{1,9}$/.test(text)) throw new FhirError('invalid-parameter', '_count must be a whole number of 0 or more.', { location: 'http._count' });
  return Math.min(Number(text), maxPageSize);
};

const scopeOf = ({ request }: Context): string => ['history', request.type, request.id].join('/');

const beforeOf = (context: Context): number | undefined => {
  const text = singleParam(context, '_page');
  if (text === undefined) return undefined;
  const { viewer, service } = context;
  const [before] = openPage(service.options.pageSecret, text, { criteria: scopeOf(context), viewerKey: viewer.key });
  return typeof before === 'number' ? before : undefined;
};

const linksOf = (context: Context, versions: readonly Version[]): Link[] => {
  const { request, service, viewer } = context;
  const path = [service.options.baseUrl, request.type, request.id, '_history'].filter((part) => part !== undefined).join('/');
  const links: Link[] = [{ relation: 'self', url: urlWith(path, request.params) }];
  const last = versions.at(-1);
  if (last === undefined) return links;
  const page = signPage(service.options.pageSecret, { position: [last.seq], criteria: scopeOf(context), viewerKey: viewer.key });
  links.push({ relation: 'next', url: urlWith(path, [...request.params.filter(([name]) => name !== '_page'), ['_page', page]]) });
  return links;
};
