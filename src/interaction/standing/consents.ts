/**
 * The Consents in force, by patient: read from the store once, and kept in step by the feed (https://hl7.org/fhir/R4/consent.html). Equal
 * ones are one object, so that thousands of Consents of one form take little room and are worked out once.
 */
import { isPrivacyConsent, patientOf, readConsent, type Provision } from '../../access/consent/provision.js';
import { relatedNames, type ConsentsByPatient } from '../../access/consent/withhold.js';
import type { Registry } from '../../search/registry.js';
import type { Version } from '../../store/resource.js';
import type { Store } from '../../store/store.js';
import type { Follower } from './feed.js';
import { findEach } from './find-each.js';

export interface ConsentParts {
  readonly store: Pick<Store, 'read' | 'search'>;
  readonly registry: Registry;
  readonly options: { readonly baseUrl: string };
}

/** The Consents at one moment: the same object as long as none has changed. */
export interface ConsentBook {
  readonly byPatient: ConsentsByPatient;
  /** What the resources that Consents name as `related` refer to. */
  readonly related: ReadonlyMap<string, readonly string[]>;
}

export interface ConsentMemory extends Follower {
  current(): Promise<ConsentBook>;
}

type Value = Readonly<Record<string, unknown>>;

/** Returns the memory; the store is only read by it. */
export const makeConsentMemory = (parts: () => ConsentParts): ConsentMemory => {
  let shelf: Promise<Shelf> | undefined;
  let book: Promise<ConsentBook> | undefined;

  const load = async (): Promise<Shelf> => {
    const { store, options } = parts();
    const made = new Shelf(options.baseUrl);
    const where = { op: 'and', of: [{ op: 'token', param: 'status', code: 'active' }, { op: 'token', param: 'scope', code: 'patient-privacy' }] } as const;
    await findEach(store, { types: ['Consent'], where }, (version) => { made.take(version); });
    return made;
  };
  const open = async (): Promise<ConsentBook> => {
    shelf ??= load();
    const { byPatient, named } = await shelf;
    return { byPatient, related: await relatedTo(parts(), named()) };
  };

  return {
    current: () => {
      const opened = book ??= open();
      // A failure is not kept: the next request reads again.
      opened.catch(() => { if (book === opened) [book, shelf] = [undefined, undefined]; });
      return opened;
    },
    changed: (versions) => {
      const reading = shelf;
      if (reading === undefined) return;
      const consents = versions.filter(({ type }) => type === 'Consent');
      if (consents.length > 0) {
        // Also while everything is still being read: what is read may be older.
        shelf = reading.then((made) => {
          for (const version of consents) made.take(version);
          return made;
        });
        book = undefined;
        return;
      }
      const before = book;
      if (before === undefined) return;
      // What a named resource refers to may be something else now.
      book = before.then((one) => (versions.some(({ type, id }) => one.related.has(`${type}/${id}`)) ? open() : one));
    },
    forget: () => { [shelf, book] = [undefined, undefined]; },
  };
};

class Shelf {
  readonly byPatient = new Map<string, Provision[]>();
  readonly #places = new Map<string, { readonly patient: string; readonly text: string }>();
  readonly #equal = new Map<string, { readonly provision: Provision; uses: number }>();
  readonly #baseUrl: string;

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  readonly named = (): ReadonlySet<string> => relatedNames([...this.#equal.values()].map(({ provision }) => provision));

  /** Puts the Consent in the place of its former version. */
  take({ id, body }: Version): void {
    this.#drop(id);
    const value = body === undefined ? undefined : JSON.parse(body) as Value;
    const patient = value === undefined || !isPrivacyConsent(value) ? undefined : patientOf(value, this.#baseUrl);
    if (value === undefined || patient === undefined) return;
    const read = readConsent(value, this.#baseUrl);
    const text = JSON.stringify(read);
    const equal = this.#equal.get(text) ?? { provision: read, uses: 0 };
    equal.uses += 1;
    this.#equal.set(text, equal);
    this.#places.set(id, { patient, text });
    this.byPatient.set(patient, [...(this.byPatient.get(patient) ?? []), equal.provision]);
  }

  #drop(id: string): void {
    const place = this.#places.get(id);
    const equal = place === undefined ? undefined : this.#equal.get(place.text);
    if (place === undefined || equal === undefined) return;
    this.#places.delete(id);
    equal.uses -= 1;
    if (equal.uses === 0) this.#equal.delete(place.text);
    const own = [...(this.byPatient.get(place.patient) ?? [])];
    own.splice(own.indexOf(equal.provision), 1);
    if (own.length === 0) this.byPatient.delete(place.patient);
    else this.byPatient.set(place.patient, own);
  }
}

/** Returns what the named resources refer to. */
export const relatedTo = async ({ store, registry }: ConsentParts, names: ReadonlySet<string>): Promise<ReadonlyMap<string, readonly string[]>> => {
  const related = new Map<string, readonly string[]>();
  for (const name of names) {
    const [type = '', id = ''] = name.split('/');
    const version = await store.read({ type, id });
    const entries = version?.body === undefined ? [] : registry.extract(JSON.parse(version.body) as Value);
    related.set(name, [...new Set(entries.flatMap((entry) => (entry.kind === 'reference' ? [entry.target] : [])))]);
  }
  return related;
};
