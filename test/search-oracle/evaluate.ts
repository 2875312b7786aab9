/** What a search finds, by plain loops over JSON: the meaning of each criterion once more, apart from src/search. */
import { plain, rangeOf, table, timeOf, tokensOf, valuesAt, type Json, type Kind, type Range, type Row } from './value.js';

export interface Criterion {
  readonly param: string;
  readonly modifier?: 'missing' | 'not' | 'exact' | 'contains' | undefined;
  /** Alternatives, without escapes. */
  readonly values: readonly string[];
}

/** `param:Type.inner`: what the reference leads to must satisfy the inner criterion. */
export interface Chain {
  readonly link: string;
  readonly type: string;
  readonly inner: Criterion;
}

/** `_has:Type:link:inner`. */
export interface Has {
  readonly type: string;
  readonly link: string;
  readonly inner: Criterion;
}

export interface Query {
  readonly type: string;
  readonly criteria: readonly Criterion[];
  readonly chains: readonly Chain[];
  readonly has: readonly Has[];
  readonly sort?: { readonly param: string; readonly descending: boolean } | undefined;
}

export interface World {
  /** By type, in the order first stored. */
  readonly byType: ReadonlyMap<string, readonly Json[]>;
  readonly byName: ReadonlyMap<string, Json>;
}

const rowOf = (type: string, param: string): Row => {
  const row = table[type]?.[param];
  if (row === undefined) throw new Error(`no row for ${type}.${param}`);
  return row;
};

const targetsOf = (resource: Json, row: Row): string[] =>
  valuesAt(resource, row).flatMap((value) => {
    const { reference } = value as { reference?: string };
    return reference === undefined || (row.only !== undefined && !reference.startsWith(`${row.only}/`)) ? [] : [reference];
  });

const isToken = (value: unknown, wanted: string): boolean => {
  const bar = wanted.indexOf('|');
  const [system, code] = bar < 0 ? [undefined, wanted] : [wanted.slice(0, bar), wanted.slice(bar + 1)];
  return tokensOf(value).some((token) => (system === undefined || (system === '' ? token.system === undefined : token.system === system)) && (code === '' || token.code === code));
};

const isString = (value: unknown, wanted: string, modifier: Criterion['modifier']): boolean => {
  if (modifier === 'exact') return value === wanted;
  const own = plain(String(value));
  return modifier === 'contains' ? own.includes(plain(wanted)) : own.startsWith(plain(wanted));
};

const prefixForm = /^(eq|ne|gt|lt|ge|le|sa|eb)?(.*)$/s;
const split = (wanted: string): [string, string] => {
  const [, prefix = 'eq', rest = ''] = prefixForm.exec(wanted) ?? [];
  return [prefix, rest];
};

/** The table of prefixes, for intervals with both ends inclusive. */
const compares = (prefix: string, [low, high]: Range, [from, to]: Range): boolean => {
  const contained = from <= low && high <= to;
  switch (prefix) {
    case 'eq': return contained;
    case 'ne': return !contained;
    case 'gt': return high > to;
    case 'lt': return low < from;
    case 'ge': return high > to || contained;
    case 'le': return low < from || contained;
    case 'sa': return low > to;
    case 'eb': return high < from;
    default: throw new Error(`no prefix ${prefix}`);
  }
};

const isDate = (value: unknown, wanted: string): boolean => {
  const [prefix, rest] = split(wanted);
  return timeOf(value).some((own) => compares(prefix, own, rangeOf(rest)));
};

const digits = 24;
/** Decimals as whole numbers of 10^-24. */
const scaled = (decimal: string): bigint => {
  const [whole = '0', fraction = ''] = decimal.replace('-', '').split('.');
  const size = BigInt(whole + fraction.padEnd(digits, '0'));
  return decimal.startsWith('-') ? -size : size;
};

