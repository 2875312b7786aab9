/**
 * Validation against profiles (https://hl7.org/fhir/R4/profiling.html): those a resource claims in `meta.profile`, and those
 * asked for. Codes are asked of a terminology; where that answers later, the check is done again with its answers.
 */
import type { Issue } from '../../core/error.js';
import { nodeOfResource, type PathNode } from '../../fhir/expression/node.js';
import type { Profile } from '../../fhir/profile/definition.js';
import { constraintWorkers } from '../../fhir/fhirpath-worker.js';
import type { ProfileLibrary } from '../../fhir/profile/library.js';
import { referenceType } from '../../fhir/reference-type.js';
import type { CodeAsked, CodeCheck, MaybePromise, Terminology } from '../../terminology/port.js';
import { isObject, type JsonObject } from '../checks.js';
import { applyProfile } from './element.js';
import { containedOf } from '../contained.js';
import { checkContents } from './content.js';
import { checkExtensions, type ExtensionOptions } from './extension.js';
import { placesIn, type ResourcePlace } from './places.js';
import { ruleOfProfile, type ElementRule } from './rule.js';
import { makeConstraintJudge, type JudgeElsewhere } from './judge.js';
import { TooMuchEffort, type ProfileRun } from './run.js';

export interface ProfileOptions extends ExtensionOptions {
  readonly library: ProfileLibrary;
  readonly terminology?: Pick<Terminology, 'validateCode'> | undefined;
  /** Evaluates constraints that are beyond this thread; the workers of this process where nothing else is given. */
  readonly judgeElsewhere?: JudgeElsewhere | undefined;
}

/** Elements held against rules in one validation: some hundred milliseconds. */
const mostEffort = 1_000_000;

export interface ProfileWish {
  /** Canonical URLs to check the whole resource against, beside those it claims. */
  readonly profiles?: readonly string[];
  /** Whether elements that must be supported and are absent are told. */
  readonly mustSupport?: boolean;
  /** Whether what could not be checked is told in full. */
  readonly thorough?: boolean;
}

/** Returns findings of a resource whose structure has been found right; a promise when the terminology answers later. */
export type ValidateProfiles = (resource: JsonObject, wish?: ProfileWish) => MaybePromise<Issue[]>;

type Ask = ProfileRun['ask'];
const notLoaded: CodeCheck = { result: 'unknown', message: 'no terminology is loaded' };

/** Answers of the terminology, kept for one validation. */
const makeAsker = (terminology: ProfileOptions['terminology']): { readonly ask: Ask; readonly pending: () => Promise<unknown>[] } => {
  const answers = new Map<string, CodeCheck>();
  let waiting: Promise<unknown>[] = [];
  const answer = (asked: CodeAsked, key: string): CodeCheck => {
    const given = terminology?.validateCode(asked) ?? notLoaded;
    if (!(given instanceof Promise)) return given;
    waiting.push(given.then((later) => answers.set(key, later)));
    return notLoaded;
  };
  return {
    ask: (asked) => {
      const key = `${typeof asked.valueSet === 'string' ? asked.valueSet : ''} ${asked.system ?? ''} ${asked.code}`;
      const found = answers.get(key) ?? answer(asked, key);
      answers.set(key, found);
      return found;
    },
    pending: () => {
      const now = waiting;
      waiting = [];
      return now;
    },
  };
};

/** Returns a validator against the profiles of a library. */
export const makeProfileValidator = (options: ProfileOptions): ValidateProfiles => {
  const rules = new WeakMap<Profile, ElementRule>();
  const ruleOf = (profile: Profile): ElementRule => {
    const made = rules.get(profile) ?? ruleOfProfile(profile);
    rules.set(profile, made);
    return made;
  };
  return (resource, wish = {}) => {
    const { ask, pending } = makeAsker(options.terminology);
    const judge = makeConstraintJudge(options.judgeElsewhere ?? ((task) => constraintWorkers().judge(task)));
    const attempt = (): MaybePromise<Issue[]> => {
      const effort = { left: mostEffort };
      const issues = placesIn(resource).flatMap((place) => checkPlace(place, { options, wish, ask, judge: judge.judge, ruleOf, effort }));
      const waiting = [...pending(), ...judge.pending()];
      return waiting.length === 0 ? unique(issues) : Promise.all(waiting).then(attempt);
    };
    return attempt();
  };
};

