/** Members that a type does not have: what is wrong with the name, and which one was probably meant. */
import { nearName } from '../../core/near-name.js';
import type { NamedElement } from '../../fhir/definitions.js';
import { some } from './report.js';

export type Elements = ReadonlyMap<string, NamedElement>;

const upperFirst = /^[A-Z]/;

/** Returns what is wrong with a name that is no element of the type. */
export const unknownName = (name: string, type: string, elements: Elements): string => {
  const bare = name.startsWith('_') ? name.slice(1) : name;
  const known = elements.get(bare);
  if (known !== undefined && name !== bare) return `"${name}" must not be there: ${bare} ${known.children === undefined ? 'cannot have extensions' : 'is no primitive, its extensions stand inside of it'}`;
  const cased = [...elements.keys()].find((each) => each.toLowerCase() === bare.toLowerCase());
  if (cased !== undefined) return `"${name}" is wrongly cased: it must be "${name.replace(bare, cased)}"`;
  return choiceName(bare, elements) ?? `"${name}" is not an element of ${type}${meant(bare, elements)}`;
};

const choiceName = (name: string, elements: Elements): string | undefined => {
  const choices = [...elements.values()].filter((element) => element.choice && name.startsWith(element.name));
  const [choice] = choices.filter((element) => name === element.name || upperFirst.test(name.slice(element.name.length)));
  if (choice === undefined) return undefined;
  const allowed = some(choice.types.map(({ code }) => code), 60);
  if (name === choice.name) return `"${name}" needs its type in the name, as "${name}${capital(choice.types[0]?.code ?? '')}"; allowed: ${allowed}`;
  return `"${name}": ${choice.path} cannot be of type ${name.slice(choice.name.length)}; allowed: ${allowed}`;
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const meant = (name: string, elements: Elements): string => {
  const near = nearName(name, elements.keys());
  return near === undefined ? `; it has ${some(new Set([...elements.values()].map((element) => (element.choice ? `${element.name}[x]` : element.name))), 40)}` : `, did you mean "${near}"?`;
};
