/**
 * Another terminology server behind the same port (https://hl7.org/fhir/R4/terminology-service.html). What it does not answer
 * in time, or in a form that can be read, is unknown, with the reason.
 */
import type { Clock } from '../core/clock.js';
import { FhirError } from '../core/error.js';
import { askServer, ServerSilent, type Remote } from './external-http.js';
import type { CodeAsked, CodeCheck, ExpandAsked, ExpandedConcept, Expansion, FoundConcept, SubsumesAsked, Subsumption, SystemCode, Terminology, Translation } from './port.js';
import { splitCanonical, type Coding, type ConceptProperty, type Designation, type ExpansionContains, type ValueSet } from './resource.js';

export interface ExternalOptions extends Remote {
  readonly clock: Clock;
}

interface Part {
  readonly name: string;
  readonly resource?: unknown;
  readonly part?: readonly Part[];
  readonly [member: string]: unknown;
}
interface Parameters {
  readonly resourceType: 'Parameters';
  readonly parameter?: readonly Part[];
}

const capacity = 10_000;
/** Milliseconds an answer is kept; failures are asked again sooner. */
const keptMs = 10 * 60_000;
const failureMs = 30_000;

const valueOf = (parts: readonly Part[], name: string): unknown => {
  const part = parts.find((one) => one.name === name);
  return part === undefined ? undefined : Object.entries(part).find(([member]) => member.startsWith('value') || member === 'resource')?.[1];
};
const textOf = (parts: readonly Part[], name: string): string | undefined => {
  const value = valueOf(parts, name);
  return typeof value === 'string' ? value : undefined;
};

/** Returns the terminology of the server. */
export const makeExternalTerminology = ({ clock, ...remote }: ExternalOptions): Terminology => {
  const kept = new Map<string, { readonly answer: Promise<unknown>; until: number }>();
  const ask = async <T>(path: string, parameter: readonly Part[]): Promise<T> => {
    const key = `${path} ${JSON.stringify(parameter)}`;
    const known = kept.get(key);
    if (known !== undefined && known.until > clock.monotonic()) return (await known.answer) as T;
    kept.delete(key);
    for (const oldest of kept.keys()) {
      if (kept.size < capacity) break;
      kept.delete(oldest);
    }
    const entry = { answer: askServer(remote, path, { resourceType: 'Parameters', parameter }), until: clock.monotonic() + keptMs };
    kept.set(key, entry);
    try {
      return (await entry.answer) as T;
    } catch (error) {
      entry.until = Math.min(entry.until, clock.monotonic() + failureMs);
      throw error;
    }
  };
  const partsFrom = async (path: string, parameter: readonly Part[]): Promise<readonly Part[]> => {
    const { resourceType, parameter: parts } = await ask<Parameters>(path, parameter);
    if (String(resourceType) === 'Parameters' && Array.isArray(parts)) return parts as readonly Part[];
    throw new ServerSilent('its answer is no Parameters resource');
  };
  const expand = async (asked: ExpandAsked): Promise<Expansion> => expansionOf(await ask('ValueSet/$expand', expandParts(asked)), asked);
  const listed = async (asked: ExpandAsked, limit: number): Promise<readonly SystemCode[]> => {
    const { contains, total } = await expand({ ...asked, count: limit + 1 });
    if (contains.length > limit || total > limit) throw new FhirError('too-costly', `There are more than ${String(limit)} codes, which is too many here; take a smaller set.`);
    return contains.map(({ system, code }) => ({ system, code }));
  };
  return failingAs({
    validateCode: async (asked) => checkOf(await partsFrom(asked.valueSet === undefined ? 'CodeSystem/$validate-code' : 'ValueSet/$validate-code', checkParts(asked))),
    expand,
    lookup: async ({ system, version, code, displayLanguage }) => conceptOf(code, await partsFrom('CodeSystem/$lookup', given({ system: uri(system), version: text(version), code: codeOf(code), displayLanguage: codeOf(displayLanguage) }))),
    subsumes: async (asked) => outcomeOf(await partsFrom('CodeSystem/$subsumes', subsumesParts(asked))),
    translate: async ({ url, source, target, targetSystem, system, version, code, reverse, conceptMapVersion }) => translationsOf(await partsFrom('ConceptMap/$translate', given({
      url: typeof url === 'string' ? uri(url) : undefined, conceptMap: typeof url === 'object' ? { resource: url } : undefined, conceptMapVersion: text(conceptMapVersion),
      source: uri(source), target: uri(target), targetsystem: uri(targetSystem), system: uri(system), version: text(version), code: codeOf(code), reverse: flag(reverse),
    }))),
    codesFor: (valueSet, limit) => listed({ valueSet }, limit),
    related: ({ system, code }, direction, limit) => listed({ valueSet: { resourceType: 'ValueSet', status: 'active', compose: { include: [{ system, filter: [{ property: 'concept', op: direction === 'descendants' ? 'is-a' : 'generalizes', value: code }] }] } } }, limit),
    systems: async () => [],
  });
};

