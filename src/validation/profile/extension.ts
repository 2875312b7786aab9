/** Every extension of a resource held against its definition (https://hl7.org/fhir/R4/extensibility.html): unknown ones are told. */
import { isResourceType } from '../../fhir/definitions.js';
import { PathNode } from '../../fhir/expression/node.js';
import type { Profile } from '../../fhir/profile/definition.js';
import { makeWalker, type Visited } from '../../fhir/walk.js';
import { isObject, type JsonObject } from '../checks.js';
import { applyProfile } from './element.js';
import type { ProfileRun } from './run.js';

export interface ExtensionOptions {
  /** Whether an unknown extension that changes the meaning refuses the resource. */
  readonly unknownModifiers: 'report' | 'refuse';
}

const walk = makeWalker(new Set(['Extension']));

/** Checks the extensions of a resource, those of contained resources and entries left to these. */
export const checkExtensions = (run: ProfileRun, resource: JsonObject, { at, unknownModifiers }: ExtensionOptions & { readonly at: string }): void => {
  walk(resource, (visited) => {
    const { path, value } = visited;
    if (path[0] === 'contained' || (path.includes('resource') && (path[0] === 'entry' || path[0] === 'parameter')) || !isObject(value) || typeof value['url'] !== 'string') return;
    // A relative URL names a part of the extension around it, whose definition covers it.
    if (!/^[a-z][a-z0-9+.-]*:/i.test(value['url'])) return;
    checkOne(run, { visited, url: value['url'], at: placeOf(at, path), unknownModifiers });
  });
};

const placeOf = (at: string, path: readonly (string | number)[]): string =>
  path.reduce<string>((text, step) => (typeof step === 'number' ? `${text}[${String(step)}]` : `${text}.${step.replace(/^_/, '')}`), at);

interface Found {
  readonly visited: Visited;
  readonly url: string;
  readonly at: string;
  readonly unknownModifiers: ExtensionOptions['unknownModifiers'];
}

const checkOne = (run: ProfileRun, { visited, url, at, unknownModifiers }: Found): void => {
  const isModifier = visited.key === 'modifierExtension';
  const found = run.find(url);
  if (found === undefined || found.profile.type !== 'Extension') {
    const severity = isModifier ? (unknownModifiers === 'refuse' ? 'error' : 'warning') : 'information';
    const what = isModifier ? 'is a modifier extension that is not known here, so the meaning of what it stands in is not known either' : 'is an extension that is not known here';
    run.issues.push({ severity, code: 'extension', diagnostics: `${at}: ${url} ${what}`, expression: at });
    return;
  }
  if (!isWelcome(found.profile, visited)) {
    run.issues.push({ severity: 'warning', code: 'extension', diagnostics: `${at}: ${url} does not belong here; it is defined for ${(found.profile.contexts ?? []).map((one) => one.split(' ')[1]).join(', ')}`, expression: at });
  }
  applyProfile({ ...run, profile: found.profile }, { node: new PathNode(visited.value, 'Extension'), at }, url);
};

const anywhere = new Set(['Element', 'Resource', 'DomainResource', 'Extension']);

/** Whether the definition lets the extension stand there. Contexts on datatypes, and those by FHIRPath, are taken as met. */
const isWelcome = ({ contexts = [] }: Profile, { path, parent }: Visited): boolean => {
  if (contexts.length === 0 || path.length > 2 || typeof parent['resourceType'] !== 'string') return true;
  const type = parent['resourceType'];
  return contexts.some((context) => {
    const [kind, name = ''] = context.split(' ');
    return kind !== 'element' || anywhere.has(name) || name === type || !isResourceType(name.split('.')[0] ?? '');
  });
};
