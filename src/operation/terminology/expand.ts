/** ValueSet/$expand, https://hl7.org/fhir/R4/valueset-operation-expand.html */
import { toInstant } from '../../core/clock.js';
import { FhirError } from '../../core/error.js';
import type { Context } from '../../interaction/context.js';
import type { Operation } from '../../interaction/service.js';
import type { ExpandAsked, Expansion } from '../../terminology/port.js';
import type { ValueSet } from '../../terminology/resource.js';
import { readParameters, type OperationParameters, type ParameterRules } from '../parameters.js';
import { subjectOf, type TerminologyOf } from './subject.js';

const noContexts = 'this server keeps no contexts that imply a value set; name it by url';

const rules: ParameterRules = {
  url: { kind: 'text' }, valueSet: { kind: 'resource', body: true }, valueSetVersion: { kind: 'text' },
  context: { kind: 'text', refused: noContexts }, contextDirection: { kind: 'text', refused: noContexts },
  date: { kind: 'dateTime', refused: 'expansions are made as of now; ask for versions of value set and systems instead' },
  filter: { kind: 'text' }, offset: { kind: 'integer' }, count: { kind: 'integer' }, includeDesignations: { kind: 'boolean' }, designation: { kind: 'text', many: true },
  includeDefinition: { kind: 'boolean' }, activeOnly: { kind: 'boolean' }, excludeNested: { kind: 'boolean' }, excludeNotForUI: { kind: 'boolean' }, excludePostCoordinated: { kind: 'boolean' },
  displayLanguage: { kind: 'text' },
  'exclude-system': { kind: 'text', many: true }, 'system-version': { kind: 'text', many: true }, 'check-system-version': { kind: 'text', many: true }, 'force-system-version': { kind: 'text', many: true },
};

/** Returns the operation. Expansions are flat and without post-coordinated codes, whatever is asked; that is allowed by the specification. */
export const makeExpand = (terminology: TerminologyOf): Operation => ({
  name: 'expand',
  definition: 'http://hl7.org/fhir/OperationDefinition/ValueSet-expand',
  parameters: Object.keys(rules).filter((name) => rules[name]?.refused === undefined),
  levels: ['type', 'instance'],
  types: ['ValueSet'],
  affectsState: false,
  handle: async (context) => {
    const given = readParameters(context, rules);
    const subject = await subjectOf(context, given, { type: 'ValueSet', names: { resource: 'valueSet', url: 'url', version: 'valueSetVersion' } });
    if (subject === undefined) throw new FhirError('invalid-parameter', 'Say which value set: url, valueSet, or the id of one in the URL.', { location: 'http.url' });
    const expansion = await terminology(context).expand(askedFor(subject, given));
    return { status: 200, body: JSON.stringify(valueSetOf(context, { given, expansion, subject })) };
  },
});

const askedFor = (valueSet: string | ValueSet, given: OperationParameters): ExpandAsked => ({
  valueSet, filter: given.text('filter'), offset: given.count('offset'), count: given.count('count'),
  includeDesignations: given.flag('includeDesignations') ?? given.has('designation'), designations: given.texts('designation'),
  activeOnly: given.flag('activeOnly'), excludeNotForUI: given.flag('excludeNotForUI'), displayLanguage: given.text('displayLanguage'),
  excludeSystem: given.texts('exclude-system'), systemVersion: given.texts('system-version'), checkSystemVersion: given.texts('check-system-version'), forceSystemVersion: given.texts('force-system-version'),
});

interface Expanded {
  readonly given: OperationParameters;
  readonly expansion: Expansion;
  readonly subject: string | ValueSet;
}

const valueSetOf = ({ service: { ids, clock } }: Context, { given, expansion, subject }: Expanded): Record<string, unknown> => {
  const { valueSet, total, offset, contains } = expansion;
  const { url, version, name, title, status } = valueSet;
  const isPaged = given.has('offset') || given.has('count');
  return {
    resourceType: 'ValueSet', url, version, name, title, status: status ?? 'unknown',
    ...(given.flag('includeDefinition') === true && typeof subject === 'object' ? { compose: subject.compose } : {}),
    expansion: {
      identifier: `urn:uuid:${ids.resource()}`, timestamp: toInstant(clock.now()), total, ...(isPaged ? { offset } : {}),
      ...listed('parameter', parametersUsed(given, expansion)),
      ...listed('contains', contains),
    },
  };
};

const listed = (name: string, items: readonly unknown[]): Record<string, unknown> => (items.length === 0 ? {} : { [name]: items });

const members: Readonly<Record<string, string>> = { boolean: 'valueBoolean', integer: 'valueInteger', text: 'valueString' };
const uris = new Set(['exclude-system', 'system-version', 'check-system-version', 'force-system-version']);
const subjects = new Set(['url', 'valueSet', 'valueSetVersion']);

/** The parameters that shaped the expansion, and the versions it was made of. */
const parametersUsed = (given: OperationParameters, { versions }: Expansion): { readonly name: string }[] => [
  ...Object.entries(rules).filter(([name]) => !subjects.has(name) && given.has(name)).flatMap(([name, { kind }]) =>
    (given.texts(name) as readonly unknown[]).map((value) => ({ name, [uris.has(name) ? 'valueUri' : name === 'displayLanguage' ? 'valueCode' : members[kind] ?? 'valueString']: value }))),
  ...versions.filter((version) => version.includes('|')).map((version) => ({ name: 'version', valueUri: version })),
];
