/**
 * Value sets that no resource defines: those of code systems as a whole (`CodeSystem.valueSet`), of SNOMED CT
 * (https://hl7.org/fhir/R4/snomedct.html#implicit) and of LOINC (https://hl7.org/fhir/R4/loinc.html#implicit).
 */
import { FhirError } from '../../core/error.js';
import { splitCanonical, type SetInclude, type ValueSet } from '../resource.js';
import { refsetProperty } from './ecl/evaluate.js';
import { EclBeyond, EclFault, parseEcl } from './ecl/parse.js';
import type { Library } from './library.js';

const snomed = 'http://snomed.info/sct';
const loinc = 'http://loinc.org';

const made = (url: string, name: string, ...include: SetInclude[]): ValueSet => ({ resourceType: 'ValueSet', url, name, status: 'active', compose: { include } });

/** Returns the value set the URL implies; undefined for other URLs. Throws `invalid-value-set` for an expression that is none, `terminology-unknown` for one that is not done here. */
export const implicitValueSet = (canonical: string, library: Library): ValueSet | undefined => {
  if (canonical.startsWith(snomed) && canonical.includes('?fhir_vs')) return snomedSet(canonical, library);
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

/** Reference sets there are; what is not loaded is found out when the set is used. */
const refsets = (canonical: string, version: string | undefined, library: Library): ValueSet => {
  const system = library.system(snomed, version);
  if (system?.kind !== 'concepts') return made(canonical, 'SNOMED CT reference sets', { system: snomed, version });
  if (!system.hasProperty(refsetProperty)) throw new FhirError('terminology-unknown', 'No reference sets of SNOMED CT are imported; import the release again, with its folder Refset.');
  const ids = [...system.values(refsetProperty) ?? []].map(([code]) => ({ code }));
  return made(canonical, 'SNOMED CT reference sets', { system: snomed, version, concept: ids });
};

/** Throws for a text that is no expression, and for one that is not done here. */
const checkedEcl = (text: string, canonical: string): string => {
  try {
    parseEcl(text);
  } catch (error) {
    if (error instanceof EclFault) throw new FhirError('invalid-value-set', `The expression in ${canonical.slice(0, 200)} is not one: ${error.message}.`, { cause: error });
    if (error instanceof EclBeyond) throw new FhirError('terminology-unknown', `The expression in ${canonical.slice(0, 200)} cannot be worked out here: ${error.message}.`, { cause: error });
    throw error;
  }
  return text;
};

const snomedSet = (canonical: string, library: Library): ValueSet => {
  const [edition = '', query = ''] = canonical.split('?fhir_vs', 2);
  const version = edition === snomed ? undefined : edition;
  const of = (...filter: SetInclude['filter'] & object): ValueSet => made(canonical, 'SNOMED CT', { system: snomed, version, ...(filter.length === 0 ? {} : { filter }) });
  if (query === '') return of();
  const wanted = decoded(query.replace(/^=/, ''), canonical);
  const [, kind, value] = /^(isa|refset)\/(\d{6,18})$/.exec(wanted) ?? [];
  if (value !== undefined) return of({ property: 'concept', op: kind === 'isa' ? 'is-a' : 'in', value });
  if (wanted === 'refset') return refsets(canonical, version, library);
  if (wanted.startsWith('ecl/')) return of({ property: 'constraint', op: '=', value: checkedEcl(wanted.slice('ecl/'.length), canonical) });
  throw new FhirError('invalid-value-set', `${canonical.slice(0, 200)} implies no value set of SNOMED CT: after ?fhir_vs there is =isa/ID, =refset, =refset/ID or =ecl/EXPRESSION.`);
};

const decoded = (text: string, canonical: string): string => {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new FhirError('terminology-unknown', `The percent signs in ${canonical.slice(0, 200)} do not decode.`, { cause: error });
  }
};
