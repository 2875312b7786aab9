/** Random searches over what is stored, from a seed: values are taken from resources and changed a little. */
import type { Chain, Criterion, Has, Query, World } from './evaluate.js';
import { rangeOf, table, timeOf, tokensOf, valuesAt, type Json, type Row } from './value.js';

/** Returns numbers from 0 to 1 (mulberry32). */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

interface Source {
  readonly world: World;
  readonly random: () => number;
}

const pick = <T>({ random }: Source, list: readonly T[]): T => {
  if (list.length === 0) throw new Error('nothing to pick from');
  return list[Math.floor(random() * list.length)] as T;
};
const chance = ({ random }: Source, share: number): boolean => random() < share;

const prefixes = ['', '', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb'];

/** Returns a value that occurs, of another resource now and then. */
const someValue = (source: Source, type: string, row: Row): unknown => {
  const all = source.world.byType.get(type) ?? [];
  for (let tried = 0; tried < 12; tried += 1) {
    const values = valuesAt(pick(source, all), row);
    if (values.length > 0) return pick(source, values);
  }
  return undefined;
};

const dateText = (source: Source, value: unknown): string | undefined => {
  const times = timeOf(value).flat().filter((time) => Number.isFinite(time));
  if (times.length === 0) return undefined;
  const iso = new Date(pick(source, times) + Math.round((source.random() - 0.5) * 3 * 86_400_000)).toISOString();
  const cut = pick(source, [4, 7, 10, 10, 10, 16, 19, 23]);
  const text = cut < 16 ? iso.slice(0, cut) : `${iso.slice(0, cut)}${pick(source, ['Z', '+02:00', '-05:30'])}`;
  rangeOf(text);
  return pick(source, prefixes) + text;
};

const tokenText = (source: Source, value: unknown): string | undefined => {
  const tokens = tokensOf(value);
  if (tokens.length === 0) return undefined;
  const { system, code } = pick(source, tokens);
  if (code === undefined) return undefined;
  if (system === undefined) return code;
  return pick(source, [code, `${system}|${code}`, `${system}|${code}`, `|${code}`, `${system}|`]);
};

const stringText = (source: Source, value: unknown, modifier: Criterion['modifier']): string | undefined => {
  const text = String(value);
  if (modifier === 'exact') return chance(source, 0.7) ? text : text.toUpperCase();
  const start = modifier === 'contains' ? Math.floor(source.random() * text.length) : 0;
  const part = text.slice(start, start + 1 + Math.floor(source.random() * 6)).trim();
  return part === '' ? undefined : pick(source, [part, part.toUpperCase(), part.toLowerCase()]);
};

const quantityText = (source: Source, value: unknown): string | undefined => {
  const { value: own, unit, code } = value as { value?: number; unit?: string; code?: string };
  if (own === undefined || Math.abs(own) > 1e9) return undefined;
  const number = pick(source, [String(own), own.toFixed(1), own.toFixed(0), (own * (0.9 + source.random() * 0.2)).toFixed(2)]);
  const tail = pick(source, ['', '', unit === undefined ? '' : `||${unit}`, code === undefined ? '' : `||${code}`]);
  return /e/.test(number) ? undefined : pick(source, prefixes) + number + tail;
};

const valueText = (source: Source, row: Row, value: unknown, modifier: Criterion['modifier']): string | undefined => {
  if (value === undefined) return undefined;
  switch (row.kind) {
    case 'date': return dateText(source, value);
    case 'token': return tokenText(source, value);
    case 'string': return stringText(source, value, modifier);
    case 'quantity': return quantityText(source, value);
    case 'reference': {
      const { reference } = value as { reference?: string };
      if (reference === undefined || !/^[A-Z][a-zA-Z]+\/[\w.-]+$/.test(reference) || (row.only !== undefined && !reference.startsWith(`${row.only}/`))) return undefined;
      return chance(source, 0.5) ? reference : reference.split('/')[1];
    }
    case 'number': return typeof value === 'number' ? String(value) : undefined;
  }
};

const modifierFor = (source: Source, { kind }: Row): Criterion['modifier'] => {
  if (chance(source, 0.08)) return 'missing';
  if (kind === 'token' && chance(source, 0.2)) return 'not';
  return kind === 'string' ? pick(source, [undefined, undefined, 'exact', 'contains'] as const) : undefined;
};

const criterion = (source: Source, type: string): Criterion | undefined => {
  const rows = Object.entries(table[type] ?? {});
  const [param, row] = pick(source, rows);
  const modifier = modifierFor(source, row);
  if (modifier === 'missing') return { param, modifier, values: [pick(source, ['true', 'false'])] };
  const values = Array.from({ length: chance(source, 0.25) ? 3 : 1 }, () => valueText(source, row, someValue(source, type, row), modifier)).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : { param, modifier, values };
};

const sure = <T>(make: () => T | undefined): T => {
  for (let tried = 0; tried < 200; tried += 1) {
    const made = make();
    if (made !== undefined) return made;
  }
  throw new Error('nothing can be asked of what is stored');
};

const linkTo: Readonly<Record<string, readonly (readonly [link: string, type: string])[]>> = {
  Observation: [['subject', 'Patient'], ['patient', 'Patient'], ['encounter', 'Encounter']], Encounter: [['patient', 'Patient']], Condition: [['subject', 'Patient'], ['encounter', 'Encounter']],
  MedicationRequest: [['patient', 'Patient']], Patient: [],
};

/** Returns a query on one of the types stored. */
export const randomQuery = (world: World, seed: number): Query => {
  const source: Source = { world, random: randomFrom(seed) };
  const type = pick(source, Object.keys(table).filter((each) => (world.byType.get(each) ?? []).length > 0));
  const count = chance(source, 0.4) ? 2 : 1;
  const links = linkTo[type] ?? [];
  const chains: Chain[] = links.length > 0 && chance(source, 0.25) ? [sure(() => {
    const [link, target] = pick(source, links);
    const inner = (world.byType.get(target) ?? []).length === 0 ? undefined : criterion(source, target);
    return inner && { link, type: target, inner };
  })] : [];
  const has: Has[] = type === 'Patient' && chance(source, 0.3) ? [sure(() => {
    const from = pick(source, ['Observation', 'Encounter', 'Condition'].filter((each) => (world.byType.get(each) ?? []).length > 0));
    const inner = criterion(source, from);
    return inner && { type: from, link: 'patient', inner };
  })] : [];
  const sortable = Object.entries(table[type] ?? {}).filter(([, { kind }]) => kind === 'date' || kind === 'string').map(([param]) => param);
  const sort = sortable.length > 0 && chance(source, 0.3) ? { param: pick(source, sortable), descending: chance(source, 0.5) } : undefined;
  return { type, criteria: Array.from({ length: count }, () => sure(() => criterion(source, type))), chains, has, sort };
};

const escaped = (value: string): string => value.replace(/[\\,$]/g, '\\$&');
/** A bar stands between system and code, or value and unit, of these; elsewhere it is text. */
const written = (type: string, { param, values }: Criterion): string =>
  values.map((value) => (table[type]?.[param]?.kind === 'string' ? escaped(value).replaceAll('|', '\\|') : escaped(value))).join(',');
const named = ({ param, modifier }: Criterion): string => (modifier === undefined ? param : `${param}:${modifier}`);

/** Returns the query as a client would send it. */
export const urlOf = ({ type, criteria, chains, has, sort }: Query, count: number): string => {
  const params: [string, string][] = [
    ...criteria.map((one): [string, string] => [named(one), written(type, one)]),
    ...chains.map((one): [string, string] => [`${one.link}:${one.type}.${named(one.inner)}`, written(one.type, one.inner)]),
    ...has.map((one): [string, string] => [`_has:${one.type}:${one.link}:${named(one.inner)}`, written(one.type, one.inner)]),
    ...(sort === undefined ? [] : [['_sort', `${sort.descending ? '-' : ''}${sort.param}`] as [string, string]]),
    ['_count', String(count)],
  ];
  return `${type}?${new URLSearchParams(params).toString()}`;
};

export const worldOf = (resources: readonly Json[]): World => {
  const byType = new Map<string, Json[]>();
  for (const resource of resources) {
    const type = String(resource['resourceType']);
    const own = byType.get(type);
    if (own === undefined) byType.set(type, [resource]);
    else own.push(resource);
  }
  return { byType, byName: new Map(resources.map((resource) => [`${String(resource['resourceType'])}/${String(resource['id'])}`, resource])) };
};
