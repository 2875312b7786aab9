/**
 * Search on values that belong together (https://hl7.org/fhir/R4/search.html#combining): the last component that is not
 * an exact value becomes the entry, the others are its `within`. So a match never crosses two repetitions.
 */
import { FhirError } from '../../core/error.js';
import type { ValueEntry } from '../../store/index-entry.js';
import type { Predicate } from '../../store/plan.js';
import type { Asked, Into } from './param-type.js';
import { parseDecimal } from './decimal.js';
import { parseToken } from './token.js';
import { simpleType } from './types.js';
import { badValue, shown, splitAt, unescape } from './value-text.js';

/** One component of a composite parameter, as a search needs it. */
export interface ComponentType {
  readonly type: string;
  readonly targets: readonly string[];
  readonly systems: ReadonlySet<string>;
}

/** Returns which component becomes the entry. */
export const mainOf = (components: readonly Pick<ComponentType, 'type'>[]): number => {
  const ordered = components.findLastIndex(({ type }) => type !== 'token' && type !== 'reference');
  return ordered < 0 ? components.length - 1 : ordered;
};

/** Returns the texts under which an entry stands within a composite: with its system and, as searches may leave it out, without. */
const textsOf = (entry: ValueEntry): string[] => {
  switch (entry.kind) {
    case 'token':
      return entry.code === undefined ? [] : [entry.code, `${entry.system ?? ''}|${entry.code}`];
    case 'number':
      return entry.low === entry.high ? [String(entry.low)] : [];
    case 'reference':
      return [entry.target];
    case 'uri':
      return [entry.uri];
    default:
      return [];
  }
};

/** Adds the entries of one repetition: `of` are the entries of each component, those of the main one already named. */
export const addComposite = (of: readonly (readonly ValueEntry[])[], main: number, into: Into): void => {
  let texts = [''];
  for (const [at, entries] of of.entries()) {
    if (at === main) continue;
    const own = [...new Set(entries.filter(({ param }) => !param.includes(':')).flatMap(textsOf))];
    texts = texts.flatMap((text) => own.map((each) => (text === '' ? each : `${text}$${each}`)));
  }
  for (const entry of of[main] ?? []) for (const within of texts) into.entries.push({ ...entry, within });
};

/** Returns what a composite value asks for: `8480-6$gt140`. Throws a FhirError. */
export const compileComposite = (text: string, components: readonly ComponentType[], asked: Asked): Predicate => {
  const parts = splitAt(text, '$');
  if (parts.length !== components.length || parts.includes('')) {
    throw badValue(asked.name, text, `it must have ${String(components.length)} parts joined by $: ${components.map(({ type }) => type).join('$')}`);
  }
  const at = mainOf(components);
  const within = components.flatMap((component, index) => (index === at ? [] : [withinText(parts[index] ?? '', component, asked.name)])).join('$');
  const main = components[at];
  const type = simpleType(main?.type ?? '');
  if (main === undefined || type === undefined) throw new FhirError('unsupported-modifier', `${shown(asked.name)} cannot be searched here.`, { location: `http.${shown(asked.name)}` });
  return type.compile(parts[at] ?? '', { ...asked, within, modifier: undefined, targets: main.targets, systems: main.systems });
};

const withinText = (text: string, { type, targets, systems }: ComponentType, name: string): string => {
  switch (type) {
    case 'token': {
      const { system, code } = parseToken(text, name);
      if (code === undefined) throw badValue(name, text, 'a part of a composite value needs a code');
      return system === undefined || (system !== null && systems.has(system)) ? code : `${system ?? ''}|${code}`;
    }
    case 'number': {
      const value = parseDecimal(unescape(text))?.value;
      if (value === undefined || !Number.isInteger(value)) throw badValue(name, text, 'this part of the composite must be a whole number without a prefix');
      return String(value);
    }
    case 'reference': {
      const reference = unescape(text);
      const [only, second] = targets;
      return reference.includes('/') || only === undefined || second !== undefined ? reference : `${only}/${reference}`;
    }
    default:
      return unescape(text);
  }
};