/** A server that is silent is a reason, not a failure of this one. */
const failingAs = (inner: Terminology): Terminology => {
  const said = (error: unknown): string => (error instanceof ServerSilent ? `the terminology server could not answer: ${error.message}` : '');
  const naming = async <T>(work: () => T): Promise<Awaited<T>> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ServerSilent) throw new FhirError('terminology-unknown', `${said(error).charAt(0).toUpperCase()}${said(error).slice(1)}.`, { cause: error });
      throw error;
    }
  };
  return {
    validateCode: async (asked) => {
      try {
        return await inner.validateCode(asked);
      } catch (error) {
        if (error instanceof ServerSilent) return { result: 'unknown', message: `${said(error)}.` };
        throw error;
      }
    },
    expand: (asked) => naming(() => inner.expand(asked)),
    lookup: (asked) => naming(() => inner.lookup(asked)),
    subsumes: (asked) => naming(() => inner.subsumes(asked)),
    translate: (asked) => naming(() => inner.translate(asked)),
    codesFor: (valueSet, limit) => naming(() => inner.codesFor(valueSet, limit)),
    related: (from, direction, limit) => naming(() => inner.related(from, direction, limit)),
    systems: () => inner.systems(),
  };
};

type Value = Readonly<Record<string, unknown>> | undefined;
const uri = (value: string | undefined): Value => (value === undefined ? undefined : { valueUri: value });
const text = (value: string | undefined): Value => (value === undefined ? undefined : { valueString: value });
const codeOf = (value: string | undefined): Value => (value === undefined ? undefined : { valueCode: value });
const flag = (value: boolean | undefined): Value => (value === undefined ? undefined : { valueBoolean: value });
const count = (value: number | undefined): Value => (value === undefined ? undefined : { valueInteger: value });

const given = (values: Readonly<Record<string, Value>>): Part[] => Object.entries(values).flatMap(([name, value]): Part[] => (value === undefined ? [] : [{ ...value, name }]));
const setParts = (valueSet: string | ValueSet): Part[] => {
  if (typeof valueSet === 'object') return [{ name: 'valueSet', resource: valueSet }];
  const { url, version } = splitCanonical(valueSet);
  return given({ url: uri(url), valueSetVersion: text(version) });
};

const checkParts = ({ valueSet, system, version, code, display, displayLanguage, abstract }: CodeAsked): Part[] => [
  ...(valueSet === undefined ? given({ url: uri(system), version: text(version) }) : [...setParts(valueSet), ...given({ system: uri(system), systemVersion: text(version) })]),
  ...given({ code: codeOf(code), display: text(display), displayLanguage: codeOf(displayLanguage), abstract: flag(abstract) }),
  // A newer parameter for codes without a system; servers that do not know it say so or leave it out.
  ...given({ inferSystem: flag(valueSet !== undefined && system === undefined ? true : undefined) }),
];

/** Parameters by which servers tell that "false" means "not known". */
const unknowns = ['x-unknown-system', 'x-caused-by-unknown-system', 'x-unknown-value-set'];

const checkOf = (parts: readonly Part[]): CodeCheck => {
  const [result, message, display, system] = [valueOf(parts, 'result'), textOf(parts, 'message'), textOf(parts, 'display'), textOf(parts, 'system')];
  const about = { ...(message === undefined ? {} : { message }), ...(display === undefined ? {} : { display }), ...(system === undefined ? {} : { system }) };
  if (result === true) return { result: 'in', ...about };
  if (result !== false) throw new ServerSilent('its answer has no result');
  return { ...about, result: parts.some(({ name }) => unknowns.includes(name)) ? 'unknown' : 'out' };
};

