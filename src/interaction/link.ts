/**
 * Links of a resource that a transaction may have to rewrite (https://hl7.org/fhir/R4/http.html#transaction, replacement
 * rules): Reference.reference, elements of type uri, url, oid and uuid, and links and images of the narrative.
 * Never canonical elements.
 */
import { editJson } from '../core/json/edit.js';
import { makeWalker } from '../fhir/walk.js';

type Path = readonly (string | number)[];

export interface FoundLink {
  readonly path: Path;
  readonly kind: 'reference' | 'uri' | 'narrative';
  readonly text: string;
}

const walkLinks = makeWalker(new Set(['Reference', 'uri', 'url', 'oid', 'uuid', 'xhtml']));
const narrativeLink = /(\s(?:href|src)\s*=\s*)("([^"]*)"|'([^']*)')/g;

/** Returns the places of a resource that may link to another entry. */
export const linksOf = (value: Readonly<Record<string, unknown>>): FoundLink[] => {
  const found: FoundLink[] = [];
  walkLinks(value, ({ value: element, path, type }) => {
    if (type === 'Reference') {
      const text = (element as { reference?: unknown } | null)?.reference;
      if (typeof text === 'string') found.push({ path: [...path, 'reference'], kind: 'reference', text });
    } else if (typeof element === 'string') {
      found.push({ path: [...path], kind: type === 'xhtml' ? 'narrative' : 'uri', text: element });
    }
  });
  return found;
};

/** Returns the new text of a link, or undefined to leave it. */
export type Relink = (text: string, kind: FoundLink['kind']) => string | undefined;

/** Returns the JSON text with links replaced, and whether any was; all other bytes stay. */
export const relink = (text: string, links: readonly FoundLink[], replace: Relink): { text: string; changed: boolean } => {
  const edits = links.flatMap(({ path, kind, text: before }) => {
    const after = kind === 'narrative' ? relinkNarrative(before, replace) : replace(before, kind);
    return after === undefined || after === before ? [] : [{ path, json: JSON.stringify(after) }];
  });
  return edits.length === 0 ? { text, changed: false } : { text: editJson(text, edits), changed: true };
};

const relinkNarrative = (html: string, replace: Relink): string =>
  html.replace(narrativeLink, (whole: string, attribute: string, quoted: string) => {
    const quote = quoted.slice(0, 1);
    const after = replace(quoted.slice(1, -1), 'narrative');
    return after === undefined ? whole : `${attribute}${quote}${after}${quote}`;
  });
