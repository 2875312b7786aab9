/**
 * Value sets that no resource defines: those of code systems as a whole (`CodeSystem.valueSet`), of SNOMED CT
 * (https://hl7.org/fhir/R4/snomedct.html#implicit) and of LOINC (https://hl7.org/fhir/R4/loinc.html#implicit).
 */
import { FhirError } from '../../core/error.js';
import { splitCanonical, type SetInclude, type ValueSet } from '../resource.js';
import type { Library } from './library.js';

const snomed = 'http://snomed.info/sct';
const loinc = 'http://loinc.org';

const made = (url: string, name: string, ...include: SetInclude[]): ValueSet => ({ resourceType: 'ValueSet', url, name, status: 'active', compose: { include } });

/** Returns the value set the URL implies; undefined for other URLs. Throws `terminology-unknown` for an expression it cannot read. */
export const implicitValueSet = (canonical: string, library: Library): ValueSet | undefined => {
  if (canonical.startsWith(snomed) && canonical.includes('?fhir_vs')) return snomedSet(canonical);
  const { url } = splitCanonical(canonical);
  if (url === `${loinc}/vs`) return made(url, 'LOINC', { system: loinc });
  if (url.startsWith(`${loinc}/vs/`)) return loincSet(url, url.slice(`${loinc}/vs/`.length), library);
  // The URL may name versions of the value set that are those of the code system.
  const whole = library.systems().find(([, , valueSet]) => valueSet !== undefined && (valueSet === canonical || splitCanonical(valueSet).url === url));
  return whole === undefined ? undefined : made(url, whole[0], { system: whole[0], version: splitCanonical(canonical).version === whole[1] ? whole[1] : undefined });
};

/** `LL...` is an answer list, `LP...` a part with everything below it; answers are kept as concepts with the lists they are in. */
const loincSet = (url: string, id: string, library: Library): ValueSet | undefined => {
  if (/^LL\d+-\d$/.test(id)) {
    const system = library.system(loinc);
    const isThere = system === undefined || (system.kind === 'concepts' && [...(system.withValue('answer-list', id) ?? [])].length > 0);
    return isThere ? made(url, `LOINC answer list ${id}`, { system: loinc, filter: [{ property: 'answer-list', op: '=', value: id }] }) : undefined;
  }
  return /^LP\d+-\d$/.test(id) ? made(url, `LOINC part ${id}`, { system: loinc, filter: [{ property: 'concept', op: 'is-a', value: id }] }) : undefined;
};

const snomedSet = (canonical: string): ValueSet => {
  const [edition = '', query = ''] = canonical.split('?fhir_vs', 2);
  const version = edition === snomed ? undefined : edition;
  const of = (...filter: SetInclude['filter'] & object): ValueSet => made(canonical, 'SNOMED CT', { system: snomed, version, ...(filter.length === 0 ? {} : { filter }) });
  if (query === '') return of();
  const wanted = decoded(query.replace(/^=/, ''), canonical);
  const isa = /^isa\/(\d{6,18})$/.exec(wanted);
  if (isa !== null) return of({ property: 'concept', op: 'is-a', value: isa[1] ?? '' });
  const expression = /^ecl\/\s*(<<?|>>?|)\s*(\d{6,18})\s*(?:\|[^|]*\|)?\s*$/.exec(wanted);
  if (expression === null) throw new FhirError('terminology-unknown', `The expression of ${canonical.slice(0, 200)} is beyond this server: it reads isa/ID (not reference sets), ecl/ID, ecl/<ID, ecl/<<ID, ecl/>ID and ecl/>>ID.`);
  const [, operator = '', value = ''] = expression;
  if (operator === '>') return { ...of(), compose: { include: [{ system: snomed, version, filter: [{ property: 'concept', op: 'generalizes', value }] }], exclude: [{ system: snomed, version, concept: [{ code: value }] }] } };
  const op = operator === '<<' ? 'is-a' : operator === '<' ? 'descendent-of' : operator === '>>' ? 'generalizes' : '=';
  return of({ property: 'concept', op, value });
};

const decoded = (text: string, canonical: string): string => {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new FhirError('terminology-unknown', `The percent signs in ${canonical.slice(0, 200)} do not decode.`, { cause: error });
  }
};