const expandParts = (asked: ExpandAsked): Part[] => [
  ...setParts(asked.valueSet),
  ...given({
    filter: text(asked.filter), offset: count(asked.offset), count: count(asked.count), includeDesignations: flag(asked.includeDesignations), activeOnly: flag(asked.activeOnly),
    excludeNotForUI: flag(asked.excludeNotForUI), displayLanguage: codeOf(asked.displayLanguage), excludeNested: flag(true),
  }),
  ...(asked.designations ?? []).map((one): Part => ({ name: 'designation', valueString: one })),
  ...([['exclude-system', asked.excludeSystem], ['system-version', asked.systemVersion], ['check-system-version', asked.checkSystemVersion], ['force-system-version', asked.forceSystemVersion]] as const)
    .flatMap(([name, values = []]) => values.map((value): Part => ({ name, valueUri: value }))),
];

const flat = (contains: readonly ExpansionContains[]): ExpansionContains[] => contains.flatMap((one) => [one, ...flat(one.contains ?? [])]);

const expansionOf = (body: ValueSet & { readonly expansion?: { readonly total?: number; readonly offset?: number } }, asked: ExpandAsked): Expansion => {
  if (String(body.resourceType) !== 'ValueSet' || body.expansion === undefined) throw new ServerSilent('its answer is no expanded ValueSet');
  const { expansion, url, version, name, title, status } = body;
  const contains = flat(expansion.contains ?? []).flatMap(({ system, code, version: of, display, designation, inactive, abstract }): ExpandedConcept[] =>
    (system === undefined || code === undefined ? [] : [{ system, code, version: of, display, designation, inactive, abstract }]));
  return { valueSet: { resourceType: 'ValueSet', url, version, name, title, status }, total: expansion.total ?? contains.length, offset: expansion.offset ?? asked.offset ?? 0, contains, versions: [] };
};

const partText = ({ part = [] }: Part, name: string): string | undefined => textOf(part, name);

const conceptOf = (code: string, parts: readonly Part[]): FoundConcept => {
  const properties = parts.filter(({ name }) => name === 'property');
  const relatives = (name: string): Coding[] => properties.filter((one) => partText(one, 'code') === name).map((one) => ({ code: partText(one, 'value'), display: partText(one, 'description') }));
  const others = properties.filter((one) => !['parent', 'child', 'inactive', 'definition', 'abstract'].includes(partText(one, 'code') ?? ''));
  const isTrue = (name: string): boolean => properties.some(({ part = [] }) => textOf(part, 'code') === name && valueOf(part, 'value') === true);
  return {
    name: textOf(parts, 'name') ?? '', version: textOf(parts, 'version'), code, display: textOf(parts, 'display'),
    definition: textOf(parts, 'definition') ?? properties.map((one) => (partText(one, 'code') === 'definition' ? partText(one, 'value') : undefined)).find((value) => value !== undefined),
    designation: parts.filter(({ name }) => name === 'designation').map((one): Designation => ({ language: partText(one, 'language'), use: valueOf(one.part ?? [], 'use') as Coding | undefined, value: partText(one, 'value') ?? '' })),
    property: others.map(({ part = [] }): ConceptProperty => {
      const [member, value] = Object.entries(part.find(({ name }) => name === 'value') ?? {}).find(([name]) => name.startsWith('value')) ?? [];
      return { code: textOf(part, 'code') ?? '', ...(member === undefined ? {} : { [member]: value }) };
    }),
    parents: relatives('parent'), children: relatives('child'), inactive: isTrue('inactive'), abstract: isTrue('abstract'),
  };
};

const subsumesParts = ({ system, version, codeA, codeB }: SubsumesAsked): Part[] => given({ system: uri(system), version: text(version), codeA: codeOf(codeA), codeB: codeOf(codeB) });

const outcomes: readonly Subsumption[] = ['equivalent', 'subsumes', 'subsumed-by', 'not-subsumed'];
const outcomeOf = (parts: readonly Part[]): Subsumption => {
  const outcome = outcomes.find((one) => one === textOf(parts, 'outcome'));
  if (outcome === undefined) throw new ServerSilent('its answer has no outcome');
  return outcome;
};

const translationsOf = (parts: readonly Part[]): readonly Translation[] =>
  parts.filter(({ name }) => name === 'match').map((match): Translation => ({
    equivalence: partText(match, 'equivalence') ?? 'relatedto', concept: (valueOf(match.part ?? [], 'concept') ?? {}), source: partText(match, 'source') ?? '',
  }));
