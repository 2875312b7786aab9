/** $stats of Observation (https://hl7.org/fhir/R4/observation-operation-stats.html): statistics of a subject's measurements, code by code. */
import { FhirError } from '../../core/error.js';
import { toInstant } from '../../core/clock.js';
import { nearName } from '../../core/near-name.js';
import type { Context } from '../../interaction/context.js';
import { find } from '../../interaction/gate.js';
import { handlingOf } from '../../interaction/params.js';
import type { Operation } from '../../interaction/service.js';
import { planSearch } from '../../search/request.js';
import type { Position, SearchPlan } from '../../store/plan.js';
import type { Version } from '../../store/resource.js';
import { parametersText, readParameters, type AnswerPart, type JsonObject, type OperationParameters, type ParameterRules } from '../parameters.js';
import { measurementsIn, type CodeAsked, type Series } from './measurements.js';
import { compute, statisticCodes, type Computed } from './statistic.js';

const rules: ParameterRules = {
  subject: { kind: 'text' }, code: { kind: 'text', many: true }, system: { kind: 'text' }, coding: { kind: 'Coding', many: true }, duration: { kind: 'decimal' },
  period: { kind: 'Period' }, statistic: { kind: 'text', many: true }, include: { kind: 'boolean' }, limit: { kind: 'integer' },
};

export const stats: Operation = {
  name: 'stats',
  definition: 'http://hl7.org/fhir/OperationDefinition/Observation-stats',
  levels: ['type'],
  types: ['Observation'],
  affectsState: false,
  handle: async (context) => {
    const asked = readAsked(readParameters(context, rules), context.service.clock.now());
    const versions = await observationsOf(context, asked);
    const series = measurementsIn(versions.map(({ body = '{}' }) => JSON.parse(body) as JsonObject), asked.codes);
    const statistics = series.map((one): AnswerPart => ({ name: 'statistics', resource: observationOf(asked, one) }));
    const sources = asked.include ? versions.slice(0, asked.limit).map(({ body = '{}' }): AnswerPart => ({ name: 'source', resource: JSON.parse(body) as JsonObject })) : [];
    return { status: 200, body: parametersText([...statistics, ...sources]) };
  },
};

interface StatsAsked {
  readonly subject: string;
  readonly codes: readonly CodeAsked[];
  readonly period: { readonly start?: string | undefined; readonly end?: string | undefined };
  readonly statistics: readonly string[];
  readonly include: boolean;
  readonly limit: number | undefined;
}

/** The definition says `max` and `min` in words, the value set has these codes. */
const written: Readonly<Record<string, string>> = { max: 'maximum', min: 'minimum' };

const readAsked = (given: OperationParameters, now: number): StatsAsked => {
  const subject = given.text('subject');
  if (subject === undefined) throw new FhirError('invalid-parameter', '$stats needs to know of whom: add subject, such as Patient/123.', given.placeOf('subject'));
  const limit = given.count('limit');
  if (limit === 0) throw new FhirError('invalid-parameter', 'limit must be a whole number of 1 or more.', given.placeOf('limit'));
  return { subject, codes: readCodes(given), period: readPeriod(given, now), statistics: readStatistics(given), include: given.flag('include') ?? false, limit };
};

const readCodes = (given: OperationParameters): CodeAsked[] => {
  const system = given.text('system');
  const codings = given.objects('coding').map((coding): CodeAsked => ({ coding, system: textIn(coding['system']), code: textIn(coding['code']) ?? '' }));
  const codes = given.texts('code').map((code): CodeAsked => ({ system, code, coding: { ...(system === undefined ? {} : { system }), code } }));
  const all = [...codes, ...codings].filter(({ code }) => code !== '');
  if (all.length === 0) throw new FhirError('invalid-parameter', '$stats needs to know of what: add code and system, or coding.', given.placeOf('code'));
  if (all.some((one) => /[,$\\|]/.test(`${one.system ?? ''}${one.code}`))) throw new FhirError('invalid-parameter', 'A code or system has a character that no code has.', given.placeOf('code'));
  return all;
};

