/** $validate (https://hl7.org/fhir/R4/resource-operation-validate.html): everything that is wrong with a resource, and nothing stored. */
import { FhirError, type Issue } from '../core/error.js';
import { locate } from '../core/json/locate.js';
import { parseResourceText } from '../fhir/json-text.js';
import { isReferredTo, lookUp, mayReadAll } from '../interaction/gate.js';
import { typeOf, type Context } from '../interaction/context.js';
import { whyNotNew } from '../interaction/update.js';
import type { Operation } from '../interaction/service.js';
import type { ValidateProfiles } from '../validation/profile/validator.js';
import type { Validate } from '../validation/validator.js';
import { readParameters, type JsonObject, type OperationParameters, type ParameterRules } from './parameters.js';

const modes = ['create', 'update', 'delete', 'profile'] as const;
type Mode = (typeof modes)[number];

const rules: ParameterRules = {
  resource: { kind: 'resource', body: true }, mode: { kind: 'text' }, profile: { kind: 'text', many: true },
  /** Beside those of the specification: whether must-support elements that are absent are told. */
  mustSupport: { kind: 'boolean' },
};

export interface ValidateMeans {
  readonly base: Validate;
  readonly profiles: ValidateProfiles;
  /** Takes in profiles that were added or stored; awaited before each validation. */
  readonly refresh?: (() => Promise<void>) | undefined;
  /** Whether a profile is known. */
  readonly knows: (canonical: string) => boolean;
  /** The same without stored profiles, for those who may not read StructureDefinitions. */
  readonly withoutStored?: Pick<ValidateMeans, 'profiles' | 'knows'> | undefined;
}

/** Returns the operation. It answers 200 with every finding, of whatever severity. */
export const makeValidateOperation = (all: ValidateMeans): Operation => ({
  name: 'validate',
  definition: 'http://hl7.org/fhir/OperationDefinition/Resource-validate',
  levels: ['type', 'instance'],
  affectsState: false,
  handle: async (context) => {
    const means = { ...all, ...(mayReadAll(context, 'StructureDefinition') ? {} : all.withoutStored) };
    const given = readParameters(context, rules);
    const mode = modeOf(given);
    await means.refresh?.();
    const resource = given.object('resource') ?? (await storedResource(context, mode));
    const own = resource === undefined ? [] : await findings(context, resource, { means, given });
    const issues = [...own, ...(await modeIssues(context, { mode, resource }))];
    return { status: 200, issues: issues.length > 0 ? issues : [{ severity: 'information', code: 'informational', diagnostics: 'Nothing is wrong with the resource.' }] };
  },
});

const modeOf = (given: OperationParameters): Mode | undefined => {
  const text = given.text('mode');
  const mode = modes.find((one) => one === text);
  if (text !== undefined && mode === undefined) throw new FhirError('invalid-parameter', `mode must be one of ${modes.join(', ')}.`, given.placeOf('mode'));
  return mode;
};

/** What is stored under the URL, where no resource is sent. */
const storedResource = async (context: Context, mode: Mode | undefined): Promise<JsonObject | undefined> => {
  const { id } = context.request;
  if (mode === 'delete' && id !== undefined) return undefined;
  if (id === undefined) throw new FhirError('empty-body', `Send the ${typeOf(context)} to validate in the body, alone or in a Parameters resource as "resource".`);
  const version = await lookUp(context, { type: typeOf(context), id });
  if (version?.body === undefined) throw new FhirError('not-found', `There is no ${typeOf(context)} with this id.`);
  return parseResourceText(version.body, { maxDepth: context.service.options.maxDepth }).value as JsonObject;
};

interface Asked {
  readonly means: ValidateMeans;
  readonly given: OperationParameters;
}

