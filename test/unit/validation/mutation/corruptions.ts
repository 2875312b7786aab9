/** Ways to make a valid resource invalid: each names where the fault must be found. */
import { codesOf, elementsOf } from '../../../../src/fhir/definitions.js';
import type { Json } from '../../../fixture/generate-resource.js';
import { first, isPrimitive, setFirst, typeOf, type Place } from './elements.js';

export interface Corruption {
  /** Changes the resource at one place that suits; returns where the fault is, undefined when no place suits. */
  readonly at?: (place: Place) => string | undefined;
  /** The same for the resource as a whole. */
  readonly whole?: (resource: Json, type: string) => string | undefined;
  /** Changes the text; the fault is told by line, column or code. */
  readonly text?: (text: string) => string;
}

const value = (wanted: (place: Place) => boolean, bad: unknown, found: (place: Place) => string = ({ at }) => at): Corruption => ({
  at: (place) => {
    if (!wanted(place)) return undefined;
    setFirst(place, bad);
    return found(place);
  },
});
const ofType = (...types: string[]) => (place: Place): boolean => types.includes(typeOf(place)) && isPrimitive(place);
const xhtml = 'http://www.w3.org/1999/xhtml';
const narrative = (div: string): Corruption => ({
  whole: (resource, type) => {
    if (!elementsOf(type).has('text')) return undefined;
    resource['text'] = { status: 'generated', div };
    return `${type}.text.div`;
  },
});
const isDomain = (type: string): boolean => elementsOf(type).has('contained');
const contained = (inner: Json, path: (type: string) => string, extra: Json = {}): Corruption => ({
  whole: (resource, type) => {
    if (!isDomain(type)) return undefined;
    Object.assign(resource, { contained: [{ resourceType: 'Patient', id: 'in', ...inner }], extension: [{ url: 'http://example.org/e', valueReference: { reference: '#in' } }], ...extra });
    return path(type);
  },
});
const extension = (bad: Json, path: (type: string) => string = (type) => `${type}.extension[0]`): Corruption => ({
  whole: (resource, type) => {
    if (!isDomain(type)) return undefined;
    resource['extension'] = [bad];
    return path(type);
  },
});
const added = (name: string, bad: unknown): Corruption => ({
  whole: (resource, type) => {
    resource[name] = bad;
    return `${type}.${name}`;
  },
});
const isObjectAt = (place: Place): boolean => typeof first(place) === 'object' && first(place) !== null && typeOf(place) !== 'Resource';
const withMember = (name: string, bad: unknown, wanted: (place: Place) => boolean, path = name): Corruption => ({
  at: (place) => {
    const object = first(place);
    if (!wanted(place) || typeof object !== 'object' || object === null) return undefined;
    (object as Json)[name] = bad;
    return path === '' ? place.at : `${place.at}.${path}`;
  },
});
const wholeType = (...types: string[]) => (place: Place): boolean => types.includes(typeOf(place));
const hasList = ({ codes }: { readonly codes: string | undefined }): boolean => codes !== undefined && codesOf(codes) !== undefined;

