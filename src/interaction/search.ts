/** search on a type, on the system and in a compartment, https://hl7.org/fhir/R4/http.html#search */
import { makeBreather } from '../core/breathe.js';
import { FhirError, type Issue } from '../core/error.js';
import { resourceTypes } from '../fhir/definitions.js';
import { memberTypes } from '../search/compartment.js';
import { signPage } from '../search/page-link.js';
import { planSearchWithCodes } from '../search/plan-with-codes.js';
import type { PlannedSearch } from '../search/request.js';
import type { Position } from '../store/plan.js';
import type { Version } from '../store/resource.js';
import type { Frame, SearchRun } from '../store/store.js';
import { notYetFound } from './audit-index.js';
import { bundleHead, bundleText, urlWith, type Link } from './bundle-text.js';
import type { Context, Interaction } from './context.js';
import { countContained, findContained, startOf, type Match, type MatchPage } from './contained.js';
import { containedEntry, matchEntry, matchFrame, outcomeEntry } from './entry-text.js';
import { explain, withAdvice } from './explain.js';
import { countFound, find, codesIn } from './gate.js';
import { hierarchyIn } from './hierarchy.js';
import { includeFor } from './include.js';
import { handlingOf } from './params.js';
import type { FhirResponse } from './request.js';
import { notYetIndexed } from './parameter/rules.js';
import { makeShaper } from './shape.js';

/** Returns 200 with a searchset Bundle; throws what the parameters deserve. */
export const search: Interaction = async (context) => {
  const planned = await planOf(context);
  try {
    return { status: 200, ...(await searchsetOf(context, planned, { path: pathOf(context), frame: frameOf(context, planned) })) };
  } catch (error) {
    throw withAdvice(error, planned);
  }
};

/** Returns the text of the searchset that a plan comes to; `path` is where its links lead, below the base. */
export const searchsetText = async (context: Context, planned: PlannedSearch, path: string): Promise<string> =>
  (await searchsetOf(context, planned, { path, frame: undefined })).body ?? '';

/** Longer pages are read in portions. */
const mostFramed = 100;

/** Returns how the page can be sent as it is stored; undefined where anything of it is chosen, added or changed here. */
const frameOf = ({ request, service }: Context, { plan, total, includes, issues, summary, elements, contained, explain }: PlannedSearch): Frame | undefined => {
  const [type, another] = plan.types;
  const isWhole = elements === undefined && (summary === undefined || summary === 'false') && contained === undefined && includes.length === 0;
  const isSilent = issues.length === 0 && service.incomplete?.() === undefined && total !== 'estimate' && !explain && request.prefer.explain !== true;
  return request.takesStored === true && type !== undefined && another === undefined && isWhole && isSilent && plan.count <= mostFramed ? matchFrame(service.options.baseUrl, type) : undefined;
};

type Searchset = Pick<FhirResponse, 'body' | 'stored'>;

const searchsetOf = async (context: Context, planned: PlannedSearch, { path, frame }: { readonly path: string; readonly frame: Frame | undefined }): Promise<Searchset> => {
  const { ids, clock, options: { baseUrl } } = context.service;
  const isExplained = planned.explain || context.request.prefer.explain === true;
  const parts: [string, number][] = [];
  const timed = async <T>(name: string, part: Promise<T>): Promise<T> => {
    if (!isExplained) return part;
    const begun = clock.monotonic();
    const result = await part;
    parts.push([name, clock.monotonic() - begun]);
    return result;
  };
  const run: SearchRun = { signal: context.request.signal, explain: isExplained, frame };
  const page: MatchPage = planned.plan.count === 0 ? { matches: [] } : await timed('page', pageOf(context, planned, run));
  const total = await timed('total', totalOf(context, planned, page));
  const head = { id: ids.resource(), type: 'searchset' as const, updated: clock.now(), total: total.count, links: linksOf(context, planned, { page, path }) };
  if (page.framed !== undefined) return { stored: { head: `${bundleHead(head)},"entry":[`, rest: page.framed.bytes } };
  const included = await timed('includes', includeFor(context, planned.includes, page.matches.map(startOf)));
  const entries = await entriesOf(baseUrl, planned, { matches: page.matches, included: included.versions });
  const progress = context.service.incomplete?.();
  const issues = [...planned.issues, ...(progress === undefined ? [] : [notYetIndexed(progress)]), ...total.issues, ...included.issues, ...(context.auditedUntil === undefined ? [] : [notYetFound(context.auditedUntil)]), ...(isExplained ? explain(context, planned, { steps: page.steps, parts }) : [])];
  if (issues.length > 0) entries.push(outcomeEntry(issues));
  return { body: bundleText({ ...head, entries }) };
};

const pageOf = async (context: Context, { plan, contained }: PlannedSearch, run: SearchRun): Promise<MatchPage> => {
  if (contained?.as === 'contained') return findContained(context, plan, contained, run);
  const { matches, ...rest } = await find(context, plan, run);
  return { ...rest, matches: matches.map((version) => ({ version })) };
};

interface Found {
  readonly matches: readonly Match[];
  readonly included: readonly Version[];
}

/** So many entries are made before a look at the time. */
const entriesAtOnce = 32;

