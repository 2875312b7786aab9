/** Search request -> plan: the parse and check steps of the pipeline (https://hl7.org/fhir/R4/search.html). */
import { FhirError, type Issue } from '../core/error.js';
import type { Position, Predicate, SearchPlan } from '../store/plan.js';
import type { ResolveCodes } from './codes.js';
import type { ResourceKey } from '../store/resource.js';
import { inCompartment } from './compartment.js';
import { criteriaText } from './criteria.js';
import type { Include } from './include.js';
import { openPage } from './page-link.js';
import type { ResolveHierarchy } from './parts.js';
import { planContained, type ContainedSearch } from './contained.js';
import { compileCriterion } from './criterion.js';
import { readControls, type Controls } from './control.js';
import { shown } from './param/value-text.js';
import type { Registry } from './registry.js';

export interface SearchRequest {
  readonly registry: Registry;
  /** Types of the URL; all types for a system search. */
  readonly types: readonly string[];
  /** Focus of the compartment the URL names; `types` are then among its `memberTypes`. */
  readonly within?: ResourceKey | undefined;
  readonly params: readonly (readonly [name: string, value: string])[];
  readonly handling: 'strict' | 'lenient';
  readonly baseUrl: string;
  readonly pageSize: number;
  readonly maxPageSize: number;
  /** What page links are signed with, and for whom; undefined where there are no pages. */
  readonly paging?: { readonly secret: string; readonly viewerKey: string } | undefined;
  /** Milliseconds since 1970, for `ap` on dates; without it `ap` widens them by their own precision. */
  readonly now?: number | undefined;
  /** Codes for `:in`, `:not-in`, `:above` and `:below`; undefined refuses them. */
  readonly codes?: ResolveCodes | undefined;
  /** What is part of what, for `:above` and `:below` of references; undefined refuses them. */
  readonly hierarchy?: ResolveHierarchy | undefined;
}

export interface PlannedSearch {
  readonly plan: SearchPlan;
  /** Parameters that were applied, for the self link. */
  readonly applied: readonly (readonly [name: string, value: string])[];
  /** What lenient handling left out, as warnings. */
  readonly issues: readonly Issue[];
  readonly total: 'none' | 'estimate' | 'accurate';
  /** Whether the answer says how it was found. */
  readonly explain: boolean;
  /** Canonical text of the criteria: equal for equal criteria, whatever their order. */
  readonly criteria: string;
  /** `_include` and `_revinclude`, in the order given. */
  readonly includes: readonly Include[];
  /** Where contained resources are searched; the plan then finds what contains them. */
  readonly contained?: ContainedSearch | undefined;
  readonly summary?: Controls['summary'];
  /** Elements asked for by `_elements`; undefined: all. */
  readonly elements?: readonly string[] | undefined;
  /** What its last answer was linked by, for the next one. */
  readonly links: LastLinks;
}

/** Links stay the same for the same caller and place. */
export interface LastLinks {
  self?: { readonly path: string; readonly url: string } | undefined;
  next?: { readonly secret: string; readonly viewerKey: string; readonly position: Position; readonly token: string } | undefined;
}

type Param = readonly [name: string, value: string];

/** What lenient handling drops; other errors are no fault of a parameter. */
const droppable = new Set(['unknown-parameter', 'invalid-parameter', 'unsupported-modifier']);

/**
 * Returns the plan. Throws `unknown-parameter`, `unsupported-modifier` or `invalid-parameter`, naming the parameter,
 * unless handling is lenient: then the parameter is left out and an issue says so. Throws `page-expired` for a page
 * link that is not of this search.
 */