interface Means {
  readonly options: ProfileOptions;
  readonly wish: ProfileWish;
  readonly ask: Ask;
  readonly judge: ProfileRun['judge'];
  readonly ruleOf: (profile: Profile) => ElementRule;
  readonly effort: ProfileRun['effort'];
}

const none: Profile = { url: '', name: '', type: 'Resource', base: '', elements: [], isSnapshot: true };

const checkPlace = (place: ResourcePlace, { options, wish, ask, judge, ruleOf, effort }: Means): Issue[] => {
  const node = nodeOfResource(place.resource);
  const { library } = options;
  const claimed = claimsOf(place.resource);
  const near = claimed.map((canonical) => library.find(canonical)).find((profile) => profile?.guide !== undefined)?.guide;
  const run: ProfileRun = {
    issues: [], profile: none, ask, judge, resource: node, root: nodeOfResource(place.container), mustSupport: wish.mustSupport === true, thorough: wish.thorough === true, within: new Set(), undecided: new Set(), effort,
    find: (canonical) => { const profile = library.find(canonical, near); return profile && { profile, rule: ruleOf(profile) }; },
    resolve: makeResolve(place),
  };
  try {
    for (const canonical of new Set([...claimed, ...(place.isWhole ? wish.profiles ?? [] : [])])) applyClaimed(run, { canonical, at: place.at, node, library });
    checkContents(run, place.resource, place.at);
    checkExtensions(run, place.resource, { at: place.at, unknownModifiers: options.unknownModifiers });
  } catch (error) {
    if (!(error instanceof TooMuchEffort)) throw error;
    run.issues.push({ severity: 'warning', code: 'too-costly', diagnostics: `${place.at}: not checked to the end: its profiles ask for more than is done for one resource`, expression: place.at });
  }
  return run.issues;
};

const applyClaimed = (run: ProfileRun, { canonical, at, node, library }: { readonly canonical: string; readonly at: string; readonly node: PathNode; readonly library: ProfileLibrary }): void => {
  if (isBaseOf(canonical, node.type)) return;
  if (run.find(canonical) !== undefined) applyProfile(run, { node, at }, canonical);
  else {
    const fault = library.fault(canonical);
    const why = fault === undefined ? 'this profile is not known here; load the guide that has it' : `its snapshot cannot be made: ${fault}`;
    run.issues.push({ severity: 'warning', code: 'not-found', diagnostics: `${at}: not checked against ${canonical}: ${why}`, expression: `${at}.meta.profile` });
  }
};

const isBaseOf = (canonical: string, type: string): boolean => [type, 'Resource', 'DomainResource'].some((name) => canonical.split('|')[0] === `http://hl7.org/fhir/StructureDefinition/${name}`);

const claimsOf = ({ meta }: JsonObject): readonly string[] => {
  const profiles = isObject(meta) ? meta['profile'] : undefined;
  return Array.isArray(profiles) ? profiles.filter((one): one is string => typeof one === 'string') : [];
};

/** The target of a reference: contained, in the Bundle by fullUrl or type and id, else its type alone. */
const makeResolve = ({ container, entries }: ResourcePlace) => ({ value }: PathNode): PathNode | undefined => {
  const reference = typeof value === 'string' ? value : isObject(value) ? value['reference'] : undefined;
  if (typeof reference !== 'string') return undefined;
  if (reference.startsWith('#')) {
    const found = containedOf(container).get(reference.slice(1));
    return found && nodeOfResource(found);
  }
  const found = entries().get(reference.split('/_history/')[0] ?? reference);
  if (found !== undefined) return nodeOfResource(found);
  const type = referenceType(typeof value === 'string' ? { reference: value } : value, container);
  return type === undefined ? undefined : nodeOfResource({ resourceType: type });
};

const unique = (issues: readonly Issue[]): Issue[] => [...new Map(issues.map((issue) => [`${issue.severity} ${issue.diagnostics}`, issue])).values()];