const findings = async (context: Context, resource: JsonObject, { means, given }: Asked): Promise<Issue[]> => {
  const profiles = given.texts('profile');
  const type = typeOf(context);
  const other: Issue[] = resource['resourceType'] === type ? [] : [{ severity: 'error', code: 'invalid', diagnostics: `resourceType: this URL takes ${type}`, expression: 'resourceType' }];
  const unknown = profiles.filter((canonical) => !means.knows(canonical)).map((canonical): Issue => ({
    severity: 'error', code: 'not-found', diagnostics: `The profile ${canonical.slice(0, 200)} is not known here, so nothing was checked against it; load the guide that has it.`, ...given.placeOf('profile'),
  }));
  const base = means.base(resource);
  // A profile has something to say only of a resource with a sound structure.
  const isSound = !base.some(({ severity, code }) => severity === 'error' && code !== 'invariant');
  const profiled = isSound ? await means.profiles(resource, { profiles: profiles.filter(means.knows), mustSupport: given.flag('mustSupport') === true, thorough: true }) : [];
  return [...other, ...unknown, ...placed(context, resource, [...base, ...profiled])];
};

/** Adds line and column, where the resource came as a text of several lines. */
const placed = ({ request }: Context, resource: JsonObject, issues: readonly Issue[]): Issue[] => {
  const text = request.payload?.text;
  if (text?.includes('\n') !== true) return [...issues];
  const within = prefixOf(text, resource);
  return issues.map((issue) => {
    if (issue.expression === undefined || issue.location !== undefined) return issue;
    const { line, column } = locate(text, [...within, ...stepsOf(issue.expression)]);
    return { ...issue, location: `line ${String(line)}, column ${String(column)}` };
  });
};

/** Where in the body the resource stands: in a Parameters, or as the body itself. */
const prefixOf = (text: string, resource: JsonObject): readonly (string | number)[] => {
  const body = JSON.parse(text.replace(/^\ufeff/, '')) as JsonObject;
  const { parameter } = body;
  if (body['resourceType'] !== 'Parameters' || !Array.isArray(parameter) || resource['resourceType'] === 'Parameters') return [];
  const index = parameter.findIndex((part: unknown) => (part as { name?: unknown } | null)?.name === 'resource');
  return index < 0 ? [] : ['parameter', index, 'resource'];
};

const stepsOf = (expression: string): (string | number)[] =>
  [...expression.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].slice(/^[A-Z]/.test(expression) ? 1 : 0).map(([, index, name = '']) => (index === undefined ? name : Number(index)));

interface Wish {
  readonly mode: Mode | undefined;
  readonly resource: JsonObject | undefined;
}

/** What the interaction that the mode names would say beside the content. */
const modeIssues = async (context: Context, { mode, resource }: Wish): Promise<Issue[]> => {
  const type = typeOf(context);
  const { id } = context.request;
  const { options } = context.service;
  const error = (code: string, diagnostics: string): Issue[] => [{ severity: 'error', code, diagnostics, expression: `${type}.id` }];
  if (mode === 'create') return resource?.['id'] === undefined ? [] : [{ severity: 'information', code: 'informational', diagnostics: 'A create assigns a new id; the one in the resource is not kept.', expression: `${type}.id` }];
  if (mode === 'update') {
    const own = resource?.['id'];
    if (typeof own !== 'string') return error('required', 'An update needs the id in the resource.');
    if (id !== undefined && own !== id) return error('invalid', 'The id in the resource differs from the id in the URL.');
    const there = await lookUp(context, { type, id: own });
    const whyNot = there === undefined ? await whyNotNew(context, { type, id: own }) : undefined;
    if (whyNot !== undefined) return error('not-found', whyNot.message);
    return there === undefined && !options.clientIds ? error('not-found', `There is no ${type} with this id, and this server assigns ids itself.`) : [];
  }
  if (mode !== 'delete') return [];
  if (id === undefined) return error('required', 'A delete is validated at the URL of the resource.');
  if ((await lookUp(context, { type, id }))?.body === undefined) return error('not-found', `There is no ${type} with this id to delete.`);
  if (options.referentialIntegrity === 'enforce' && (await isReferredTo(context, { type, id }))) return error('conflict', 'Other resources refer to this one, so it cannot be deleted.');
  return [];
};
