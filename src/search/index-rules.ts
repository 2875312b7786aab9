/**
 * Names the rules by which search parameters read resources. Whoever changes what `extract` gives for a resource changes this as well: what
 * is stored is indexed anew then (https://hl7.org/fhir/R4/search.html). A test holds it to what is extracted.
 */
export const indexRules = '1';