export const planSearch = (request: SearchRequest): PlannedSearch => {
  const { registry, baseUrl, now, codes, hierarchy } = request;
  const issues: Issue[] = [];
  const attempt = <T>(act: () => T): T | undefined => {
    try {
      return act();
    } catch (error) {
      if (request.handling === 'strict' || !(error instanceof FhirError) || !droppable.has(error.code)) throw error;
      issues.push(...error.issues.map((issue): Issue => ({ ...issue, severity: 'warning', diagnostics: `${issue.diagnostics} It was left out.` })));
      return undefined;
    }
  };
  const given = request.paging === undefined ? request.params : withoutEmpty(request.params, issues);
  const { controls, criteria: asked, applied: appliedControls } = readControls({ registry, types: request.types, params: given }, attempt);
  const types = controls.types ?? request.types;
  const scope = { registry, types, baseUrl, now, codes, hierarchy };
  const of: Predicate[] = [];
  const applied: Param[] = [];
  for (const param of asked) {
    const predicate = attempt(() => compileCriterion(param, scope));
    if (predicate === undefined) continue;
    of.push(predicate);
    applied.push(param);
  }
  const criteria = criteriaText(request, applied, appliedControls);
  const count = controls.summary === 'count' ? 0 : Math.min(controls.count ?? request.pageSize, request.maxPageSize);
  const found = containedOf(request, { types, controls, applied });
  if (request.within !== undefined && found === undefined) of.unshift(inCompartment(registry, request.within, types));
  checkTogether(controls);
  return {
    contained: found?.contained,
    plan: { types: found?.types ?? types, where: found?.where ?? conjunction(of), sort: controls.sort, count, after: pageOf(request, controls, criteria) },
    applied: [...applied, ...appliedControls.map(([name, value]): Param => [name, name === '_count' ? String(Math.min(Number(value), request.maxPageSize)) : value])],
    issues, criteria, total: controls.total ?? 'none', explain: controls.explain ?? false, includes: controls.includes, summary: controls.summary, elements: controls.elements, links: {},
  };
};

/**
 * "Empty parameters are not an error - they are just ignored by the server." What was ignored is said. Criteria of writes are not
 * searches: there nothing is left out.
 */
const withoutEmpty = (params: readonly Param[], issues: Issue[]): readonly Param[] => {
  if (params.every(([, value]) => value !== '')) return params;
  for (const [name, value] of params) {
    if (value === '' && name !== '') issues.push({ severity: 'information', code: 'informational', diagnostics: `${shown(name)} has no value: it was left out.`, location: `http.${shown(name)}` });
  }
  return params.filter(([, value]) => value !== '');
};

interface Compiled {
  readonly types: readonly string[];
  readonly controls: Controls;
  readonly applied: readonly Param[];
}

/** Contained resources of each type are asked for by themselves. */
const containedOf = (request: SearchRequest, { types, controls, applied }: Compiled): ReturnType<typeof planContained> => {
  if (controls.contained !== undefined && request.paging === undefined) throw new FhirError('unknown-parameter', '_contained is not a parameter of this interaction: it is about resources of their own.', { location: 'http._contained' });
  const { registry, within } = request;
  return planContained({ registry, types, within, controls, whereOf: (type) => conjunction(applied.map((param) => compileCriterion(param, { ...request, types: [type] }))) });
};

/** "The _include and _revinclude parameters cannot be mixed with _summary=text" (https://hl7.org/fhir/R4/search.html#summary). */
const checkTogether = ({ summary, includes }: Controls): void => {
  if (summary === 'text' && includes.length > 0) throw new FhirError('invalid-parameter', '_summary=text cannot be combined with _include and _revinclude.', { location: 'http._summary' });
};

const conjunction = (of: readonly Predicate[]): Predicate | undefined => (of.length <= 1 ? of[0] : { op: 'and', of });

const pageOf = ({ paging }: SearchRequest, { page }: Controls, criteria: string): SearchPlan['after'] => {
  if (page === undefined) return undefined;
  if (paging === undefined) throw new FhirError('unknown-parameter', '_page is not a parameter of this interaction: it has no pages.', { location: 'http._page' });
  return openPage(paging.secret, page, { criteria, viewerKey: paging.viewerKey });
};
