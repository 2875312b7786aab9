/** Search on references (https://hl7.org/fhir/R4/search.html#reference). */
import { FhirError } from '../../core/error.js';
import { isId } from '../../core/id.js';
import { isResourceType, resourceTypes } from '../../fhir/definitions.js';
import type { Predicate } from '../../store/plan.js';
import { matcher, membersOf, textIn, valueOfExtension, type Asked, type Index, type Into, type ParamType } from './param-type.js';
import { tokenType } from './token.js';
import { badValue, shown, unescape } from './value-text.js';

/** Target of references that lead nowhere a search could ask for, as those by identifier alone. They count as present. */
export const nowhere = '#';

const history = /\/_history\/[^/]+$/;

/** Returns `Type/id` for a resource of this server, else the URL as it is; never a version. */
export const targetOf = (reference: string, baseUrl: string): string => {
  const bare = history.test(reference) ? reference.replace(history, '') : reference;
  return baseUrl !== '' && bare.startsWith(`${baseUrl}/`) ? bare.slice(baseUrl.length + 1) : bare;
};

const add = ({ entries, param }: Into, target: string): void => {
  entries.push({ kind: 'reference', param, target });
};

const indexIdentifier = tokenType.indexer({ type: 'Identifier' });

const indexReference: Index = (value, into) => {
  const { reference, identifier } = membersOf(value);
  const text = textIn(reference);
  if (text !== undefined) add(into, targetOf(text, into.baseUrl));
  if (identifier === undefined) return;
  if (text === undefined) add(into, nowhere);
  const { param } = into;
  into.param = `${param}:identifier`;
  const from = into.entries.length;
  indexIdentifier?.(identifier, into);
  // Of the identifier of a reference only system and value are searched, not the type.
  for (let at = into.entries.length - 1; at >= from; at -= 1) if (into.entries[at]?.param !== into.param) into.entries.splice(at, 1);
  into.param = param;
};

/** A canonical is found with its version and without, and by the parts its version begins with. */
const indexCanonical: Index = (value, into) => {
  const text = textIn(value);
  if (text === undefined) return;
  add(into, text);
  const bar = text.indexOf('|');
  if (bar <= 0) return;
  add(into, text.slice(0, bar));
  for (let end = text.indexOf('.', bar); ; end = text.indexOf('.', end + 1)) {
    into.entries.push({ kind: 'token', param: `${into.param}:below`, system: undefined, code: end < 0 ? text : text.slice(0, end) });
    if (end < 0) return;
  }
};

const indexerOf = (type: string): Index | undefined => {
  switch (type) {
    case 'Reference':
      return indexReference;
    case 'canonical':
    case 'uri':
    case 'url':
      return indexCanonical;
    default:
      return undefined;
  }
};

export const referenceType: ParamType = {
  kind: 'reference',
  modifiers: ['identifier'],
  indexer: ({ type }) => (type === 'Extension' ? valueOfExtension(indexerOf) : indexerOf(type)),
  compile: (text, asked) => {
    const { param, modifier } = asked;
    if (modifier === 'identifier') return tokenType.compile(text, { ...asked, param: `${param}:identifier`, modifier: undefined, systems: new Set() });
    if (modifier === 'below' && asked.traits?.has('canonical') === true) return compileVersions(unescape(text), asked);
    if (modifier === 'above' || modifier === 'below') return compileHierarchy(unescape(text), modifier, asked);
    return compileReference(unescape(text), asked);
  },
  matches: matcher((entry, predicate) => {
    if (predicate.op === 'token') return tokenType.matches([entry], predicate);
    return entry.kind === 'reference' && predicate.op === 'reference' && predicate.targets.includes(entry.target);
  }),
};

/** A canonical in every version, or in those that begin with the one named: `|1` is 1, 1.0 and 1.1.2, never 10. */
const compileVersions = (text: string, asked: Asked): Predicate => {
  if (!text.includes('|')) return compileReference(text, { ...asked, modifier: undefined });
  return { op: 'token', param: `${asked.param}:below`, within: asked.within, system: undefined, code: text };
};

/** A resource and all that is part of it, or all that it is part of. */
const compileHierarchy = (text: string, modifier: 'above' | 'below', asked: Asked): Predicate => {
  const { param, name, within, hierarchical = [], hierarchy, targets } = asked;
  if (hierarchy === undefined) throw new FhirError('unsupported-modifier', `:${modifier} cannot be used in ${shown(name)} here.`, { location: `http.${shown(name)}` });
  const named = compileReference(text, { ...asked, modifier: undefined, targets: isId(text) ? hierarchical : targets });
  const wanted = named.op === 'reference' ? named.targets : [];
  const other = wanted.find((target) => !hierarchical.some((type) => target.startsWith(`${type}/`)));
  if (other !== undefined) throw badValue(name, text, `:${modifier} is for resources that are parts of one another: ${listed(hierarchical)}`);
  const found = wanted.flatMap((target) => {
    const [type = '', id = ''] = target.split('/');
    return hierarchy({ kind: modifier === 'below' ? 'parts' : 'wholes', type, id }, name);
  });
  return { op: 'reference', param, within, targets: [...new Set([...wanted, ...found])] };
};

const compileReference = (text: string, { param, name, within, modifier, targets, baseUrl }: Asked): Predicate => {
  const allowed = targets.length === 0 ? resourceTypes : targets;
  const refuse = (form: string): FhirError => badValue(name, text, form);
  if (modifier !== undefined && !allowed.includes(modifier)) {
    throw new FhirError('unsupported-modifier', `${shown(name)} never refers to ${shown(modifier)}; it takes ${listed(allowed)}.`, { location: `http.${shown(name)}` });
  }
  const found = (wanted: readonly string[]): Predicate => ({ op: 'reference', param, within, targets: wanted });
  if (isId(text)) return found((modifier === undefined ? allowed : [modifier]).map((type) => `${type}/${text}`));
  const target = targetOf(text, baseUrl);
  const [type = '', id = '', ...more] = target.split('/');
  if (isResourceType(type) && isId(id) && more.length === 0) {
    if (modifier !== undefined && modifier !== type) throw refuse(`:${modifier} asks for an id of a ${modifier}`);
    if (!allowed.includes(type)) throw refuse(`it refers to ${listed(allowed)}, not to ${type}`);
    return found([target]);
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return found([target]);
  throw refuse('it must be an id, Type/id or an absolute URL');
};

const listed = (types: readonly string[]): string => (types.length > 8 ? 'any of many types' : types.join(', '));
