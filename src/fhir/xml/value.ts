/** The value of a primitive, from its XML attribute to JSON (https://hl7.org/fhir/R4/datatypes.html#primitive). */
import type { XmlElement } from './shape.js';

const decimal = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const integer = /^[+-]?(?:0|[1-9][0-9]*)$/;

/** Returns the JSON text; undefined when the text is no value of the form. A plus sign, which JSON does not know, is left out. */
export const primitiveJson = (form: XmlElement['form'], text: string): string | undefined => {
  switch (form) {
    case 'boolean': return text === 'true' || text === 'false' ? text : undefined;
    case 'decimal': return decimal.test(text) ? text : undefined;
    case 'integer': return integer.test(text) ? text.replace('+', '') : undefined;
    case 'string': return JSON.stringify(text);
  }
};
