/** How the text of one setting becomes its value. A reader throws a RangeError that says what is allowed. */
import { isAbsolute, resolve } from 'node:path';

export interface Reader<T> {
  readonly read: (text: string) => T;
  /** What may be written, for the documentation. */
  readonly form: string;
}

const fail = (expected: string): never => { throw new RangeError(`must be ${expected}`); };

/** A whole number within bounds; `_` may group digits. */
export const integer = (low: number, high: number): Reader<number> => {
  const form = `whole number ${String(low)} to ${String(high)}`;
  const read = (text: string): number => {
    const value = /^\d[\d_]*$/.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN;
    return value >= low && value <= high ? value : fail(`a ${form}`);
  };
  return { form, read };
};

const unitBytes: Readonly<Record<string, number>> = { '': 1, 'k': 1024, 'm': 1024 ** 2, 'g': 1024 ** 3 };

/** A number of bytes: `65536`, `64k`, `32m`, `1g`. */
export const bytes = (low: number, high: number): Reader<number> => ({
  form: 'bytes, or with k, m, g',
  read: (text) => {
    const [, count = '', unit = ''] = /^(\d+)([kmg]?)$/i.exec(text) ?? [];
    const value = count === '' ? Number.NaN : Number(count) * (unitBytes[unit.toLowerCase()] ?? Number.NaN);
    return value >= low && value <= high ? value : fail(`a number of bytes from ${String(low)} to ${String(high)}, such as 64k or 32m`);
  },
});

export const choice = <const T extends string>(...allowed: readonly T[]): Reader<T> => ({
  form: allowed.map((word) => `\`${word}\``).join(', '),
  read: (text) => allowed.find((word) => word === text) ?? fail(`one of ${allowed.join(', ')}`),
});

export const flag: Reader<boolean> = {
  form: '`true`, `false`',
  read: (text) => (text === 'true' ? true : text === 'false' ? false : fail('true or false')),
};

/** A folder; relative ones are taken from the working folder. */
export const folder: Reader<string> = { form: 'folder', read: (text) => (isAbsolute(text) ? text : resolve(text)) };

/** A host name or an address, without port and brackets. */
export const hostName: Reader<string> = {
  form: 'host name or address',
  read: (text) => (/^[A-Za-z0-9.:_-]+$/.test(text) ? text : fail('a host name or an IP address, without port')),
};

/** An absolute http(s) URL without query and trailing slash. */
export const httpUrl: Reader<string> = {
  form: 'http(s) URL',
  read: (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const good = url !== undefined && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '' && url.username === '';
    return good ? text.replace(/\/+$/, '') : fail('an absolute http or https URL without user, query and fragment, such as https://fhir.example.org');
  },
};

/** Names of four claims, separated by commas. */
export const fourNames: Reader<readonly [string, string, string, string]> = {
  form: 'four names separated by commas',
  read: (text) => {
    const [scope, patient, encounter, fhirUser, ...more] = text.split(',').map((name) => name.trim());
    return scope && patient && encounter && fhirUser && more.length === 0 ? [scope, patient, encounter, fhirUser] : fail('four names separated by commas: of scope, patient, encounter and fhirUser');
  },
};

/** Where mail is handed over. */
export const smtpUrl: Reader<string> = {
  form: 'smtp(s) URL',
  read: (text) => (URL.canParse(text) && /^smtps?:$/.test(new URL(text).protocol) ? text : fail('a URL such as smtps://user:password@mail.example.org')),
};

/** Words separated by commas; `*` stands for itself. */
export const words: Reader<readonly string[]> = {
  form: 'words separated by commas',
  read: (text) => text.split(',').map((word) => word.trim()).filter((word) => word !== ''),
};

/** A secret of some length; it is never shown. */
export const secret = (length: number): Reader<string> => ({
  form: `secret of ${String(length)} characters or more`,
  read: (text) => (text.length >= length ? text : fail(`${String(length)} characters or more`)),
});

/** The reader, for a setting that may be absent. */
export const optional = <T>({ read, form }: Reader<T>): Reader<T | undefined> => ({ form, read: (text) => (text === '' ? undefined : read(text)) });
