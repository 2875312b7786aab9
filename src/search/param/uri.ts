/** Search on URIs, compared as they are written (https://hl7.org/fhir/R4/search.html#uri). */
import { matcher, textIn, valueOfExtension, type Index, type ParamType } from './param-type.js';
import { badValue, unescape } from './value-text.js';

const uris = new Set(['uri', 'url', 'canonical', 'oid', 'uuid', 'string', 'id']);

const indexUri: Index = (value, { entries, param }) => {
  const uri = textIn(value);
  if (uri !== undefined) entries.push({ kind: 'uri', param, uri });
};

/** A canonical is found with its version and without. */
const indexCanonical: Index = (value, into) => {
  indexUri(value, into);
  const bar = typeof value === 'string' ? value.indexOf('|') : -1;
  if (typeof value === 'string' && bar > 0) indexUri(value.slice(0, bar), into);
};

const indexerOf = (type: string): Index | undefined => (type === 'canonical' ? indexCanonical : uris.has(type) ? indexUri : undefined);

export const uriType: ParamType = {
  kind: 'uri',
  modifiers: ['above', 'below'],
  indexer: ({ type }) => (type === 'Extension' ? valueOfExtension(indexerOf) : indexerOf(type)),
  compile: (text, { name, param, within, modifier }) => {
    const uri = unescape(text);
    if (uri === '') throw badValue(name, text, 'it must be a URI');
    if (modifier !== 'above' && modifier !== 'below') return { op: 'uri', param, within, match: 'exact', uri };
    if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(uri)) throw badValue(name, text, `:${modifier} works on URLs with a path, such as http://example.org/fhir`);
    return { op: 'uri', param, within, match: modifier, uri };
  },
  matches: matcher((entry, predicate) => {
    if (entry.kind !== 'uri' || predicate.op !== 'uri') return false;
    switch (predicate.match) {
      case 'exact':
        return entry.uri === predicate.uri;
      case 'below':
        return isBelow(entry.uri, predicate.uri);
      case 'above':
        return isBelow(predicate.uri, entry.uri);
    }
  }),
};

/** Whether `uri` is `base` or lies under it, by whole path segments. */
const isBelow = (uri: string, base: string): boolean => uri === base || uri.startsWith(base.endsWith('/') ? base : `${base}/`);
