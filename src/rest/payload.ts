/** The body of an interaction: its media type checked, its text read (https://hl7.org/fhir/R4/http.html#mime-type). */
import { FhirError } from '../core/error.js';
import { parseXmlGently } from '../fhir/xml/parse.js';
import type { InteractionName, Payload } from '../interaction/request.js';
import { hasBody, readBody } from './body.js';
import type { Exchange, Host } from './exchange.js';
import { parseMediaType, type MediaType } from './media-type.js';
import { isJsonName, isR4, isXmlName } from './negotiate.js';
import { parseQuery, type Params } from './query.js';

/** A body, and how to say that it is no longer needed. */
export interface Read<T> {
  readonly value: T;
  readonly done: () => void;
}

const nothing = { value: undefined, done: () => undefined };

/** Returns the resource or patch sent, undefined when the body is empty; throws `unsupported-media-type` and what reading throws. */
export const readPayload = async (host: Host, exchange: Exchange, interaction: InteractionName): Promise<Read<Payload | undefined>> => {
  if (!hasBody(exchange)) return nothing;
  const format = formatOf(exchange.req.headers['content-type'], interaction === 'patch' || interaction === 'conditional-patch');
  const { text, done } = await readBody(exchange, limitsOf(host));
  if (format !== 'xml') return { value: { text, format }, done };
  try {
    return { value: { text: await toJson(host, text), format: 'json' }, done };
  } catch (error) {
    done();
    throw error;
  }
};

/** Below this folder there is JSON only; it is made here, with every digit as it was sent. */
const toJson = async ({ service }: Host, text: string): Promise<string> => (text.trim() === '' ? '' : parseXmlGently(text, { maxDepth: service.options.maxDepth }));

/** Returns the parameters of a search sent as a form; throws as `readPayload` does. */
export const readForm = async (host: Host, exchange: Exchange): Promise<Read<Params>> => {
  if (!hasBody(exchange)) return { ...nothing, value: [] };
  const media = mediaOf(exchange.req.headers['content-type'], 'application/x-www-form-urlencoded');
  if (media.essence !== 'application/x-www-form-urlencoded') throw unsupported('A search by POST takes application/x-www-form-urlencoded.');
  const { text, done } = await readBody(exchange, limitsOf(host));
  try {
    return { value: parseQuery(text.trim(), host.options.maxParams), done };
  } catch (error) {
    done();
    throw error;
  }
};

const limitsOf = ({ options, budget }: Host): { maxBytes: number; budget: Host['budget'] } => ({ maxBytes: options.maxBodyBytes, budget });

const formatOf = (header: string | undefined, patch: boolean): Payload['format'] | 'xml' => {
  // Most clients send exactly one of these two.
  if (!patch && (header === 'application/fhir+json' || header === 'application/json')) return 'json';
  const wanted = patch ? 'application/json-patch+json, or FHIRPath Patch as application/fhir+json or application/fhir+xml' : 'application/fhir+json or application/fhir+xml';
  const media = mediaOf(header, wanted);
  if (patch && media.essence === 'application/json-patch+json') return 'json-patch';
  if (isJsonName(media.essence) && isR4(media.parameters)) return 'json';
  if (isXmlName(media.essence) && isR4(media.parameters)) return 'xml';
  if (media.essence === 'application/xml-patch+xml') throw unsupported(`XML Patch (RFC 5261) is not done here; send ${wanted}.`);
  throw unsupported(`Content-Type ${isJsonName(media.essence) || isXmlName(media.essence) ? 'asks for another FHIR version than 4.0' : 'is not read here'}; send ${wanted}.`);
};

const mediaOf = (header: string | undefined, wanted: string): MediaType => {
  const media = parseMediaType(header ?? '');
  if (media === undefined) throw unsupported(`Content-Type is ${header === undefined ? 'missing' : 'no media type'}; send ${wanted}.`);
  if (!/^utf-?8$/i.test(media.parameters.get('charset') ?? 'utf-8')) throw unsupported('The charset of the body must be UTF-8.');
  return media;
};

const unsupported = (message: string): FhirError => new FhirError('unsupported-media-type', message, { location: 'http.Content-Type' });
