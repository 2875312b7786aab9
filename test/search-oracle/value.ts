/** Where the values of search parameters stand, written down by hand from the specification, and read by plain loops: nothing of src/search is used. */

export type Json = Readonly<Record<string, unknown>>;

export type Kind = 'token' | 'string' | 'date' | 'number' | 'reference' | 'quantity';

export interface Row {
  readonly kind: Kind;
  /** Dotted paths from the resource; each step enters lists. */
  readonly paths: readonly string[];
  /** Only references to this type. */
  readonly only?: string;
}

const names = ['name.text', 'name.family', 'name.given', 'name.prefix', 'name.suffix'];
const address = (...parts: string[]): string[] => parts.map((part) => `address.${part}`);
const reference = (path: string, only?: string): Row => ({ kind: 'reference', paths: [path], ...(only === undefined ? {} : { only }) });
const token = (...paths: string[]): Row => ({ kind: 'token', paths });
const date = (...paths: string[]): Row => ({ kind: 'date', paths });
const text = (...paths: string[]): Row => ({ kind: 'string', paths });
const ofPatient = (path: string): Record<string, Row> => ({ subject: reference(path), patient: reference(path, 'Patient') });

/** Type to parameter to where it looks. */
export const table: Readonly<Record<string, Readonly<Record<string, Row>>>> = {
  Patient: {
    'family': text('name.family'), 'given': text('name.given'), 'name': text(...names), 'gender': token('gender'), 'birthdate': date('birthDate'),
    'identifier': token('identifier'), 'active': token('active'), 'address-city': text('address.city'), 'address-state': text('address.state'),
    'address': text(...address('text', 'line', 'city', 'district', 'state', 'postalCode', 'country')), 'organization': reference('managingOrganization'), 'general-practitioner': reference('generalPractitioner'),
  },
  Observation: {
    'code': token('code'), 'category': token('category'), 'status': token('status'), 'date': date('effectiveDateTime', 'effectivePeriod', 'effectiveInstant'),
    'value-quantity': { kind: 'quantity', paths: ['valueQuantity'] }, 'value-concept': token('valueCodeableConcept'), 'component-code': token('component.code'), 'encounter': reference('encounter', 'Encounter'), ...ofPatient('subject'),
  },
  Encounter: {
    'status': token('status'), 'class': token('class'), 'type': token('type'), 'date': date('period'), 'service-provider': reference('serviceProvider'), 'reason-code': token('reasonCode'), ...ofPatient('subject'),
  },
  Condition: {
    'code': token('code'), 'clinical-status': token('clinicalStatus'), 'onset-date': date('onsetDateTime', 'onsetPeriod'), 'recorded-date': date('recordedDate'), 'abatement-date': date('abatementDateTime', 'abatementPeriod'), 'encounter': reference('encounter', 'Encounter'), ...ofPatient('subject'),
  },
  MedicationRequest: { 'status': token('status'), 'intent': token('intent'), 'authoredon': date('authoredOn'), 'code': token('medicationCodeableConcept'), 'requester': reference('requester'), ...ofPatient('subject') },
  Organization: { name: text('name', 'alias'), active: token('active'), identifier: token('identifier') },
  Practitioner: { family: text('name.family'), given: text('name.given'), identifier: token('identifier'), active: token('active'), gender: token('gender') },
};

const step = (values: readonly unknown[], name: string): unknown[] =>
  values.flatMap((value) => {
    const inner = typeof value === 'object' && value !== null ? (value as Json)[name] : undefined;
    return inner === undefined || inner === null ? [] : Array.isArray(inner) ? inner as unknown[] : [inner];
  });

/** Returns the FHIR values under the paths of a row. */
export const valuesAt = (resource: Json, { paths }: Row): unknown[] => paths.flatMap((path) => path.split('.').reduce<unknown[]>(step, [resource]));

export interface Token {
  readonly system?: string | undefined;
  readonly code?: string | undefined;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Returns the codes of a code, Coding, CodeableConcept or Identifier. */
export const tokensOf = (value: unknown): Token[] => {
  if (typeof value !== 'object' || value === null) return [{ code: String(value) }];
  const { system, code, value: own, coding } = value as Json;
  if (Array.isArray(coding)) return (coding as unknown[]).flatMap(tokensOf);
  return system === undefined && code === undefined && own === undefined ? [] : [{ system: textOf(system), code: textOf(code) ?? textOf(own) }];
};

/** Milliseconds, both ends inclusive. */
export type Range = readonly [low: number, high: number];

const form = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3})\d*)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/** Returns the time a date covers. */
export const rangeOf = (value: string): Range => {
  const parts = form.exec(value);
  if (parts === null) throw new Error(`no date: ${value}`);
  const [, year = '', month, day, hour, minute, second, fraction, zone] = parts;
  const at = (y: number, m: number, d: number): number => Date.UTC(y, m, d);
  if (month === undefined) return [at(Number(year), 0, 1), at(Number(year) + 1, 0, 1) - 1];
  if (day === undefined) return [at(Number(year), Number(month) - 1, 1), at(Number(year), Number(month), 1) - 1];
  const start = at(Number(year), Number(month) - 1, Number(day));
  if (hour === undefined) return [start, start + 86_400_000 - 1];
  const offset = zone === undefined || zone === 'Z' ? 0 : (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6))) * 60_000;
  const low = start + Number(hour) * 3_600_000 + Number(minute) * 60_000 + Number(second ?? 0) * 1000 + Number((fraction ?? '0').padEnd(3, '0')) - offset;
  return [low, low + (second === undefined ? 60_000 : fraction === undefined ? 1000 : 10 ** (3 - fraction.length)) - 1];
};

/** Returns the time a date or Period covers; open ends are infinite. */
export const timeOf = (value: unknown): Range[] => {
  if (typeof value === 'string') return [rangeOf(value)];
  const { start, end } = value as { start?: string; end?: string };
  return start === undefined && end === undefined ? [] : [[start === undefined ? -Infinity : rangeOf(start)[0], end === undefined ? Infinity : rangeOf(end)[1]]];
};

const letters: Readonly<Record<string, string>> = { ß: 'ss', ø: 'o', ł: 'l', æ: 'ae', œ: 'oe', đ: 'd' };

/** Returns the text as a string search compares it: without punctuation, unless there is nothing else. */
export const plain = (value: string): string => {
  const bare = [...value.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase()].map((letter) => letters[letter] ?? letter).join('');
  const words = bare.replace(/\p{P}/gu, '').replace(/\s+/g, ' ').trim();
  return words === '' ? bare.trim() : words;
};