export const corruptions: Readonly<Record<string, Corruption>> = {
  'a required element is missing': { at: ({ parent, key, element, path }) => { if (element.min === 0 || element.choice) return undefined; delete parent[key]; return path; } },
  'a list where one is allowed': { at: (place) => { if (place.element.max > 1) return undefined; place.parent[place.key] = [place.parent[place.key], place.parent[place.key]]; return place.at; } },
  'one where a list is due': { at: (place) => { if (place.element.max <= 1) return undefined; place.parent[place.key] = first(place); return place.path; } },
  ...Object.fromEntries([null, 7, {}].map((bad): [string, Corruption] => [`${JSON.stringify(bad)} where a list is due`, { at: (place) => { if (place.element.max <= 1) return undefined; place.parent[place.key] = bad; return place.path; } }])),
  ...Object.fromEntries([null, 'x'].map((bad): [string, Corruption] => [`${JSON.stringify(bad)} as the siblings of a list`, { at: (place) => { if (!isPrimitive(place) || place.element.max <= 1) return undefined; place.parent[`_${place.key}`] = bad; return place.path; } }])),
  'an empty list': { at: (place) => { if (place.element.max <= 1) return undefined; place.parent[place.key] = []; return place.path; } },
  'an empty list where one is allowed': { at: (place) => { if (place.element.max > 1) return undefined; place.parent[place.key] = []; return place.at; } },
  'a list in a list': { at: (place) => { if (place.element.max <= 1) return undefined; setFirst(place, [first(place)]); return place.at; } },
  'an unknown element': added('nothingLikeIt', 'x'),
  'an unknown element inside': { ...withMember('nothingLikeIt', 'x', isObjectAt) },
  'a wrongly cased element': { at: ({ parent, key, element, path }) => { const wrong = key.charAt(0).toUpperCase() + key.slice(1); if (element.min > 0 || key === 'id') return undefined; parent[wrong] = parent[key]; delete parent[key]; return path.replace(/[^.]+$/, wrong); } },
  'a misspelt element': { at: ({ parent, key, element, path }) => { const wrong = `${key}z`; if (element.min > 0) return undefined; parent[wrong] = parent[key]; delete parent[key]; return path.replace(/[^.]+$/, wrong); } },
  'a number for a text': value(ofType('string', 'markdown', 'uri', 'code', 'canonical', 'url'), 7),
  'true for a text': value(ofType('string', 'date', 'dateTime', 'uri'), true),
  'a text for a boolean': value(ofType('boolean'), 'true'),
  'a text for a number': value(ofType('decimal', 'integer', 'positiveInt', 'unsignedInt'), '1'),
  'an object for a primitive': value(isPrimitive, { a: 1 }),
  'a text for an object': value(isObjectAt, 'x'),
  'a number for an object': value(isObjectAt, 1),
  'a time without zone': value(ofType('dateTime', 'instant'), '2020-05-17T10:11:12'),
  '31 February': value(ofType('date', 'dateTime'), '2020-02-31'),
  'month 13': value(ofType('date', 'dateTime'), '2020-13'),
  '29 February 2021': value(ofType('date', 'dateTime'), '2021-02-29'),
  'hour 24': value(ofType('dateTime', 'instant'), '2020-05-17T24:00:00Z'),
  'a time without seconds': value(ofType('dateTime', 'instant'), '2020-05-17T10:11Z'),
  'a date for an instant': value(ofType('instant'), '2020-05-17'),
  'a code outside of its list': value((place) => ofType('code')(place) && place.element.binding?.strength === 'required' && hasList({ codes: place.element.binding.valueSet }), 'no-such-code'),
  'a code with a space before it': value(ofType('code'), ' a'),
  'white space in a uri': value(ofType('uri', 'url', 'canonical'), 'http://example.org/a b'),
  'an empty text': value(ofType('string', 'uri', 'code', 'markdown', 'date', 'dateTime'), ''),
  'an empty object': value(isObjectAt, {}),
  'an object with an id alone': { at: (place) => { if (!isObjectAt(place) || place.element.min > 0 || elementsOf(place.element.children ?? '').size === 0 || [...elementsOf(place.element.children ?? '').values()].some(({ min }) => min > 0)) return undefined; setFirst(place, { id: 'a' }); return place.at; } },
  'null': { at: (place) => { if (place.element.max > 1) return undefined; place.parent[place.key] = null; return place.at; } },
  'null in a list': { at: (place) => { if (place.element.max <= 1) return undefined; setFirst(place, null); return place.at; } },
  'a negative number where none may be': value(ofType('positiveInt', 'unsignedInt'), -1),
  'zero where it may not be': value(ofType('positiveInt'), 0),
  'a fraction for a whole number': value(ofType('integer', 'positiveInt', 'unsignedInt'), 1.5),
  'a whole number too large': value(ofType('integer', 'positiveInt', 'unsignedInt'), 2147483648),
  'base64 cut off': value(ofType('base64Binary'), 'QUJ'),
  'characters that are no base64': value(ofType('base64Binary'), 'QU*D'),
  'an oid that is none': extension({ url: 'http://a', valueOid: 'urn:oid:9.1' }, (type) => `${type}.extension[0].value`),
  'a uuid in capitals': extension({ url: 'http://a', valueUuid: 'urn:uuid:C757873D-EC9A-4326-A141-556F43239520' }, (type) => `${type}.extension[0].value`),
  'a bad language tag': added('language', 'english language'),
  'a sibling of nothing': { at: (place) => { if (!isObjectAt(place) || place.key === 'extension') return undefined; place.parent[`_${place.key}`] = { id: 'a' }; return `${place.path.replace(/[^.]+$/, '')}_${place.key}`; } },
  'siblings of another number': { at: (place) => { if (!isPrimitive(place) || place.element.max <= 1) return undefined; place.parent[`_${place.key}`] = [{ id: 'a' }, { id: 'b' }, { id: 'c' }]; return place.path; } },
  'an extension of an id': { whole: (resource, type) => { Object.assign(resource, { id: 'x', _id: { extension: [{ url: 'http://a', valueString: 'a' }] } }); return `${type}._id`; } },
  'two types of a choice': { at: ({ parent, element, key, path }) => { const other = element.choice ? element.types.find(({ code }) => ['string', 'boolean', 'dateTime', 'integer', 'uri', 'decimal'].includes(code) && key !== element.name + code.charAt(0).toUpperCase() + code.slice(1)) : undefined; if (other === undefined) return undefined; const samples: Json = { string: 'a', boolean: true, dateTime: '2020', integer: 1, uri: 'http://a', decimal: 1 }; parent[element.name + other.code.charAt(0).toUpperCase() + other.code.slice(1)] = samples[other.code]; return path; } },
  'a type the choice does not have': { at: ({ parent, element, path }) => { if (!element.choice || element.types.some(({ code }) => code === 'Signature')) return undefined; const name = `${element.name}Signature`; parent[name] = { who: {} }; return path.replace(/[^.]+$/, name); } },
  'a choice without its type': { at: ({ parent, element, key, path }) => { if (!element.choice || element.min > 0) return undefined; parent[element.name] = parent[key]; delete parent[key]; return path; } },
  'an extension with a value and extensions': extension({ url: 'http://a', valueString: 'a', extension: [{ url: 'http://b', valueString: 'b' }] }),
  'an extension with neither': extension({ url: 'http://a' }),
  'an extension without a url': extension({ valueString: 'a' }, (type) => `${type}.extension[0].url`),
  'an extension with a value of a type that none has': extension({ url: 'http://a', valueNarrative: { status: 'generated', div: `<div xmlns="${xhtml}">a</div>` } }, (type) => `${type}.extension[0].valueNarrative`),
  'an extension with a resource as its value': extension({ url: 'http://a', valuePatient: { resourceType: 'Patient' } }, (type) => `${type}.extension[0].valuePatient`),
  'a script in the narrative': narrative(`<div xmlns="${xhtml}"><script>alert(1)</script></div>`),
  'a handler in the narrative': narrative(`<div xmlns="${xhtml}"><p onclick="alert(1)">a</p></div>`),
  'a script URL in the narrative': narrative(`<div xmlns="${xhtml}"><a href="java&#x0a;script:alert(1)">a</a></div>`),
  'a form in the narrative': narrative(`<div xmlns="${xhtml}"><form><input/></form></div>`),
  'a style that fetches in the narrative': narrative(`<div xmlns="${xhtml}"><p style="color: red; @import url(http://evil.example/x)">a</p></div>`),
  'a narrative that is not closed': narrative(`<div xmlns="${xhtml}"><p>a</div>`),
  'a narrative without namespace': narrative('<div>a</div>'),
  'a narrative without content': narrative(`<div xmlns="${xhtml}"> </div>`),
  'an entity in the narrative': narrative(`<div xmlns="${xhtml}">&evil;</div>`),
  'a contained resource that nothing refers to': contained({}, (type) => `${type}.contained[0]`, { extension: [{ url: 'http://example.org/e', valueString: 'a' }] }),
  'a contained resource in a contained one': contained({ contained: [{ resourceType: 'Patient', id: 'deep' }] }, (type) => `${type}.contained[0]`),
  'a contained resource with a version': contained({ meta: { versionId: '1' } }, (type) => `${type}.contained[0].meta.versionId`),
  'a contained resource with a security label': contained({ meta: { security: [{ code: 'R' }] } }, (type) => `${type}.contained[0].meta.security`),
  'a reference to no contained resource': contained({}, (type) => `${type}.extension[1].value`, { extension: [{ url: 'http://example.org/e', valueReference: { reference: '#in' } }, { url: 'http://example.org/e', valueReference: { reference: '#out' } }] }),
  'a reference to a type the element does not allow': withMember('reference', 'Basic/1', (place) => typeOf(place) === 'Reference' && (place.element.type?.targets.length ?? 0) > 0 && place.element.type?.targets.includes('Basic') === false, ''),
  'a period that ends before it begins': withMember('end', '1990', (place) => typeOf(place) === 'Period', ''),
  'a unit code without its system': { at: (place) => { if (typeOf(place) !== 'Quantity') return undefined; setFirst(place, { value: 1, code: 'mg' }); return place.at; } },
  'a contact point without its kind': { at: (place) => { if (!wholeType('ContactPoint')(place)) return undefined; setFirst(place, { value: '1' }); return place.at; } },
  'an attachment with data of no kind': { at: (place) => { if (!wholeType('Attachment')(place)) return undefined; setFirst(place, { data: 'QUJD' }); return place.at; } },
  'a list for meta': { whole: (resource, type) => { resource['meta'] = []; return `${type}.meta`; } },
  'a text for meta': { whole: (resource, type) => { resource['meta'] = 'x'; return `${type}.meta`; } },
  'a number as a profile': { whole: (resource, type) => { resource['meta'] = { profile: [7] }; return `${type}.meta.profile[0]`; } },
  'an id of 65 characters': { whole: (resource, type) => { resource['id'] = 'x'.repeat(65); return `${type}.id`; } },
  'an id with an underscore': { whole: (resource, type) => { resource['id'] = 'a_b'; return `${type}.id`; } },
  'a member twice': { text: (text) => text.replace('{', '{"language":"de","language":"en",') },
  'a comma too many': { text: (text) => `${text.slice(0, -1)},}` },
  'a text that is cut off': { text: (text) => text.slice(0, -3) },
  'half a surrogate pair': { text: (text) => text.replace('{', '{"language":"\\ud800",') },
  'a member that changes the prototype': { text: (text) => text.replace('{', '{"__proto__":{},') },
  'nesting without end': { text: (text) => text.replace('{', `{"x":${'['.repeat(200)}${']'.repeat(200)},`) },
  'not a number': { text: (text) => text.replace('{', '{"x":NaN,') },
  'a comment': { text: (text) => text.replace('{', '{/* x */') },
  'single quotes': { text: (text) => text.replace('{', "{'x':1,") },
};
