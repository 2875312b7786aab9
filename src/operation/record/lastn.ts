/** $lastn of Observation (https://hl7.org/fhir/R4/observation-operation-lastn.html): of each code the newest ones. */
import { FhirError } from '../../core/error.js';
import { bundleText, urlWith } from '../../interaction/bundle-text.js';
import type { Context } from '../../interaction/context.js';
import { matchEntry } from '../../interaction/entry-text.js';
import { find, codesIn } from '../../interaction/gate.js';
import { hierarchyIn } from '../../interaction/hierarchy.js';
import { handlingOf } from '../../interaction/params.js';
import type { Operation } from '../../interaction/service.js';
import { planSearchWithCodes } from '../../search/plan-with-codes.js';
import type { Position, SearchPlan } from '../../store/plan.js';
import type { Version } from '../../store/resource.js';

/** Observations looked at to find the newest of each code. */
const mostObservations = 20_000;
const pageSize = 500;

export const lastN: Operation = {
  name: 'lastn',
  definition: 'http://hl7.org/fhir/OperationDefinition/Observation-lastn',
  levels: ['type'],
  types: ['Observation'],
  affectsState: false,
  handle: async (context) => {
    const { service: { options, ids, clock }, request: { params } } = context;
    const versions = await newestOf(context, await planOf(context), maxOf(params));
    const entries = versions.map((version) => matchEntry(options.baseUrl, version, { body: version.body ?? '', mode: 'match' }));
    const links = [{ relation: 'self' as const, url: urlWith(`${options.baseUrl}/Observation/$lastn`, params) }];
    return { status: 200, body: bundleText({ id: ids.resource(), type: 'searchset', updated: clock.now(), total: versions.length, links, entries }) };
  },
};

const maxOf = (params: Context['request']['params']): number => {
  const text = params.find(([name]) => name === 'max')?.[1] ?? '1';
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new FhirError('invalid-parameter', 'max must be a whole number of 1 or more.', { location: 'http.max' });
  return Number(text);
};

const isOfSomebody = ([name]: readonly [string, string]): boolean => /^(patient|subject)([:.]|$)/.test(name);

const planOf = async (context: Context): Promise<SearchPlan> => {
  const { registry, options: { baseUrl }, clock } = context.service;
  const params = context.request.params.filter(([name]) => name !== 'max');
  if (!params.some(isOfSomebody)) throw new FhirError('invalid-parameter', '$lastn needs to know of whom: add patient or subject.', { location: 'http.patient' });
  const controls = params.find(([name]) => ['_sort', '_count', '_page', '_include', '_revinclude', '_total', '_summary', '_elements'].includes(name.split(':')[0] ?? ''));
  if (controls !== undefined) throw new FhirError('unknown-parameter', `${controls[0].slice(0, 60)} is not a parameter of $lastn.`, { location: `http.${controls[0].slice(0, 60)}` });
  const { plan } = await planSearchWithCodes({ registry, types: ['Observation'], params, handling: handlingOf(context), baseUrl, pageSize, maxPageSize: pageSize, now: clock.now() }, { codes: codesIn(context), hierarchy: hierarchyIn(context) });
  return { ...plan, sort: [{ param: 'date', kind: 'date', descending: true }], count: pageSize };
};

/** Observations that share a code are of one kind. */
class Kinds {
  readonly #byCode = new Map<string, { readonly found: Version[] }>();

  add(version: Version, max: number): void {
    const codes = codesOf(version.body ?? '{}');
    const known = codes.map((code) => this.#byCode.get(code)).find((kind) => kind !== undefined);
    const kind = known ?? { found: [] };
    for (const code of codes) if (!this.#byCode.has(code)) this.#byCode.set(code, kind);
    if (kind.found.length < max) kind.found.push(version);
  }

  /** Kind after kind. */
  get versions(): Version[] {
    return [...new Set(this.#byCode.values())].flatMap(({ found }) => found);
  }
}

interface Code {
  readonly text?: unknown;
  readonly coding?: readonly { readonly system?: unknown; readonly code?: unknown }[];
}

const codesOf = (body: string): string[] => {
  const { code } = JSON.parse(body) as { readonly code?: Code };
  const codings = (code?.coding ?? []).filter((coding) => coding.code !== undefined).map((coding) => JSON.stringify([coding.system, coding.code]));
  return codings.length > 0 ? codings : [JSON.stringify(code?.text ?? null)];
};

const newestOf = async (context: Context, plan: SearchPlan, max: number): Promise<Version[]> => {
  const kinds = new Kinds();
  let after: Position | undefined;
  let seen = 0;
  do {
    const { matches, next } = await find(context, { ...plan, after }, { signal: context.request.signal });
    for (const version of matches) kinds.add(version, max);
    seen += matches.length;
    after = next;
    if (after !== undefined && seen >= mostObservations) throw new FhirError('too-costly', `$lastn would look at more than ${String(mostObservations)} Observations; add a category, a code or a date.`);
  } while (after !== undefined);
  return kinds.versions;
};
