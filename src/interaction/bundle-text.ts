/**
 * Bundles written as text around the stored text of resources, so that what was stored is sent without being parsed
 * (https://hl7.org/fhir/R4/bundle.html).
 */
import { toInstant } from '../core/clock.js';

export interface Link {
  readonly relation: 'self' | 'next' | 'first' | 'previous';
  readonly url: string;
}

export interface BundleParts {
  readonly id: string;
  readonly type: 'searchset' | 'history' | 'transaction-response' | 'batch-response';
  /** Milliseconds since 1970. */
  readonly updated: number;
  readonly total?: number | undefined;
  readonly links: readonly Link[];
  /** JSON text of each entry. */
  readonly entries: readonly string[];
}

const quote = JSON.stringify;

/** Returns the JSON text of a Bundle. */
export const bundleText = ({ entries, ...head }: BundleParts): string => `${bundleHead(head)}${entries.length === 0 ? '' : `,"entry":[${entries.join(',')}]`}}`;

/** Returns the text of a Bundle up to where its entries begin. */
export const bundleHead = ({ id, type, updated, total, links }: Omit<BundleParts, 'entries'>): string => {
  const link = links.length === 0 ? '' : `,"link":[${links.map(({ relation, url }) => `{"relation":"${relation}","url":${quote(url)}}`).join(',')}]`;
  const count = total === undefined ? '' : `,"total":${String(total)}`;
  return `{"resourceType":"Bundle","id":${quote(id)},"meta":{"lastUpdated":"${toInstant(updated)}"},"type":"${type}"${count}${link}`;
};

/** Returns a URL with the parameters in query form. */
export const urlWith = (path: string, params: readonly (readonly [string, string])[]): string => {
  const query = new URLSearchParams(params.map(([name, value]): [string, string] => [name, value])).toString();
  return query === '' ? path : `${path}?${query}`;
};
