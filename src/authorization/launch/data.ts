/** What the authorization server needs to know of the record: names to choose from, and whom someone acts for. */
import { FhirError } from '../../core/error.js';
import { parseScopes } from '../../access/scope.js';
import { anonymousViewer, systemViewer, tokenViewer, type Viewer } from '../../access/viewer.js';
import type { InteractionName } from '../../interaction/request.js';
import type { Perform, Service } from '../../interaction/service.js';
import { unrecorded } from '../../interaction/unrecorded.js';
import type { KnownAccount } from '../account/account.js';

export interface PatientChoice {
  readonly id: string;
  readonly name: string;
  readonly birthDate?: string | undefined;
}

export interface EncounterChoice {
  readonly id: string;
  readonly words: string;
}

export interface RecordData {
  /** `for` someone who works here: only a patient they reach. */
  patient(id: string, forWhom?: KnownAccount): Promise<PatientChoice | undefined>;
  /** Patients by name that the person reaches, at most twenty. */
  findPatients(name: string, forWhom: KnownAccount): Promise<readonly PatientChoice[]>;
  /** The patient with this record number and date of birth, when it is one. */
  findByMrn(mrn: string, birthDate: string): Promise<{ readonly id: string; readonly name: string; readonly emails: readonly string[] } | undefined>;
  encounters(patient: string): Promise<readonly EncounterChoice[]>;
  /** Whether the encounter is one of the patient. */
  isEncounterOf(encounter: string, patient: string): Promise<boolean>;
  /** Ids of the patients that someone may act for: oneself, and whom one is a RelatedPerson of, now. */
  patientsOf(fhirUser: string): Promise<readonly string[]>;
  exists(reference: string): Promise<boolean>;
}

type Value = Readonly<Record<string, unknown>>;
const listOf = (value: unknown): readonly Value[] => (Array.isArray(value) ? value.filter((item): item is Value => typeof item === 'object' && item !== null) : []);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const nameOf = (resource: Value): string => {
  const [name] = listOf(resource['name']);
  if (name === undefined) return '—';
  const given = Array.isArray(name['given']) ? name['given'].filter((part): part is string => typeof part === 'string') : [];
  return textOf(name['text']) ?? [...given, textOf(name['family'])].filter((part) => part !== undefined).join(' ');
};

const idOf = (resource: Value): string => textOf(resource['id']) ?? '';
const choiceOf = (resource: Value): PatientChoice => ({ id: idOf(resource), name: nameOf(resource), birthDate: textOf(resource['birthDate']) });
const referenceIn = (resource: Value, element: string): string | undefined => textOf((resource[element] as Value | undefined)?.['reference']);

/** Someone chooses among the patients that they would reach themselves. */
const choosing = ({ id, role, fhirUser }: KnownAccount): Viewer =>
  (role === 'patient' ? anonymousViewer : tokenViewer({ client: 'authorization server', user: id, fhirUser, role, scopes: parseScopes('user/Patient.rs'), jti: 'choosing a patient', expires: Number.MAX_SAFE_INTEGER }));

/** Returns access to the record on behalf of the authorization server itself. */
export const makeRecordData = (service: Service, perform: Perform): RecordData => {
  const viewer = systemViewer('authorization server');
  const askOf = (of: () => Service) => async (interaction: InteractionName, about: { type: string; id?: string; params?: readonly (readonly [string, string])[] }, as: Viewer = viewer): Promise<Value | undefined> => {
    try {
      const { body } = await perform(of(), as, { interaction, params: [], ...about, method: 'GET', conditions: {}, prefer: {}, requestId: service.ids.request() });
      return body === undefined ? undefined : (JSON.parse(body) as Value);
    } catch (error) {
      if (error instanceof FhirError && error.status < 500) return undefined;
      throw error;
    }
  };
  const ask = askOf(() => service);
  const read = (type: string, id: string, as?: Viewer): Promise<Value | undefined> => ask('read', { type, id }, as);
  /** What is only decided by, and shown to nobody. */
  const decide = askOf(() => unrecorded(service));
  const look = (type: string, id: string): Promise<Value | undefined> => decide('read', { type, id });
  const search = async (type: string, params: readonly (readonly [string, string])[], as?: Viewer): Promise<readonly Value[]> =>
    listOf((await ask('search-type', { type, params }, as))?.['entry']).flatMap((entry) => (typeof entry['resource'] === 'object' && entry['resource'] !== null ? [entry['resource'] as Value] : []));

  const patientsOf = async (fhirUser: string): Promise<readonly string[]> => {
    const [type = '', id = ''] = fhirUser.split('/');
    if (type === 'Patient') return (await look('Patient', id)) === undefined ? [] : [id];
    const related = type === 'RelatedPerson' ? await look('RelatedPerson', id) : undefined;
    if (related === undefined || related['active'] === false || !isNow(related['period'], service.clock.now())) return [];
    const [target = '', patient] = (referenceIn(related, 'patient') ?? '').split('/');
    return target === 'Patient' && patient !== undefined && (await look('Patient', patient)) !== undefined ? [patient] : [];
  };

  return {
    patientsOf,
    patient: async (id, forWhom) => {
      const found = await read('Patient', id, forWhom === undefined ? undefined : choosing(forWhom));
      return found === undefined ? undefined : choiceOf(found);
    },
    findPatients: async (name, forWhom) => (await search('Patient', [...(name === '' ? [] : [['name', name] as const]), ['_count', '20']], choosing(forWhom))).map(choiceOf),
    findByMrn: async (mrn, birthDate) => {
      const [found, another] = await search('Patient', [['identifier', mrn.replace(/[\\,|$]/g, '\\$&')], ['birthdate', birthDate]]);
      if (found === undefined || another !== undefined) return undefined;
      const emails = listOf(found['telecom']).flatMap((contact) => (contact['system'] === 'email' ? textOf(contact['value']) ?? [] : []));
      return { id: idOf(found), name: nameOf(found), emails };
    },
    encounters: async (patient) => (await search('Encounter', [['patient', patient], ['_sort', '-date'], ['_count', '20']])).map((encounter) => ({ id: idOf(encounter), words: encounterWords(encounter) })),
    isEncounterOf: async (encounter, patient) => {
      const found = await read('Encounter', encounter);
      return found !== undefined && referenceIn(found, 'subject') === `Patient/${patient}`;
    },
    exists: async (reference) => {
      const [type = '', id = '', more] = reference.split('/');
      return more === undefined && (await look(type, id)) !== undefined;
    },
  };
};

const encounterWords = (encounter: Value): string => {
  const start = textOf((encounter['period'] as Value | undefined)?.['start'])?.slice(0, 16).replace('T', ' ');
  const [type] = listOf(encounter['type']);
  const words = textOf(type?.['text']) ?? textOf(listOf(type?.['coding'])[0]?.['display']) ?? textOf((encounter['class'] as Value | undefined)?.['display']);
  return [start, words, textOf(encounter['status'])].filter((part) => part !== undefined).join(' · ');
};

/** A period without an end goes on. */
const isNow = (period: unknown, now: number): boolean => {
  if (typeof period !== 'object' || period === null) return true;
  const { start, end } = period as { start?: unknown; end?: unknown };
  const startsAt = typeof start === 'string' ? Date.parse(start) : -Infinity;
  // An end without a time is the whole of that day.
  const endsAt = typeof end === 'string' ? Date.parse(end) + (end.length <= 10 ? 86_400_000 : 0) : Infinity;
  return startsAt <= now && now < endsAt;
};
