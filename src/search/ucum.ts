/** Units of UCUM in their base units, so that `5.4 g` and `5400 mg` are one value (https://ucum.org/ucum). */
import { createRequire } from 'node:module';

export const ucumSystem = 'http://unitsofmeasure.org';

export interface CanonicalUnit {
  /** The base units with their exponents: `g.m-3`; `1` without dimension. */
  readonly unit: string;
  /** Rounded to 12 digits, so that the noise of the conversion does not tell equal values apart. */
  readonly toBase: (value: number) => number;
}

interface Converted {
  readonly status: string;
  readonly magnitude?: number;
  readonly unitToExp?: Readonly<Record<string, number>>;
}
interface Ucum {
  convertToBaseUnits(unit: string, value: number): Converted;
}

let library: Ucum | undefined;
/** Loaded when the first unit is met: most starts do not need it at once. */
const ucum = (): Ucum => {
  const load = createRequire(import.meta.url);
  library ??= (load('@lhncbc/ucum-lhc') as { UcumLhcUtils: { getInstance(): Ucum } }).UcumLhcUtils.getInstance();
  return library;
};

const round = (value: number): number => (Number.isInteger(value) && Math.abs(value) < 1e12 ? value : Number(value.toPrecision(12)));

const capacity = 4096;
const units = new Map<string, CanonicalUnit | null>();

/** Returns how values of a UCUM unit are canonicalized; undefined for what UCUM cannot convert: unknown, arbitrary (`[iU]`), not linear (`[pH]`). */
export const canonicalUnit = (code: string): CanonicalUnit | undefined => {
  const known = units.get(code);
  if (known !== undefined) return known ?? undefined;
  const made = code.length > 100 ? undefined : makeUnit(code);
  if (units.size >= capacity) units.clear();
  units.set(code, made ?? null);
  return made;
};

const makeUnit = (code: string): CanonicalUnit | undefined => {
  const [zero, one, two] = [0, 1, 2].map((value) => ucum().convertToBaseUnits(code, value));
  const [at0, at1, at2] = [zero?.magnitude, one?.magnitude, two?.magnitude];
  if (at0 === undefined || at1 === undefined || at2 === undefined || one?.unitToExp === undefined) return undefined;
  const factor = at1 - at0;
  const isLinear = factor > 0 && Math.abs(at2 - at0 - 2 * factor) <= 1e-9 * Math.abs(at2);
  if (!isLinear) return undefined;
  const unit = Object.entries(one.unitToExp).filter(([, power]) => power !== 0).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, power]) => (power === 1 ? name : `${name}${String(power)}`)).join('.');
  return { unit: unit === '' ? '1' : unit, toBase: (value) => round(value * factor + at0) };
};
