/** What a Consent says, read leniently into rules: what cannot be read is kept as doubt (https://hl7.org/fhir/R4/consent.html). */
import { dateRange, endOfTime, type TimeRange } from '../../fhir/partial-date.js';

export type Effect = 'permit' | 'deny';

/** `system` undefined: none was given. */
export interface Code {
  readonly system?: string | undefined;
  readonly code: string;
}

export type DataMeaning = 'instance' | 'related' | 'dependents' | 'authoredby';

/** Resources that a rule is about; undefined members do not narrow, and all that are there must hold. */
export interface Concern {
  /** Any of these types. */
  readonly types?: readonly string[] | undefined;
  /** Any of these codes. */
  readonly codes?: readonly Code[] | undefined;
  /** All of these labels. */
  readonly labels?: readonly Code[] | undefined;
  /** A level of confidentiality among the labels stands for those up to it; else for those from it on. */
  readonly upTo?: true | undefined;
  readonly dataPeriod?: TimeRange | undefined;
  /** Any of these: `reference` is `Type/id`. */
  readonly data?: readonly { readonly meaning: DataMeaning; readonly reference: string }[] | undefined;
  /** Something that narrows cannot be read. */
  readonly doubt?: true | undefined;
}

/** One provision, its exceptions inside of it. */
export interface Provision {
  /** Undefined: it only holds what its exceptions have in common. */
  readonly effect?: Effect | undefined;
  /** Names as `nameOf` writes them; undefined: everyone. */
  readonly actors?: readonly string[] | undefined;
  /** When the rule holds, inclusive; undefined: always. */
  readonly period?: TimeRange | undefined;
  /** Codes of v3-ActReason; undefined: for whatever purpose. */
  readonly purposes?: readonly string[] | undefined;
  /** Codes of consentaction; undefined: all. */
  readonly actions?: readonly string[] | undefined;
  readonly concern: Concern;
  readonly exceptions: readonly Provision[];
}

type Json = Readonly<Record<string, unknown>>;

const objectOf = (value: unknown): Json => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {});
const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(objectOf) : []);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const some = <T>(items: readonly T[]): readonly T[] | undefined => (items.length === 0 ? undefined : items);

/** What client_ids are values of, where `actor.reference.identifier` names an app. */
export const clientSystem = 'https://concierge-fhir.example.org/NamingSystem/client-id';

/** Returns the name of someone who is identified and not referred to: `system|value`. */
export const identifiedName = (system: string, value: string): string => `${system}|${value}`;

const privacyScope = 'patient-privacy';

/** Returns whether the Consent is one that rules access to a record now. */
export const isPrivacyConsent = (consent: Json): boolean =>
  consent['status'] === 'active' && listOf(objectOf(consent['scope'])['coding']).some(({ code }) => code === privacyScope);

/** Returns the id of the patient whose record the Consent is about; undefined when it names none of this server. */
export const patientOf = (consent: Json, baseUrl: string): string | undefined => {
  const name = literalName(objectOf(consent['patient'])['reference'], baseUrl);
  return name?.startsWith('Patient/') === true ? name.slice('Patient/'.length) : undefined;
};

/** Returns what the Consent says: its root provision, or the policy alone. */
export const readConsent = (consent: Json, baseUrl: string): Provision => {
  const root = readProvision(objectOf(consent['provision']), baseUrl);
  return root.effect === undefined && isOptOut(consent['policyRule']) ? { ...root, effect: 'deny' } : root;
};

/** Without a type of its own the root provision limits what the policy denies; an opt-in permits nothing beyond what is so anyway. */
const isOptOut = (policyRule: unknown): boolean => listOf(objectOf(policyRule)['coding']).some(({ code }) => textOf(code)?.startsWith('OPTOUT') === true);

/** Deeper nesting is cut off, which leaves what stands around it. */
const deepest = 12;

const readProvision = (provision: Json, baseUrl: string, depth = 0): Provision => {
  const actors = some(listOf(provision['actor']).map((actor) => actorName(objectOf(actor['reference']), baseUrl)));
  const actions = some(listOf(provision['action']).flatMap(({ coding }) => listOf(coding).flatMap(({ code }) => textOf(code) ?? [])));
  const effect = provision['type'] === 'permit' || provision['type'] === 'deny' ? provision['type'] : undefined;
  return {
    effect, actors, period: periodOf(provision['period']), actions,
    purposes: some(listOf(provision['purpose']).flatMap(({ code }) => textOf(code) ?? [])),
    concern: readConcern(provision, effect, baseUrl),
    exceptions: depth === deepest ? [] : listOf(provision['provision']).map((one) => readProvision(one, baseUrl, depth + 1)),
  };
};

/** Returns the name of whom a reference means; one that nobody can have for one that means nobody here. */
const actorName = (reference: Json, baseUrl: string): string => {
  const { system, value } = objectOf(reference['identifier']);
  const identified = textOf(value) === undefined ? undefined : identifiedName(textOf(system) ?? '', String(value));
  return literalName(reference['reference'], baseUrl) ?? identified ?? '';
};

const literal = /^([A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64})(?:\/_history\/[^/]+)?$/;

const literalName = (reference: unknown, baseUrl: string): string | undefined => {
  const text = textOf(reference) ?? '';
  return literal.exec(text.startsWith(`${baseUrl}/`) ? text.slice(baseUrl.length + 1) : text)?.[1];
};

const periodOf = (value: unknown): TimeRange | undefined => {
  const { start, end } = objectOf(value);
  const [from, to] = [dateRange(textOf(start) ?? ''), dateRange(textOf(end) ?? '')];
  return from === undefined && to === undefined ? undefined : { low: from?.low ?? -endOfTime, high: to?.high ?? endOfTime };
};

const typeSystem = 'http://hl7.org/fhir/resource-types';
const meanings: ReadonlySet<string> = new Set(['instance', 'related', 'dependents', 'authoredby']);

const readConcern = (provision: Json, effect: Effect | undefined, baseUrl: string): Concern => {
  const [classes, codes, labels, data] = ['class', 'code', 'securityLabel', 'data'].map((name) => listOf(provision[name]));
  const types = (classes ?? []).flatMap(({ system, code }) => (system === typeSystem ? textOf(code) ?? [] : []));
  const named = (data ?? []).flatMap(({ meaning, reference }) => {
    const name = literalName(objectOf(reference)['reference'], baseUrl);
    return name !== undefined && typeof meaning === 'string' && meanings.has(meaning) ? [{ meaning: meaning as DataMeaning, reference: name }] : [];
  });
  const wanted = (codes ?? []).flatMap((concept) => listOf(concept['coding']).flatMap(codeOf));
  const doubt = types.length < (classes ?? []).length || named.length < (data ?? []).length || (codes ?? []).some(({ coding }) => listOf(coding).flatMap(codeOf).length === 0);
  return {
    types: some(types), codes: some(wanted), labels: some((labels ?? []).flatMap(codeOf)), dataPeriod: periodOf(provision['dataPeriod']), data: some(named),
    ...(effect === 'permit' && labels?.length !== 0 ? { upTo: true } : {}), ...(doubt ? { doubt: true } : {}),
  };
};

const codeOf = ({ system, code }: Json): Code[] => (textOf(code) === undefined ? [] : [{ system: textOf(system), code: String(code) }]);
