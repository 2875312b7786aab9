/** Required bindings (https://hl7.org/fhir/R4/terminologies.html#required): by list, or by grammar where a code system is one. */
import { codesOf, type NamedElement } from '../fhir/definitions.js';

const grammars: Readonly<Record<string, string>> = {
  'http://hl7.org/fhir/ValueSet/languages': 'language',
  'http://hl7.org/fhir/ValueSet/mimetypes': 'mimetype',
  'http://hl7.org/fhir/ValueSet/currencies': 'currency',
};

/** Returns the name of the check (primitive.ts) for a code that follows a grammar. */
export const grammarOf = ({ type, binding }: NamedElement): string | undefined =>
  type?.code === 'code' && binding !== undefined ? grammars[binding.valueSet] : undefined;

/** Returns whether the codes of a value set are known here. */
export const isListed = (valueSet: string): boolean => codesOf(valueSet) !== undefined;

/** Returns the value set that values of the element must come from, when it can be checked. */
export const requiredSet = ({ binding }: NamedElement): string | undefined =>
  binding?.strength === 'required' && isListed(binding.valueSet) ? binding.valueSet : undefined;

/** Returns whether the element is an attribute in XML: it cannot have extensions, so no `_name` stands beside it. */
export const isAttribute = ({ name, path, type }: NamedElement): boolean => name === 'id' || path === 'Extension.url' || type?.code === 'xhtml';

/** Returns whether the element's value is a primitive. */
export const isBare = ({ children, type }: NamedElement): boolean => children === undefined && type?.code !== 'Resource';