const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const readPeriod = (given: OperationParameters, now: number): StatsAsked['period'] => {
  const [hours, period] = [given.decimal('duration'), given.object('period')];
  if (hours !== undefined && period !== undefined) throw new FhirError('invalid-parameter', 'duration and period name one time twice; give one of them.', given.placeOf('duration'));
  if (hours !== undefined) return { start: toInstant(now - Math.round(hours * 3_600_000)), end: toInstant(now) };
  return { start: textIn(period?.['start']), end: textIn(period?.['end']) };
};

const readStatistics = (given: OperationParameters): string[] => {
  const codes = given.texts('statistic').map((code) => written[code] ?? code);
  if (codes.length === 0) throw new FhirError('invalid-parameter', '$stats needs to know which statistics: add statistic, such as average.', given.placeOf('statistic'));
  const unknown = codes.find((code) => !statisticCodes.includes(code));
  if (unknown === undefined) return [...new Set(codes)];
  const near = nearName(unknown, statisticCodes);
  throw new FhirError('invalid-parameter', `"${unknown.slice(0, 40)}" is not a statistic; it must be one of ${statisticCodes.join(', ')}.${near === undefined ? '' : ` Did you mean ${near}?`}`, given.placeOf('statistic'));
};

/** Observations looked at for one answer. */
const mostObservations = 20_000;
const pageSize = 500;

const planOf = (context: Context, { subject, codes, period }: StatsAsked): SearchPlan => {
  const { registry, options: { baseUrl }, clock } = context.service;
  const params: [string, string][] = [['subject', subject], ['combo-code', codes.map(({ system, code }) => (system === undefined ? code : `${system}|${code}`)).join(',')], ['status:not', 'entered-in-error']];
  if (period.start !== undefined) params.push(['date', `ge${period.start}`]);
  if (period.end !== undefined) params.push(['date', `le${period.end}`]);
  return planSearch({ registry, types: ['Observation'], params, handling: handlingOf(context), baseUrl, pageSize, maxPageSize: pageSize, now: clock.now() }).plan;
};

const observationsOf = async (context: Context, asked: StatsAsked): Promise<Version[]> => {
  const plan = planOf(context, asked);
  const found: Version[] = [];
  let after: Position | undefined;
  do {
    const { matches, next } = await find(context, { ...plan, count: pageSize, after }, { signal: context.request.signal });
    found.push(...matches);
    after = next;
    if (after !== undefined && found.length >= mostObservations) throw new FhirError('too-costly', `$stats would look at more than ${String(mostObservations)} Observations; name a shorter period.`);
  } while (after !== undefined);
  return found;
};

const ucum = 'http://unitsofmeasure.org';
const statisticsSystem = 'http://terminology.hl7.org/CodeSystem/observation-statistics';

const observationOf = ({ subject, period, statistics }: StatsAsked, { code, unit, measurements, total }: Series): JsonObject => {
  const times = measurements.map(({ at }) => at).filter((at) => Number.isFinite(at));
  const covered = times.length === 0 ? {} : { start: toInstant(Math.min(...times)), end: toInstant(Math.max(...times)) };
  const effective = period.start === undefined && period.end === undefined ? covered : period;
  return {
    resourceType: 'Observation', status: 'final', code, subject: { reference: subject },
    ...(Object.keys(effective).length === 0 ? {} : { effectivePeriod: effective }),
    component: compute(statistics, measurements, total).map((computed) => componentOf(computed, unit)),
  };
};

const componentOf = ({ code, display, part, value, unit: kind }: Computed, unit: string): JsonObject => {
  const named = { coding: [{ system: statisticsSystem, code, display }], ...(part === undefined ? {} : { text: part }) };
  if (value === undefined) return { code: named, dataAbsentReason: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code: 'not-applicable', display: 'Not Applicable' }] } };
  const own = { 'values': unit, 'square': `(${unit})2`, 'per hour': `${unit}/h`, 'none': '1' }[kind];
  return { code: named, valueQuantity: { value: Number(value.toPrecision(12)), unit: own, system: ucum, code: own } };
};
