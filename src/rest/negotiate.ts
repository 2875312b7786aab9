/** In which form the caller wants the answer: Accept, `_format` and `_pretty` (https://hl7.org/fhir/R4/http.html#mime-type). */
import { FhirError } from '../core/error.js';
import { parseAccept, parseMediaType, type Weighted } from './media-type.js';
import type { Params } from './query.js';

export interface AnswerForm {
  readonly format: 'json' | 'xml';
  readonly contentType: string;
  readonly pretty: boolean;
}

/** The form of answers to those who do not choose. */
export const plainForm: AnswerForm = { format: 'json', contentType: 'application/fhir+json; charset=utf-8', pretty: false };
const genericForm: AnswerForm = { format: 'json', contentType: 'application/json; charset=utf-8', pretty: false };
const xmlForm: AnswerForm = { format: 'xml', contentType: 'application/fhir+xml; charset=utf-8', pretty: false };
const genericXmlForm: AnswerForm = { format: 'xml', contentType: 'application/xml; charset=utf-8', pretty: false };

/** Returns whether texts can be sent in this form as they are stored. */
export const isAsStored = ({ format, pretty }: AnswerForm): boolean => format === 'json' && !pretty;

/** Names of the formats in `_format` and Content-Type; `+` may arrive as the space it stands for in a query. */
const jsonNames = new Set(['json', 'application/json', 'application/fhir+json', 'application/fhir json', 'application/json+fhir', 'application/json fhir', 'text/json']);
const xmlNames = new Set(['xml', 'text/xml', 'application/xml', 'application/fhir+xml', 'application/fhir xml', 'application/xml+fhir', 'application/xml fhir']);

/** Returns whether a media type or short name means FHIR JSON. */
export const isJsonName = (name: string): boolean => jsonNames.has(name);
/** Returns whether a media type or short name means FHIR XML. */
export const isXmlName = (name: string): boolean => xmlNames.has(name);

/** Returns whether a fhirVersion parameter, if there is one, means R4. */
export const isR4 = (parameters: ReadonlyMap<string, string>): boolean => /^4\.0(?:\.1)?$/.test(parameters.get('fhirversion') ?? '4.0');

/** Returns the form of the answer; throws `not-acceptable`, and `invalid-parameter` for a `_pretty` that is no boolean. */
export const negotiate = (accept: string | undefined, params: Params): AnswerForm => {
  const format = lastOf(params, '_format');
  const form = format === undefined || format === '' ? acceptForm(accept) : formatForm(format);
  const pretty = params.length === 0 ? undefined : lastOf(params, '_pretty');
  return pretty === undefined || !isTrue(pretty) ? form : { ...form, pretty: true };
};

/** Returns the parameters that are about the resources, not about the form of the answer. */
export const withoutForm = (params: Params): Params =>
  params.some(([name]) => name === '_format' || name === '_pretty') ? params.filter(([name]) => name !== '_format' && name !== '_pretty') : params;

const lastOf = (params: Params, name: string): string | undefined => params.findLast(([key]) => key === name)?.[1];

const isTrue = (text: string): boolean => {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new FhirError('invalid-parameter', '_pretty must be true or false.', { location: 'http._pretty' });
};

const formatForm = (text: string): AnswerForm => {
  const media = parseMediaType(text.trim().replace(' ', '+'));
  const name = media?.essence ?? text.trim().toLowerCase();
  const isOurs = media === undefined || isR4(media.parameters);
  if (isOurs && isJsonName(name)) return plainForm;
  if (isOurs && isXmlName(name)) return xmlForm;
  throw notAcceptable('_format');
};

const acceptForm = (accept: string | undefined): AnswerForm => {
  if (accept === undefined || accept === '*/*' || accept === 'application/fhir+json' || accept.trim() === '') return plainForm;
  const ranges = parseAccept(accept).filter(({ parameters }) => isR4(parameters));
  // In the order of our own liking, which decides a draw.
  const forms: readonly (readonly [AnswerForm, number])[] = [
    [plainForm, Math.max(qualityOf(ranges, 'application/fhir+json'), exactQuality(ranges, 'application/json+fhir'))],
    [genericForm, Math.max(qualityOf(ranges, 'application/json'), exactQuality(ranges, 'text/json'))],
    [xmlForm, Math.max(qualityOf(ranges, 'application/fhir+xml'), exactQuality(ranges, 'application/xml+fhir'))],
    [genericXmlForm, Math.max(qualityOf(ranges, 'application/xml'), exactQuality(ranges, 'text/xml'))],
  ];
  const best = Math.max(...forms.map(([, quality]) => quality));
  const form = forms.find(([, quality]) => quality === best)?.[0];
  if (best === 0 || form === undefined) throw notAcceptable('Accept');
  return form;
};

const exactQuality = (ranges: readonly Weighted[], essence: string): number => ranges.find((range) => range.essence === essence)?.quality ?? 0;

/** The most specific range that covers the type decides. */
const qualityOf = (ranges: readonly Weighted[], essence: string): number => {
  for (const cover of [essence, `${essence.split('/', 1)[0] ?? ''}/*`, '*/*']) {
    const found = ranges.find((range) => range.essence === cover);
    if (found !== undefined) return found.quality;
  }
  return 0;
};

const notAcceptable = (where: string): FhirError =>
  new FhirError('not-acceptable', `None of the formats in ${where} can be produced; ask for application/fhir+json or application/fhir+xml, FHIR version 4.0.`, { location: `http.${where}` });