const comparesNumber = (prefix: string, own: bigint, decimal: string): boolean => {
  const exact = scaled(decimal);
  const half = 10n ** BigInt(digits - (decimal.split('.')[1] ?? '').length) / 2n;
  const [from, to] = decimal.startsWith('-') ? [exact - half + 1n, exact + half + 1n] : [exact - half, exact + half];
  const equals = own >= from && own < to;
  switch (prefix) {
    case 'eq': return equals;
    case 'ne': return !equals;
    case 'gt': case 'sa': return own > exact;
    case 'lt': case 'eb': return own < exact;
    case 'ge': return own >= exact;
    case 'le': return own <= exact;
    default: throw new Error(`no prefix ${prefix}`);
  }
};

const isQuantity = (value: unknown, wanted: string): boolean => {
  const { value: own, code, unit } = value as { value?: number; code?: string; unit?: string };
  const [prefix, rest] = split(wanted);
  const [decimal = '', , wantedUnit] = rest.split('|');
  if (own === undefined || (wantedUnit !== undefined && wantedUnit !== code && wantedUnit !== unit)) return false;
  return comparesNumber(prefix, scaled(String(own)), decimal);
};

const isValue: Readonly<Record<Kind, (value: unknown, wanted: string, modifier: Criterion['modifier']) => boolean>> = {
  token: isToken, string: isString, date: isDate, quantity: isQuantity, number: (value, wanted) => comparesNumber(split(wanted)[0], scaled(String(value)), split(wanted)[1]),
  reference: () => false,
};

const isPresent = (resource: Json, row: Row): boolean => {
  if (row.kind === 'reference') return targetsOf(resource, row).length > 0;
  const values = valuesAt(resource, row);
  return row.kind === 'date' ? values.some((value) => timeOf(value).length > 0) : row.kind === 'quantity' ? values.some((value) => typeof (value as Json)['value'] === 'number') : values.length > 0;
};

const satisfies = (resource: Json, type: string, { param, modifier, values }: Criterion): boolean => {
  if (param === '_id') return values.includes(String(resource['id']));
  const row = rowOf(type, param);
  if (modifier === 'missing') return values.includes(String(!isPresent(resource, row)));
  const found = row.kind === 'reference'
    ? targetsOf(resource, row).some((target) => values.some((wanted) => (wanted.includes('/') ? wanted === target : target.endsWith(`/${wanted}`))))
    : valuesAt(resource, row).some((value) => values.some((wanted) => isValue[row.kind](value, wanted, modifier)));
  return modifier === 'not' ? !found : found;
};

const leads = (world: World, resource: Json, type: string, { link, type: target, inner }: Chain): boolean =>
  targetsOf(resource, rowOf(type, link)).some((name) => {
    const other = name.startsWith(`${target}/`) ? world.byName.get(name) : undefined;
    return other !== undefined && satisfies(other, target, inner);
  });

const isReferredTo = (world: World, name: string, { type, link, inner }: Has): boolean =>
  (world.byType.get(type) ?? []).some((other) => targetsOf(other, rowOf(type, link)).includes(name) && satisfies(other, type, inner));

type SortValue = string | number | null;

const sortValue = (resource: Json, row: Row, descending: boolean): SortValue => {
  const values = valuesAt(resource, row).flatMap((value): (string | number)[] => (row.kind === 'date' ? timeOf(value).map(([low]) => low) : row.kind === 'string' ? [plain(String(value))] : []));
  if (values.length === 0) return null;
  return values.reduce((best, value) => ((value < best) !== descending && value !== best ? value : best));
};

/** Returns the ids found, in their order. */
export const evaluate = (world: World, { type, criteria, chains, has, sort }: Query): string[] => {
  const found = (world.byType.get(type) ?? []).filter((resource) =>
    criteria.every((one) => satisfies(resource, type, one)) && chains.every((one) => leads(world, resource, type, one)) && has.every((one) => isReferredTo(world, `${type}/${String(resource['id'])}`, one)));
  if (sort === undefined) return found.map(({ id }) => String(id));
  const row = rowOf(type, sort.param);
  const keyed = found.map((resource) => ({ id: String(resource['id']), key: sortValue(resource, row, sort.descending) }));
  return keyed.sort((a, b) => {
    if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null);
    const order = a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
    return sort.descending ? -order : order;
  }).map(({ id }) => id);
};
