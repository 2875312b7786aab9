/** Changes that leave a resource valid, though careless validators refuse them. */
import { elementsOf } from '../../../../src/fhir/definitions.js';
import type { Json } from '../../../fixture/generate-resource.js';
import { first, isPrimitive, setFirst, typeOf, type Place } from './elements.js';

export interface Change {
  /** Changes the resource where it suits; false when no place suits. */
  readonly at?: (place: Place) => boolean;
  readonly whole?: (resource: Json, type: string) => boolean;
  readonly text?: (text: string) => string;
}

const ofType = (...types: string[]) => (place: Place): boolean => types.includes(typeOf(place)) && isPrimitive(place);
const value = (wanted: (place: Place) => boolean, good: unknown): Change => ({ at: (place) => { if (!wanted(place)) return false; setFirst(place, good); return true; } });
const whole = (more: (type: string) => Json): Change => ({ whole: (resource, type) => { Object.assign(resource, more(type)); return true; } });
const domain = (more: Json): Change => ({ whole: (resource, type) => { if (!elementsOf(type).has('contained')) return false; Object.assign(resource, more); return true; } });
const reason = [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }];
const isFree = ({ element, path }: Place): boolean => !/\b(Bundle|TestScript|Timing|repeat|start|end|period)\b/.test(path) && element.name !== 'url';
const reversed = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(reversed);
  return typeof node === 'object' && node !== null ? Object.fromEntries(Object.entries(node).reverse().map(([name, one]) => [name, reversed(one)])) : node;
};

export const harmless: Readonly<Record<string, Change>> = {
  'an unknown profile': whole(() => ({ meta: { profile: ['http://example.org/unknown|2.0'] } })),
  'tags, security labels and a source': whole(() => ({ meta: { tag: [{ system: 'http://t', code: 'a' }], security: [{ code: 'R' }], source: 'urn:x' } })),
  'an unknown extension': domain({ extension: [{ url: 'http://example.org/unknown', valueBase64Binary: 'QQ==' }] }),
  'an unknown modifier extension': domain({ modifierExtension: [{ url: 'http://example.org/unknown', valueBoolean: true }] }),
  'an extension of extensions': domain({ extension: [{ url: 'http://example.org/a', extension: [{ url: 'b', valueString: 'b' }, { url: 'c', valueMoney: { value: 1, currency: 'EUR' } }] }] }),
  'a primitive with an extension alone': { at: (place) => { if (!ofType('string', 'date', 'dateTime', 'uri')(place) || place.element.max > 1 || place.element.choice || place.depth > 0 || place.key === 'id' || !isFree(place)) return false; Reflect.deleteProperty(place.parent, place.key); place.parent[`_${place.key}`] = { extension: reason }; return true; } },
  'an id beside a value': { at: (place) => { if (!ofType('string', 'date', 'code', 'boolean')(place) || place.element.max > 1 || place.key === 'id') return false; place.parent[`_${place.key}`] = { id: 'a' }; return true; } },
  'null where only a sibling is': { at: (place) => { if (!isPrimitive(place) || place.element.max <= 1 || typeOf(place) !== 'string') return false; place.parent[place.key] = [first(place), null]; place.parent[`_${place.key}`] = [null, { extension: reason }]; return true; } },
  'a leap second': value((place) => ofType('dateTime', 'instant')(place) && isFree(place), '2016-12-31T23:59:60Z'),
  'nine fraction digits': value((place) => ofType('dateTime', 'instant')(place) && isFree(place), '2020-05-17T10:11:12.123456789+02:00'),
  'a zone fourteen hours ahead': value((place) => ofType('dateTime', 'instant')(place) && isFree(place), '2020-05-17T10:11:12+14:00'),
  'a year alone': value((place) => ofType('date', 'dateTime')(place) && isFree(place), '2020'),
  '29 February 2000': value((place) => ofType('date', 'dateTime')(place) && isFree(place), '2000-02-29'),
  'base64 with white space': value(ofType('base64Binary'), 'QU JD\nQUJD\r\n QQ=='),
  'a no-break space and other scripts': value(ofType('string', 'markdown'), 'a\u00a0b \u4e2d\u6587 \ud83d\ude00 \u202etxt'),
  'a long text': value((place) => ofType('markdown')(place), 'x'.repeat(100_000)),
  'an annotated unit': { at: (place) => { if (typeOf(place) !== 'Quantity' || place.path.includes('.dose') || /SimpleQuantity/.test(place.path)) return false; setFirst(place, { value: 1.50, unit: 'tablets', system: 'http://unitsofmeasure.org', code: '{tbl}' }); return true; } },
  'a logical reference': { at: (place) => { if (typeOf(place) !== 'Reference') return false; setFirst(place, { identifier: { system: 'http://a', value: '1' } }); return true; } },
  'a reference by display alone': { at: (place) => { if (typeOf(place) !== 'Reference') return false; setFirst(place, { display: 'somebody' }); return true; } },
  'a reference elsewhere': { at: (place) => { if (typeOf(place) !== 'Reference') return false; setFirst(place, { reference: 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520' }); return true; } },
  'an absolute reference to a version': { at: (place) => { const target = place.element.type?.targets[0]; if (typeOf(place) !== 'Reference' || target === undefined) return false; setFirst(place, { reference: `https://example.org/fhir/${target}/1/_history/2` }); return true; } },
  'an id on an element': { at: (place) => { const object = first(place); if (typeof object !== 'object' || object === null || typeOf(place) === 'Resource') return false; (object as Json)['id'] = 'any id, even with spaces'; return true; } },
  'a contained resource that is referred to': domain({ contained: [{ resourceType: 'Patient', id: 'in' }], extension: [{ url: 'http://a', valueReference: { reference: '#in' } }] }),
  'a contained resource that refers to its container': domain({ contained: [{ resourceType: 'Observation', id: 'in', status: 'final', code: { text: 'a' }, extension: [{ url: 'http://a', valueReference: { reference: '#' } }] }] }),
  'a private language tag': whole(() => ({ language: 'de-CH-1996-x-own' })),
  'a narrative with a table, a picture and entities': domain({ text: { status: 'additional', div: '<div xmlns="http://www.w3.org/1999/xhtml" xml:lang="en"><!-- a --><table border="1"><tbody><tr><td colspan="2" style="color: red">&nbsp;&#169; a</td></tr></tbody></table><img src="data:image/png;base64,AAAA" alt="a"/><a href="https://example.org/?a=1&amp;b=2">a</a></div>' } }),
  'implicit rules': whole(() => ({ implicitRules: 'http://example.org/rules' })),
  'members in another order': { text: (text) => JSON.stringify(reversed(JSON.parse(text))) },
  'white space everywhere': { text: (text) => ` \r\n\t${JSON.stringify(JSON.parse(text), null, '\t')}\n ` },
  'a byte order mark': { text: (text) => `\ufeff${text}` },
  'escaped characters in names and values': { text: (text) => text.replace('"resourceType"', '"\\u0072esourceType"') },
};
