/**
 * Links of a resource that a transaction may have to rewrite (https://hl7.org/fhir/R4/http.html#transaction, replacement
 * rules): Reference.reference, elements of type uri, url, oid and uuid, and links and images of the narrative.
 * Never canonical elements.
 */
import { editJson } from '../core/json/edit.js';
import { makeWalker } from '../fhir/walk.js';

type Path = readonly (string | number)[];
type Resource = Readonly<Record<string, unknown>>;

export interface FoundLink {
  readonly path: Path;
  readonly kind: 'reference' | 'uri' | 'narrative';
  readonly text: string;
}

const walkLinks = makeWalker(new Set(['Reference', 'uri', 'url', 'oid', 'uuid', 'xhtml']));
const narrativeLink = /(\s(?:href|src)\s*=\s*)("([^"]*)"|'([^']*)')/g;

/**
 * Returns the places of a resource that may link to another entry. `known` tells whether a URI is the fullUrl of one:
 * most uri elements are systems of codes, and are not worth a place in the list.
 */
export const linksOf = (value: Resource, known: (uri: string) => boolean): FoundLink[] => {
  const found: FoundLink[] = [];
  walkLinks(value, ({ value: element, path, type }) => {
    if (type === 'Reference') {
      const text = (element as { reference?: unknown } | null)?.reference;
      if (typeof text === 'string') found.push({ path: [...path, 'reference'], kind: 'reference', text });
    } else if (typeof element !== 'string') return;
    else if (type === 'xhtml') {
      if (element.includes('href') || element.includes('src')) found.push({ path: [...path], kind: 'narrative', text: element });
    } else if (known(element)) found.push({ path: [...path], kind: 'uri', text: element });
  });
  return found;
};

/** Returns the new text of a link, or undefined to leave it. */
export type Relink = (text: string, kind: FoundLink['kind']) => string | undefined;

/** Returns text and value with links replaced, undefined when none was; all other bytes stay, and so does what was given. */
export const relink = ({ text, value }: { text: string; value: Resource }, links: readonly FoundLink[], replace: Relink): { text: string; value: Resource } | undefined => {
  const edits = links.flatMap(({ path, kind, text: before }) => {
    const after = kind === 'narrative' ? relinkNarrative(before, replace) : replace(before, kind);
    return after === undefined || after === before ? [] : [{ path, after, json: JSON.stringify(after) }];
  });
  if (edits.length === 0) return undefined;
  const copied = new Set<object>();
  const changed = edits.reduce<unknown>((whole, { path, after }) => withValue(whole, path, { after, copied }), value);
  return { text: editJson(text, edits), value: changed as Resource };
};

/** Returns a copy in which the value at the path is another; what is off the path is shared, and no object copied twice. */
const withValue = (whole: unknown, [step, ...rest]: Path, change: { readonly after: string; readonly copied: Set<object> }): unknown => {
  if (step === undefined) return change.after;
  const copy = copyOf(whole as Record<string | number, unknown>, change.copied);
  copy[step] = withValue(copy[step], rest, change);
  return copy;
};

const copyOf = (whole: Record<string | number, unknown>, copied: Set<object>): Record<string | number, unknown> => {
  if (copied.has(whole)) return whole;
  const copy = (Array.isArray(whole) ? [...whole] : { ...whole }) as Record<string | number, unknown>;
  copied.add(copy);
  return copy;
};

const relinkNarrative = (html: string, replace: Relink): string =>
  html.replace(narrativeLink, (whole: string, attribute: string, quoted: string) => {
    const quote = quoted.slice(0, 1);
    const after = replace(quoted.slice(1, -1), 'narrative');
    return after === undefined ? whole : `${attribute}${quote}${after}${quote}`;
  });
