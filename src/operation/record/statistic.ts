/** What each statistic of measurements comes to (https://hl7.org/fhir/R4/valueset-observation-statistics.html). */

/** One measurement and when it was made, milliseconds since 1970. */
export interface Measurement {
  readonly value: number;
  readonly at: number;
}

/** What the values are in; `count` has no unit, the others that of the values, its square, or none. */
export type StatisticUnit = 'values' | 'square' | 'none' | 'per hour';

export interface StatisticResult {
  /** Undefined where there are too few values for it. */
  readonly value: number | undefined;
  readonly unit: StatisticUnit;
  /** Where a statistic has several results. */
  readonly part?: string | undefined;
}

interface Sample {
  /** Ascending. */
  readonly values: readonly number[];
  readonly measurements: readonly Measurement[];
  /** Measurements that had no usable value included. */
  readonly total: number;
}

interface Statistic {
  readonly display: string;
  readonly of: (sample: Sample) => readonly StatisticResult[];
}

const hour = 3_600_000;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
/** Mean of a power of the distances from the mean. */
const moment = (values: readonly number[], power: number): number => {
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** power));
};
/** Of a sample: the sum of squares over one less than their number. */
const variance = (values: readonly number[]): number | undefined => (values.length < 2 ? undefined : (moment(values, 2) * values.length) / (values.length - 1));
const root = (value: number | undefined): number | undefined => (value === undefined ? undefined : Math.sqrt(value));

/** Returns the value below which a share of the sample lies, between two values in proportion. */
const quantile = (values: readonly number[], share: number): number | undefined => {
  const place = (values.length - 1) * share;
  const [low, high] = [values[Math.floor(place)], values[Math.ceil(place)]];
  return low === undefined || high === undefined ? undefined : low + (high - low) * (place - Math.floor(place));
};

const standardized = (values: readonly number[], power: number): number | undefined => {
  const spread = moment(values, 2);
  return values.length < power || spread === 0 ? undefined : moment(values, power) / spread ** (power / 2);
};

/** Least squares over hours since the first measurement. */
const regression = ({ measurements }: Sample): readonly StatisticResult[] => {
  const first = measurements.reduce((least, { at }) => Math.min(least, at), Infinity);
  const points = measurements.filter(({ at }) => Number.isFinite(at)).map(({ value, at }) => ({ x: (at - first) / hour, y: value }));
  const [x, y] = [mean(points.map((point) => point.x)), mean(points.map((point) => point.y))];
  const spread = sum(points.map((point) => (point.x - x) ** 2));
  const gradient = points.length < 2 || spread === 0 ? undefined : sum(points.map((point) => (point.x - x) * (point.y - y))) / spread;
  return [{ part: 'gradient', unit: 'per hour', value: gradient }, { part: 'intercept', unit: 'values', value: gradient === undefined ? undefined : y - gradient * x }];
};

const single = (display: string, unit: StatisticUnit, of: (values: readonly number[]) => number | undefined): Statistic =>
  ({ display, of: ({ values }) => [{ unit, value: values.length === 0 ? undefined : of(values) }] });
const share = (display: string, part: number): Statistic => single(display, 'values', (values) => quantile(values, part));
const difference = (high: number | undefined, low: number | undefined): number | undefined => (high === undefined || low === undefined ? undefined : (high - low) / 2);

const statistics: ReadonlyMap<string, Statistic> = new Map<string, Statistic>([
  ['average', single('Average', 'values', mean)],
  ['maximum', single('Maximum', 'values', (values) => values.at(-1))],
  ['minimum', single('Minimum', 'values', (values) => values[0])],
  ['count', { display: 'Count', of: ({ values }) => [{ unit: 'none', value: values.length }] }],
  ['total-count', { display: 'Total Count', of: ({ total }) => [{ unit: 'none', value: total }] }],
  ['median', share('Median', 0.5)],
  ['std-dev', single('Standard Deviation', 'values', (values) => root(variance(values)))],
  ['sum', single('Sum', 'values', sum)],
  ['variance', single('Variance', 'square', variance)],
  ['20-percent', share('20th Percentile', 0.2)],
  ['80-percent', share('80th Percentile', 0.8)],
  ['4-lower', share('Lower Quartile', 0.25)],
  ['4-upper', share('Upper Quartile', 0.75)],
  ['4-dev', single('Quartile Deviation', 'values', (values) => difference(quantile(values, 0.75), quantile(values, 0.25)))],
  ['5-1', share('1st Quintile', 0.2)],
  ['5-2', share('2nd Quintile', 0.4)],
  ['5-3', share('3rd Quintile', 0.6)],
  ['5-4', share('4th Quintile', 0.8)],
  ['skew', single('Skew', 'none', (values) => standardized(values, 3))],
  ['kurtosis', single('Kurtosis', 'none', (values) => standardized(values, 4))],
  ['regression', { display: 'Regression', of: regression }],
]);

/** The codes of the value set. */
export const statisticCodes: readonly string[] = [...statistics.keys()];

export interface Computed extends StatisticResult {
  readonly code: string;
  readonly display: string;
}

/** Returns the statistics of measurements in one unit; `total` counts those without a usable value too. */
export const compute = (codes: readonly string[], measurements: readonly Measurement[], total: number): Computed[] => {
  const sample: Sample = { values: measurements.map(({ value }) => value).sort((a, b) => a - b), measurements, total };
  return codes.flatMap((code) => {
    const { display, of } = statistics.get(code) ?? { display: code, of: () => [] };
    return of(sample).map((result) => ({ ...result, code, display }));
  });
};
