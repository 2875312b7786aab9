/**
 * Where a resource stands in the orders that an index keeps: by the date of its type, whole and for each patient, and by its last change
 * (https://hl7.org/fhir/R4/search.html#sort). Of a place there is one scalar text, rising in the index for either direction: the value in
 * hexadecimal (its opposite, descending), resources without one behind all others, then the position first stored. A page goes on behind
 * a place by one comparison with it.
 */
import type { SortKey } from '../store/plan.js';
import { referenceText } from '../store-index/index-text.js';
import type { Keys } from '../store-index/keys.js';
import { kinds, PackedCursor } from '../store-index/packed.js';
import { readersOf, type SortValue } from '../store-index/sort.js';
import { hexNumber, valueKey } from './index-keys.js';

/** Fields of a resource: in which lists it stands, and its place in each order. */
export interface Order {
  readonly lists: readonly number[];
  readonly dateUp: string;
  readonly dateDown: string;
  readonly changeUp: string;
  readonly changeDown: string;
}

export const orderFields = ['dateUp', 'dateDown', 'changeUp', 'changeDown'] as const;
export type OrderField = typeof orderFields[number];

/** The date a type is listed by, where it is not called so. */
const dates: Readonly<Record<string, string>> = {
  Account: 'period', Basic: 'created', Bundle: 'timestamp', ChargeItem: 'occurrence', Claim: 'created', ClaimResponse: 'created', Communication: 'sent', CommunicationRequest: 'authored',
  Condition: 'onset-date', Contract: 'issued', CoverageEligibilityRequest: 'created', CoverageEligibilityResponse: 'created', DetectedIssue: 'identified', DeviceRequest: 'authored-on',
  DocumentManifest: 'created', ExplanationOfBenefit: 'created', Goal: 'start-date', ImagingStudy: 'started', Media: 'created', Medication: 'expiration-date',
  MedicationAdministration: 'effective-time', MedicationDispense: 'whenhandedover', MedicationRequest: 'authoredon', MedicationStatement: 'effective', NutritionOrder: 'datetime',
  Patient: 'birthdate', PaymentNotice: 'created', PaymentReconciliation: 'created', Person: 'birthdate', Provenance: 'recorded', QuestionnaireResponse: 'authored', RelatedPerson: 'birthdate',
  RequestGroup: 'authored', ServiceRequest: 'authored', Slot: 'start', Specimen: 'collected', Substance: 'expiry', Task: 'authored-on', TestReport: 'issued',
};

/** Returns the parameter whose order an index keeps for a type. */
export const dateOf = (type: string): string => dates[type] ?? 'date';

const patients = 'Patient/';
/** No parameter has a space in its name. */
const listParam = 'in order';

/** Returns the number of all resources of a type, or of those that refer to a patient. */
export const listKey = (keys: Keys, type: string, patient?: string): number =>
  valueKey(keys, keys.param(type, listParam), { within: 0, value: patient === undefined ? '' : referenceText(patient) });

/** Returns whether resources that refer to it have a list of their own. */
export const hasList = (target: string): boolean => target.startsWith(patients);

/** What orders are made of. */
export interface Ordered {
  readonly type: string;
  readonly id: string;
  readonly updated: number;
  readonly first: number;
  readonly deleted: boolean;
  readonly packed: Uint8Array;
}

/** Returns the fields of a resource; one that is deleted stands in no list. */
export const orderOf = ({ type, id, updated, first, deleted, packed }: Ordered, keys: Keys): Order => {
  const entries = new PackedCursor(Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength));
  const dateOr = (descending: boolean): SortValue => readersOf([{ param: dateOf(type), kind: 'date', descending }], type, keys)[0]?.({ id, updated, entries }) ?? null;
  return {
    lists: deleted ? [] : listsOf(type, entries, keys),
    dateUp: placeText(dateOr(false), first, false), dateDown: placeText(dateOr(true), first, true),
    changeUp: placeText(updated, first, false), changeDown: placeText(updated, first, true),
  };
};

const listsOf = (type: string, entries: PackedCursor, keys: Keys): number[] => {
  const lists = new Set([listKey(keys, type)]);
  entries.rewind();
  while (entries.next()) if (entries.kind === kinds.reference && hasList(entries.text)) lists.add(listKey(keys, type, entries.text));
  return [...lists];
};

/** Hexadecimal digits of a position of the feed, which is below 2^53. */
const positionDigits = 14;
/** Behind every digit. */
const withoutValue = 'z';

/** Returns the place of a value, and of the position first stored among equal ones. */
export const placeText = (value: SortValue, first: number, descending: boolean): string => {
  const number = Number(value);
  return `${value === null ? withoutValue : hexNumber(descending ? -number : number)}${first.toString(16).padStart(positionDigits, '0')}`;
};

/** Returns the field whose index keeps the order asked for; undefined: none does. */
export const orderFor = (sort: readonly SortKey[], type: string): OrderField | undefined => {
  const [key, another] = sort;
  if (key === undefined || another !== undefined) return undefined;
  if (key.param === '_lastUpdated') return key.descending ? 'changeDown' : 'changeUp';
  return key.param === dateOf(type) && key.kind === 'date' ? (key.descending ? 'dateDown' : 'dateUp') : undefined;
};