/** A long page is made in portions, so that nobody waits for all of it. */
const entriesOf = async (baseUrl: string, planned: PlannedSearch, { matches, included }: Found): Promise<string[]> => {
  const shape = makeShaper(planned);
  // Elements are named for what is searched; what comes along is whole, or a summary too.
  const shapeIncluded = planned.elements === undefined ? shape : makeShaper({ summary: planned.summary });
  const breathe = makeBreather();
  const entries: string[] = [];
  const add = (entry: string): Promise<void> | undefined => (entries.push(entry) % entriesAtOnce === 0 ? breathe() : undefined);
  for (const { version, contained } of matches) {
    const pause = add(contained === undefined
      ? matchEntry(baseUrl, version, { body: shape(version.body ?? ''), mode: 'match' })
      : containedEntry(baseUrl, version, { id: contained.id, body: shape(contained.text) }));
    if (pause !== undefined) await pause;
  }
  for (const version of included) {
    const pause = add(matchEntry(baseUrl, version, { body: shapeIncluded(version.body ?? ''), mode: 'include' }));
    if (pause !== undefined) await pause;
  }
  return entries;
};

const typesOf = ({ request: { type, compartment } }: Context): readonly string[] => {
  if (type !== undefined) return [type];
  return compartment === undefined ? resourceTypes : memberTypes(compartment.type);
};

const planOf = async (context: Context): Promise<PlannedSearch> => {
  const { request, service, viewer } = context;
  const { baseUrl, pageSize, maxPageSize, pageSecret } = service.options;
  return planSearchWithCodes({
    registry: service.registry, types: typesOf(context), within: request.compartment, params: request.params,
    handling: handlingOf(context), baseUrl, pageSize, maxPageSize, paging: { secret: pageSecret, viewerKey: viewer.key }, now: service.clock.now(),
  }, { codes: codesIn(context), hierarchy: hierarchyIn(context) });
};

interface Total {
  readonly count?: number | undefined;
  readonly issues: readonly Issue[];
}

/** Rows that an estimate may look at: what it finds within them is exact. */
const estimateBudget = 200_000;

/** A first page that is the last one has counted them already. */
const totalOf = async (context: Context, planned: PlannedSearch, page: MatchPage): Promise<Total> => {
  const { plan, total } = planned;
  if (plan.count > 0 && total === 'none') return { issues: [] };
  if (plan.count > 0 && plan.after === undefined && page.next === undefined) return { count: page.framed?.count ?? page.matches.length, issues: [] };
  if (total !== 'estimate') return { count: await countOf(context, planned), issues: [] };
  try {
    return { count: await countOf(context, planned, estimateBudget), issues: [] };
  } catch (error) {
    if (!(error instanceof FhirError) || error.code !== 'too-costly') throw error;
    return { issues: [{ severity: 'information', code: 'too-costly', location: 'http._total', diagnostics: 'An estimate of the total would cost too much; _total=accurate counts all the same.' }] };
  }
};

/** What contains is read to count what is in it: each is as dear as so many rows. */
const rowsOfContainer = 10;

const countOf = (context: Context, { plan, contained }: PlannedSearch, budget?: number): Promise<number> => {
  const { signal } = context.request;
  if (contained?.as === 'contained') return countContained(context, plan, contained, (budget ?? 10 * estimateBudget) / rowsOfContainer);
  return countFound(context, plan, budget === undefined ? { signal } : { signal, budget });
};

const pathOf = ({ request: { compartment, type } }: Context): string =>
  (compartment === undefined ? type ?? '' : [compartment.type, compartment.id, type ?? '*'].join('/'));

/** A plan that was made before has its own address, too. */
const urlOf = (path: string, { applied, links }: PlannedSearch): string => {
  if (links.self?.path === path) return links.self.url;
  const url = urlWith(path, applied);
  links.self = { path, url };
  return url;
};

interface Sealing {
  readonly secret: string;
  readonly viewerKey: string;
  readonly position: Position;
}

/** Who asks again for what has not changed gets the same link: to seal it takes as long as half of the rows of a page. */
const tokenOf = ({ criteria, links }: PlannedSearch, { secret, viewerKey, position }: Sealing): string => {
  const known = links.next;
  if (known?.secret === secret && known.viewerKey === viewerKey && isSame(known.position, position)) return known.token;
  const token = signPage(secret, { position, criteria, viewerKey });
  links.next = { secret, viewerKey, position, token };
  return token;
};

const isSame = (one: Position, other: Position): boolean => one.length === other.length && one.every((part, at) => part === other[at]);

const linksOf = ({ service, viewer }: Context, planned: PlannedSearch, { page, path: below }: { readonly page: MatchPage; readonly path: string }): Link[] => {
  const path = below === '' ? service.options.baseUrl : `${service.options.baseUrl}/${below}`;
  const self = urlOf(path, planned);
  const links: Link[] = [{ relation: 'self', url: self }];
  if (page.next === undefined) return links;
  const token = tokenOf(planned, { secret: service.options.pageSecret, viewerKey: viewer.key, position: page.next });
  links.push({ relation: 'next', url: `${self}${planned.applied.length === 0 ? '?' : '&'}_page=${token}` });
  return links;
};
