/**
 * The rows of the tables of R4's search page and of its page on `_filter`, each with the case that holds it or the reason why there is
 * none (https://hl7.org/fhir/R4/search.html, https://hl7.org/fhir/R4/search_filter.html).
 */

/** `file: title` of a case, without `search-` and `.yaml`; or, after `!`, why it is not done. */
export type Held = string;

export interface SpecTable {
  readonly name: string;
  /** Anchor of the page. */
  readonly anchor: string;
  readonly rows: readonly (readonly [row: string, held: Held])[];
}

const examples = (title: string): Held => `table: ${title}`;
const result = (title: string): Held => `result: ${title}`;
const filters = examples('each operator of a _filter');
const dates = examples('each row of the table of dates');
const quantities = 'quantity: each row of the table of the specification';
const tokens = examples('each row of the examples of tokens');
const tokenTypes = examples('each type that a token is of');
const quantityTypes = examples('each type that a quantity is of');
const hierarchies = 'terminology: :in and :not-in search by value set, :below and :above by hierarchy';

export const specTables: readonly SpecTable[] = [
  { name: 'Parameters for all resources', anchor: 'all', rows: [
    ['_id', 'special: _id finds one or several'], ['_lastUpdated', 'date: _lastUpdated is searched like any other date'], ['_tag', 'token: _tag, _security and _profile look into meta'], ['_profile', 'token: _tag, _security and _profile look into meta'],
    ['_security', 'token: _tag, _security and _profile look into meta'], ['_source', 'special: _source finds by where it came from'], ['_text', 'text: _text finds by words of the narrative'], ['_content', 'text: _content finds by words anywhere'], ['_list', examples('a List is narrowed by further criteria')],
    ['_has', examples('each row of the examples of reverse chains')], ['_type', 'special: a search on the system names its types'], ['_query', 'special: _query is refused clearly'], ['_filter', filters], ['_list=$current-...', '!Functional lists are not kept: refused (docs/search.md).'],
  ] },
  { name: 'Search result parameters', anchor: 'return', rows: [
    ['_sort', result('_sort by several keys')], ['_sort=-date with _count=1', examples('the newest is the first of the page of one')], ['_sort=_score', '!There is no relevance: no search here has a vague result. Refused.'], ['_count', result('_count limits the page; the next link leads on')], ['_count=0', result('_count=0 counts only')],
    ['_include', 'include: _include brings along what a match refers to'], ['_include with a type', 'include: _include with a target type'], ['_include=*', 'include: _include with the wild card'], ['_include:iterate', 'include: _include goes one step, _include:iterate as far as it leads'],
    ['_revinclude', 'include: _revinclude brings along what refers to a match'], ['_include of a versioned reference', examples('a reference to a version brings that version along')], ['_total=none', examples('the total is the same whatever the page')], ['_total=estimate', examples('the total is the same whatever the page')], ['_total=accurate', examples('the total is the same whatever the page')],
    ['_summary=true', result('_summary=true keeps the elements of the summary and says so')], ['_summary=text', result('_summary=text keeps text, id, meta and what must be there')], ['_summary=data', result('_summary=data leaves out the text')], ['_summary=count', result('_summary=count has a total and no entry')], ['_summary=false', result('_summary=false leaves all')],
    ['_elements', result('_elements keeps those named, id, meta and what must be there')], ['_contained=false', 'contained: contained resources are not found unless asked for'], ['_contained=true', 'contained: _contained=true finds what contains them'], ['_contained=both', 'contained: _contained=both finds both kinds'],
    ['_containedType=container', 'contained: _contained=true finds what contains them'], ['_containedType=contained', 'contained: _containedType=contained answers them alone, by the address of their container'], ['self link', result('the self link has what was applied')],
  ] },
  { name: 'Handling errors', anchor: 'errors', rows: [
    ['a resource, code or time that is not there', examples('what is logically wrong finds nothing and is no error')], ['a modifier or a date that cannot be', examples('what is syntactically wrong is refused')], ['an empty parameter', examples('a parameter without a value is left out')], ['an unknown parameter, strict and lenient', examples('an unknown parameter is an error or left out, as the client says')],
  ] },
  { name: 'Modifiers', anchor: 'modifiers', rows: [
    [':missing', examples(':missing=true finds an element that has extensions and no value')], [':exact', examples('each row of the table of strings')], [':contains', examples('each row of the table of strings')], [':text of a token', 'token: :text finds display and text'], [':not', 'token: :not finds what has another code or none'],
    [':above of a token', hierarchies], [':below of a token', hierarchies], [':in', hierarchies], [':not-in', hierarchies], [':of-type', 'token: identifiers by system and value, and by their type'], [':[type]', 'reference: :[type] names the type of the target'], [':identifier', 'reference: :identifier finds by the identifier in the reference'],
    [':above of a reference', 'reference: :below finds what refers to a resource or to a part of it, :above what refers to what it is part of'], [':below of a reference', 'reference: :below finds what refers to a resource or to a part of it, :above what refers to what it is part of'], [':below of a canonical', examples(':below of a canonical finds its versions')],
    [':above of a uri', 'uri: :above matches what lies over it'], [':below of a uri', 'uri: :below matches what lies under it'], [':below of a media type', examples(':below finds a media type with its parameters')], [':text of a string', '!Refused: _content and _text search words.'],
  ] },
  { name: 'Prefixes, and the table of dates', anchor: 'prefix', rows: ['eq', 'ne', 'lt', 'gt', 'ge', 'le', 'sa', 'eb', 'ap'].map((prefix): [string, Held] => [prefix, dates]) },
  { name: 'Numbers', anchor: 'number', rows: [
    ['100', 'number: a number means its significant digits'], ['100.00', 'number: a number means its significant digits'], ['1e2', 'number: a number means its significant digits'], ['lt100', 'number: lt, le, gt and ge mean the exact value'], ['le100', 'number: lt, le, gt and ge mean the exact value'],
    ['gt100', 'number: lt, le, gt and ge mean the exact value'], ['ge100', 'number: lt, le, gt and ge mean the exact value'], ['ne100', 'number: ne is everything outside of the digits, of those with a value'], ['probability=gt0.8, gt8e-1', examples('decimals have the range of their digits, above and below it is exact')], ['whole numbers', examples('whole numbers are matched as they are')],
  ] },
  { name: 'Dates', anchor: 'date', rows: [
    ['date', 'date: birth dates, years and months'], ['dateTime', dates], ['instant', 'date: a schedule counts by its outer limits, an instant by its moment'], ['Period', 'date: a period has both ends'], ['Timing', 'date: a schedule counts by its outer limits, an instant by its moment'],
    ['a year, a month', examples('a year and a month are from their first instant to their last')], ['time zones', 'date: time zones are moments'], ['escaped colons', examples('escaped colons of a time are colons')],
  ] },
  { name: 'Strings', anchor: 'string', rows: [
    ['given=eve', examples('each row of the table of strings')], ['given:contains=eve', examples('each row of the table of strings')], ['given:exact=Eve', examples('each row of the table of strings')], ['accents', 'string: accents do not matter'], ['punctuation and blanks', examples('punctuation and repeated blanks do not matter in strings')],
    ['HumanName', 'string: name looks at every part of a name'], ['Address', 'string: address looks at every part of an address'], ['the second part of one family name', '!A family name is found from its beginning, or anywhere by :contains.'],
  ] },
  { name: 'URIs', anchor: 'uri', rows: ['url=http...', 'url:below', 'url:above', 'url=urn:oid:...', 'url=http...|version'].map((row): [string, Held] => [row, examples('each row of the examples of URIs')]) },
  { name: 'Tokens', anchor: 'token', rows: [
    ['[code]', 'token: a code matches in any system'], ['[system]|[code]', 'token: system|code matches in that system'], ['|[code]', 'token: |code matches codes without a system'], ['[system]|', 'token: system| matches any code of the system'],
    ...['Coding', 'CodeableConcept', 'Identifier', 'ContactPoint', 'code', 'boolean', 'string'].map((type): [string, Held] => [type, tokenTypes]), ['uri', examples('a canonical is found as a reference, and a URI as one where the parameter says so')],
    ...['identifier=system|value', 'gender=male', 'gender:not=male', 'section=48765-2', 'section:not=48765-2', 'active=true', 'code=system|ha125', 'code=ha125', 'code:text=headache', 'identifier:of-type'].map((row): [string, Held] => [row, tokens]),
    ['code:in of a loaded set', hierarchies], ['code:in, code:below of SNOMED CT', 'terminology: :in with a value set that is not known or cannot be expanded is refused'], ['contenttype:below=text/xml', examples(':below finds a media type with its parameters')],
  ] },
  { name: 'Quantities', anchor: 'quantity', rows: ['5.4|system|mg', '5.40e-3|system|g', '5.4||mg', '5.4', 'le5.4|system|mg', 'ap5.4|system|mg'].map((row): [string, Held] => [row, quantities]) },
  { name: 'References', anchor: 'reference', rows: [
    ['[id]', 'reference: by type and id, by id alone, by address'], ['[type]/[id]', 'reference: by type and id, by id alone, by address'], ['[url]', examples('a relative reference and the absolute one of this server are the same')], ['subject:Patient=23', examples('a relative reference and the absolute one of this server are the same')],
    ['a parameter of one type', 'reference: a parameter for one type finds references to that type'], ['canonical with and without version', 'reference: a canonical is found with its version and without'], ['a reference to a version', 'reference: a reference to a version is one to the resource'],
    ['an id that resources of several types have', '!All of them are found, since a refusal would tell of what may be hidden; Type/id names one.'], ['Bundle?composition, Bundle?message', '!Refused: what stands in a Bundle is not referred to.'],
  ] },
  { name: 'Chains and reverse chains', anchor: 'chaining', rows: [
    ['subject.name', examples('chains are followed one by one')], ['subject:Patient.name', examples('chains are followed one by one')], ['two chains are two', examples('chains are followed one by one')], ['into a contained resource', 'contained: a chain goes into contained resources'],
    ...['_has', '_has with or', '_has twice', '_has in _has'].map((row): [string, Held] => [row, examples('each row of the examples of reverse chains')]),
  ] },
  { name: 'And, or, composites, missing data, escapes', anchor: 'combining', rows: [
    ['FR&NL', examples('a repeat means and, a comma means or, and both together')], ['FR,NL', examples('a repeat means and, a comma means or, and both together')], ['FR,NL&EN', examples('a repeat means and, a comma means or, and both together')],
    ...['result.code-value-quantity', 'component-code-value-quantity', 'characteristic-value', 'context-type-value'].map((row): [string, Held] => [row, examples('each row of the examples of composites')]),
    ['clinical-status and :missing', examples('a value and its absence are never both')], ['a\\,b', examples('a comma that is escaped is one of the value, also by percent signs')], ['\\$ \\| \\\\', 'composite: escaped dollar signs, bars, commas and backslashes are characters'], ['xx\\xx is illegal', examples('a comma that is escaped is one of the value, also by percent signs')],
    ['_text=(bone OR liver) and metastases', 'text: words are combined with and, or, not, quotes and brackets'], ['near', 'text: near finds by distance'],
  ] },
  { name: 'Types of data and of parameters', anchor: 'table', rows: [
    ['Age, Duration, Money, Range as quantity', quantityTypes], ['Quantity', quantities], ['decimal, integer as number', examples('whole numbers are matched as they are')], ['canonical, uri as reference and uri', examples('a canonical is found as a reference, and a URI as one where the parameter says so')], ['id as token', 'special: _id finds one or several'],
    ['date, dateTime, instant, Period, Timing as date', 'date: a schedule counts by its outer limits, an instant by its moment'],
  ] },
  { name: '_filter', anchor: 'filter', rows: [
    ...['eq', 'ne of numbers, dates and quantities', 'co of strings', 'sw', 'ew', 'gt, lt, ge, le of numbers, dates and quantities', 'ap', 'sa', 'eb', 'pr', 'po', 'ss', 'sb', 'in', 'ni', 're', 'loinc, snomed, rxnorm, ucum'].map((row): [string, Held] => [row, filters]),
    ['and, or, brackets', 'text: _filter is read from left to right, brackets decide otherwise'], ['name[filter].name', 'text: _filter follows references'], ['ne of strings, codes and references', '!Refused, with "not (... eq ...)" as what to say instead.'],
    ['gt, lt, ge, le of strings; co of numbers and dates', '!Refused.'], ['eq of composites', '!Refused: the parameter itself can be searched.'],
  ] },
];

/** Returns the file and the title that a row names; undefined for one that is not done. */
export const caseOf = (held: Held): { readonly file: string; readonly title: string } | undefined => {
  if (held.startsWith('!')) return undefined;
  const at = held.indexOf(': ');
  const name = held.slice(0, at);
  return { file: `${name === 'terminology' ? '' : 'search-'}${name}.yaml`, title: held.slice(at + 2) };
};
