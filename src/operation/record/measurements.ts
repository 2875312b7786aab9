/** The measurements in Observations, code by code and in one unit each (https://hl7.org/fhir/R4/observation-operation-stats.html). */
import { dateRange } from '../../fhir/partial-date.js';
import { itemsOf, membersOf } from '../../search/param/param-type.js';
import { canonicalUnit, ucumSystem } from '../../search/ucum.js';
import type { JsonObject } from '../parameters.js';
import type { Measurement } from './statistic.js';

export interface CodeAsked {
  readonly system: string | undefined;
  readonly code: string;
  readonly coding: JsonObject;
}

/** What was measured of one code. */
export interface Series {
  /** As the first Observation has it, or as it was asked for. */
  readonly code: JsonObject;
  /** UCUM; `1` where there is no value. */
  readonly unit: string;
  readonly measurements: readonly Measurement[];
  /** Those without a value that can be compared included. */
  readonly total: number;
}

interface Found {
  readonly code: JsonObject;
  readonly value: JsonObject;
  readonly at: number;
  /** Something the server does not understand may change what the value means. */
  readonly isModified: boolean;
}

/** Returns one series for each code asked for; of a panel one for each code of its parts. */
export const measurementsIn = (observations: readonly JsonObject[], codes: readonly CodeAsked[]): Series[] => codes.flatMap((asked) => seriesOf(observations, asked));

const seriesOf = (observations: readonly JsonObject[], asked: CodeAsked): Series[] => {
  const own = observations.flatMap((observation) => valuesOf(observation, asked));
  const panels = observations.filter((observation) => isPanel(observation, asked));
  if (panels.length === 0) return [toSeries(own, { coding: [asked.coding] })];
  const byCode = new Map<string, Found[]>();
  for (const one of panels.flatMap(partsOf)) {
    const name = JSON.stringify(itemsOf(one.code['coding']).map(membersOf).map(({ system, code }) => [system, code])[0] ?? one.code['text']);
    byCode.set(name, [...(byCode.get(name) ?? []), one]);
  }
  return [...(own.length > 0 ? [toSeries(own, { coding: [asked.coding] })] : []), ...[...byCode.values()].map((found) => toSeries(found, found[0]?.code ?? {}))];
};

const hasCode = (concept: unknown, { system, code }: CodeAsked): boolean =>
  itemsOf(membersOf(concept)['coding']).map(membersOf).some((coding) => coding['code'] === code && (system === undefined || coding['system'] === system));

const isPanel = (observation: JsonObject, asked: CodeAsked): boolean =>
  hasCode(observation['code'], asked) && observation['valueQuantity'] === undefined && itemsOf(observation['component']).length > 0;

const partsOf = (observation: JsonObject): Found[] => itemsOf(observation['component']).map((component) => found(observation, membersOf(component)));

const valuesOf = (observation: JsonObject, asked: CodeAsked): Found[] => [
  ...(hasCode(observation['code'], asked) && !isPanel(observation, asked) ? [found(observation, observation)] : []),
  ...partsOf(observation).filter(({ code }) => hasCode(code, asked)),
];

const found = (observation: JsonObject, part: JsonObject): Found =>
  ({ code: membersOf(part['code']), value: membersOf(part['valueQuantity']), at: timeOf(observation), isModified: 'modifierExtension' in observation || 'modifierExtension' in part });

const timeOf = ({ effectiveDateTime, effectiveInstant, effectivePeriod }: JsonObject): number => {
  const when = effectiveDateTime ?? effectiveInstant ?? membersOf(effectivePeriod)['start'];
  return (typeof when === 'string' ? dateRange(when)?.low : undefined) ?? Number.NaN;
};

/** The unit of the first value counts; others are converted to it, and what measures something else is no value of this series. */
const toSeries = (all: readonly Found[], code: JsonObject): Series => {
  const values = all.flatMap(({ value, at, isModified }) => {
    const { value: number, code: unit, system } = value;
    const canonical = typeof unit === 'string' && system === ucumSystem ? canonicalUnit(unit) : undefined;
    return isModified || typeof number !== 'number' || typeof unit !== 'string' || system !== ucumSystem || value['comparator'] !== undefined ? [] : [{ number, unit, canonical, at }];
  });
  const [first] = values;
  const measurements = values.flatMap(({ number, unit, canonical, at }): Measurement[] => {
    if (unit === first?.unit) return [{ value: number, at }];
    const base = first?.canonical;
    if (base === undefined || canonical === undefined || base.unit !== canonical.unit) return [];
    const [zero, one] = [base.toBase(0), base.toBase(1)];
    return [{ value: (canonical.toBase(number) - zero) / (one - zero), at }];
  });
  return { code, unit: first?.unit ?? '1', measurements, total: all.length };
};
