/** What a page brings along: `_include`, `_revinclude`, and what `:iterate` reaches from there (https://hl7.org/fhir/R4/search.html#revinclude). */
import { makeBreather } from '../core/breathe.js';
import type { Issue } from '../core/error.js';
import { mayHave } from '../core/json/spelling.js';
import { includedTargets, revincludePlans, type Include, type Referring } from '../search/include.js';
import type { Position } from '../store/plan.js';
import type { Version } from '../store/resource.js';
import type { Context } from './context.js';
import { find, lookUp, lookUpVersion } from './gate.js';
import { localReferences } from './reference.js';

export interface Included {
  /** In the order they were reached, none that is a match. */
  readonly versions: readonly Version[];
  readonly issues: readonly Issue[];
}

const nothing: Included = { versions: [], issues: [] };

/** Resources a page brings along at the most. */
export const mostIncluded = 1_000;

/**
 * Returns what the matches of one page bring along. Each resource is followed once, so that circles of references end. The right
 * to see decides on each, as if nothing else were stored.
 */
export const includeFor = async (context: Context, includes: readonly Include[], matches: readonly Version[]): Promise<Included> => {
  if (includes.length === 0 || matches.length === 0) return nothing;
  const gathered = new Gathered(matches);
  const breathe = makeBreather();
  let frontier = matches;
  for (let active = includes; active.length > 0 && frontier.length > 0 && !gathered.isFull; active = includes.filter(({ iterate }) => iterate)) {
    const before = gathered.versions.length;
    const step: Step = { context, from: frontier.map((version) => fromOf(context, version)), gathered, breathe };
    for (const include of active) await (include.mode === 'include' ? follow(step, include) : followBack(step, include));
    frontier = gathered.versions.slice(before);
  }
  return { versions: gathered.versions, issues: gathered.isFull ? [capped] : [] };
};

const capped: Issue = {
  severity: 'warning', code: 'incomplete', location: 'http._include',
  diagnostics: `More than ${String(mostIncluded)} resources belong to this page by _include and _revinclude; the others were left out. Ask for fewer matches with _count.`,
};

class Gathered {
  readonly versions: Version[] = [];
  isFull = false;
  readonly #known: Set<string>;

  constructor(matches: readonly Version[]) {
    this.#known = new Set(matches.map(nameOf));
  }

  has(name: string): boolean {
    return this.#known.has(name);
  }

  add(version: Version): void {
    const name = nameOf(version);
    if (this.#known.has(name) || version.body === undefined) return;
    if (this.versions.length === mostIncluded) this.isFull = true;
    else {
      this.#known.add(name);
      this.versions.push(version);
    }
  }
}

const nameOf = ({ type, id }: Version): string => `${type}/${id}`;

interface From {
  readonly name: string;
  /** Read when first asked: reverse includes need no entries. */
  readonly referring: () => Referring;
  /** `Type/id` to the version that a reference names. */
  readonly named: () => ReadonlyMap<string, number>;
}

interface Step {
  readonly context: Context;
  readonly from: readonly From[];
  readonly gathered: Gathered;
  readonly breathe: () => Promise<void>;
}

const fromOf = ({ service }: Context, version: Version): From => {
  let read: Referring | undefined;
  let versions: ReadonlyMap<string, number> | undefined;
  const referring = (): Referring => (read ??= { type: version.type, entries: service.registry.extract(JSON.parse(version.body ?? '{}') as Record<string, unknown>) });
  const named = (): ReadonlyMap<string, number> => (versions ??= namedVersions(version.body ?? '', service.options.baseUrl));
  return { name: nameOf(version), referring, named };
};

const none: ReadonlyMap<string, number> = new Map();

/** "If a resource has a reference that is versioned and _include is performed, the specified version SHOULD be provided." */
const namedVersions = (body: string, baseUrl: string): ReadonlyMap<string, number> => {
  if (!mayHave(body, '/_history/')) return none;
  const references = localReferences(JSON.parse(body) as Record<string, unknown>, baseUrl);
  return new Map(references.flatMap(({ key, version }) => (version === undefined ? [] : [[`${key.type}/${key.id}`, version]])));
};

/** The version that is named, where it is there; else the current one. */
const lookUpNamed = async (context: Context, target: string, number: number | undefined): Promise<Version | undefined> => {
  const [type = '', id = ''] = target.split('/');
  const named = number === undefined ? undefined : await lookUpVersion(context, { type, id }, number);
  return named?.body === undefined ? await lookUp(context, { type, id }) : named;
};

const follow = async ({ context, from, gathered, breathe }: Step, include: Include): Promise<void> => {
  const { registry } = context.service;
  for (const { referring, named } of from) {
    await breathe();
    const versions = named();
    for (const target of includedTargets(registry, include, referring())) {
      if (gathered.isFull) return;
      const version = gathered.has(target) ? undefined : await lookUpNamed(context, target, versions.get(target));
      if (version !== undefined) gathered.add(version);
    }
  }
};

const followBack = async ({ context, from, gathered, breathe }: Step, include: Include): Promise<void> => {
  const { registry } = context.service;
  const targets = from.map(({ name }) => name);
  for (const plan of revincludePlans(registry, include, targets)) {
    let after: Position | undefined;
    do {
      await breathe();
      const { matches, next } = await find(context, { ...plan, count: mostIncluded, after }, { signal: context.request.signal });
      for (const version of matches) gathered.add(version);
      after = next;
    } while (after !== undefined && !gathered.isFull);
    if (gathered.isFull) return;
  }
};
