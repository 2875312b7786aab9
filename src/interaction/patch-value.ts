/** The value of a FHIRPath Patch operation (https://hl7.org/fhir/R4/fhirpatch.html): of any type, or put together from parts. */
import { FhirError } from '../core/error.js';
import { isLexicalObject, type Lexical, type LexicalObject } from '../core/json/lexical.js';
import { nearName } from '../core/near-name.js';
import { elementsOf, type NamedElement } from '../fhir/definitions.js';
import { insertItem, isThere, lengthAt, setMember, type NewValue } from '../fhir/patch/edit.js';
import { membersNamed } from '../fhir/patch/node.js';

export type PatchValue =
  | { readonly kind: 'typed'; readonly type: string; readonly value: Lexical | undefined; readonly extra: LexicalObject | undefined }
  | { readonly kind: 'parts'; readonly parts: readonly { readonly name: string; readonly value: PatchValue }[] };

const parameterType = 'Parameters.parameter';
const wrong = (what: string): FhirError => new FhirError('malformed-patch', what);

/** Returns the value a parameter has; throws `malformed-patch` when it has none. `depth` bounds parts in parts. */
export const readValue = (parameter: LexicalObject, depth = 0): PatchValue => {
  const { part, resource } = parameter;
  if (depth > 20) throw wrong('parts are nested too deep.');
  if (Array.isArray(part)) return { kind: 'parts', parts: part.map((one) => readPart(one, depth)) };
  if (isLexicalObject(resource)) return { kind: 'typed', type: 'Resource', value: resource, extra: undefined };
  const names = Object.keys(parameter).filter((name) => /^_?value[A-Z]/.test(name)).map((name) => name.replace(/^_/, ''));
  const [name, ...others] = new Set(names);
  const type = name === undefined ? undefined : elementsOf(parameterType).get(name)?.type?.code;
  if (name === undefined || type === undefined || others.length > 0) throw wrong('a value needs one value[x] of a FHIR type, or parts.');
  const extra = parameter[`_${name}`];
  return { kind: 'typed', type, value: parameter[name], extra: isLexicalObject(extra) ? extra : undefined };
};

const readPart = (part: Lexical, depth: number): { name: string; value: PatchValue } => {
  const name = isLexicalObject(part) ? part['name'] : undefined;
  if (!isLexicalObject(part) || typeof name !== 'string') throw wrong('each part needs a name.');
  return { name, value: readValue(part, depth + 1) };
};

/** Returns the member that a value goes to under an element name; throws `invalid-patch` for a name that is not defined. */
export const memberFor = (type: string, name: string, value: PatchValue): { key: string; element: NamedElement } => {
  const members = membersNamed(type, name);
  const [only, ...others] = members;
  if (only === undefined) {
    const near = nearName(name, elementsOf(type).keys());
    throw new FhirError('invalid-patch', `${type} has no element "${name.slice(0, 60)}".${near === undefined ? '' : ` Did you mean ${near}?`}`);
  }
  if (others.length === 0) return { key: only[0], element: only[1] };
  const chosen = members.find(([, element]) => value.kind === 'typed' && element.type?.code === value.type);
  if (chosen === undefined) throw new FhirError('invalid-patch', `${type}.${name}[x] takes a value of one of these types: ${members.map(([, element]) => element.type?.code ?? '').join(', ')}.`);
  return { key: chosen[0], element: chosen[1] };
};

/** Returns the value for an element; parts become its elements. */
export const newValue = (element: NamedElement, value: PatchValue): NewValue => {
  if (value.kind === 'typed') return value;
  const type = element.children;
  if (type === undefined) throw new FhirError('invalid-patch', `"${element.name}" has no parts; give it one value.`);
  const made: LexicalObject = {};
  for (const part of value.parts) {
    const { key, element: inner } = memberFor(type, part.name, part.value);
    addMember(made, { key, element: inner }, newValue(inner, part.value));
  }
  return { value: made, extra: undefined };
};

/** Appends to a list, or sets what is not there yet; throws `invalid-patch` when it is. */
export const addMember = (holder: LexicalObject, { key, element }: { key: string; element: NamedElement }, value: NewValue): void => {
  if (element.max > 1) insertItem(holder, { key, index: lengthAt(holder, key) }, value);
  else {
    const rivals = element.choice ? element.types.map(({ code }) => element.name + code.charAt(0).toUpperCase() + code.slice(1)) : [key];
    if (rivals.some((rival) => isThere(holder, rival))) throw new FhirError('invalid-patch', `"${element.name}" is there already and may occur once; replace it.`);
    setMember(holder, key, value);
  }
};
