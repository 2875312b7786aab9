/** What a Consent comes to for one viewer: its provisions as flat rules, each with the resources it is about and how closely it names the viewer. */
import type { Concern, Effect, Provision } from './provision.js';
import type { Certainty } from './concern.js';
import type { Permission } from '../scope.js';

/** Of whom a rule speaks: everyone, a group the viewer is in, or the person or app alone. */
export type Closeness = 0 | 1 | 2;

/** Whom a rule may name, and for what purpose they ask. */
export interface Viewpoint {
  /** References and identified names of groups: organizations, teams, kinds of work. */
  readonly groups: ReadonlySet<string>;
  /** References and identified names of the person. */
  readonly person: ReadonlySet<string>;
  /** Names of the app. */
  readonly app: ReadonlySet<string>;
  /** Codes of v3-ActReason; undefined: it is not known why the viewer asks. */
  readonly purposes?: ReadonlySet<string> | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Which resources, without a type yet: concerns put together. JSON-safe, so that equal ones are found. */
export type Region =
  | boolean
  | { readonly all: readonly Region[] }
  | { readonly any: readonly Region[] }
  | { readonly not: Region }
  | { readonly concern: Concern; readonly certainty: Certainty };

export interface Rule {
  readonly effect: Effect;
  readonly where: Region;
  readonly closeness: Closeness;
  /** Names the person, not only the app. */
  readonly namesPerson: boolean;
  /** Is about some resources of the record, not all. */
  readonly isNarrow: boolean;
  /** Speaks of security labels. */
  readonly ofLabels: boolean;
  /** Says by name that it holds in an emergency too. */
  readonly inEmergency: boolean;
}

/** What is done with a resource: looking, changing what is there, adding. */
export type Deed = 'look' | 'change' | 'add';

/** Returns what is done under a permission. */
export const deedOf = (permission: Permission): Deed => (permission === 'c' ? 'add' : permission === 'r' || permission === 's' ? 'look' : 'change');

const looking = ['access', 'use', 'disclose'];
/** To change something one must see it: what denies the one denies the other. */
const denied: Readonly<Record<Deed, readonly string[]>> = { look: looking, change: [...looking, 'correct'], add: ['collect'] };
const permitted: Readonly<Record<Deed, readonly string[]>> = { look: looking, change: ['correct'], add: ['collect'] };

/** Purposes in the order of v3-ActReason: who asks for one asks for those it is a kind of. */
const kindOf: Readonly<Record<string, string>> = { BTG: 'ETREAT', ETREAT: 'TREAT', CAREMGT: 'TREAT', CLINTRCH: 'TREAT', HRESCH: 'PurposeOfUse', TREAT: 'PurposeOfUse', PATRQT: 'PurposeOfUse', HOPERAT: 'PurposeOfUse', HPAYMT: 'PurposeOfUse' };

/** Returns the purposes that asking for these implies. */
export const impliedPurposes = (codes: readonly string[]): ReadonlySet<string> => {
  const found = new Set<string>();
  for (const code of codes) for (let each: string | undefined = code; each !== undefined && !found.has(each); each = kindOf[each]) found.add(each);
  return found;
};

const emergencies = ['BTG', 'ETREAT'];

interface Above {
  readonly maybe: readonly Region[];
  /** Undefined: it is not sure that what stands around holds. */
  readonly surely: readonly Region[] | undefined;
  readonly closeness: Closeness;
  readonly namesPerson: boolean;
  readonly isNarrow: boolean;
  readonly ofLabels: boolean;
  readonly inEmergency: boolean;
}

const top: Above = { maybe: [], surely: [], closeness: 0, namesPerson: false, isNarrow: false, ofLabels: false, inEmergency: false };

/** Returns the rules of a Consent that bind the viewer now, for one deed. */
export const rulesOf = (consent: Provision, viewpoint: Viewpoint, deed: Deed): readonly Rule[] => flatten(consent, top, { viewpoint, deed });

interface Asked {
  readonly viewpoint: Viewpoint;
  readonly deed: Deed;
}

/** An exception holds where it and all around it hold, and there it stands instead of what it is an exception to; of two, the denial. */
const flatten = (provision: Provision, above: Above, asked: Asked): readonly Rule[] => {
  const own = within(provision, above, asked);
  if (own === undefined) return [];
  const inner = provision.exceptions.flatMap((one) => flatten(one, own, asked));
  const denials = inner.filter(({ effect }) => effect === 'deny');
  const refused = any(denials.map(({ where }) => where));
  const permits = inner.flatMap((rule) => (rule.effect === 'permit' ? exceptWhere(rule, refused) : []));
  const { closeness, namesPerson, isNarrow, ofLabels, inEmergency } = own;
  const made = { closeness, namesPerson, isNarrow, ofLabels, inEmergency };
  switch (provision.effect) {
    case undefined:
      return [...denials, ...permits];
    case 'deny': {
      if (!denies(provision, asked.deed)) return [...denials, ...permits];
      return [...exceptWhere({ ...made, effect: 'deny', where: all(own.maybe) }, any(permits.map(({ where }) => where))), ...denials, ...permits];
    }
    case 'permit': {
      if (own.surely === undefined || !speaksOf(provision, permitted[asked.deed])) return [...denials, ...permits];
      return [...exceptWhere({ ...made, effect: 'permit', where: all(own.surely) }, refused), ...denials, ...permits];
    }
  }
};

const speaksOf = ({ actions }: Provision, wanted: readonly string[]): boolean => actions === undefined || actions.some((action) => wanted.includes(action));

/** To add to a record shows nothing of it: only who says so denies it. */
const denies = (provision: Provision, deed: Deed): boolean => speaksOf(provision, denied[deed]) && (deed !== 'add' || provision.actions !== undefined);

const exceptWhere = (rule: Rule, region: Region): Rule[] => {
  const where = all([rule.where, not(region)]);
  return where === false ? [] : [{ ...rule, where }];
};

/** Undefined: the provision does not speak of this viewer now. */
const within = ({ actors, period, purposes, actions, concern }: Provision, above: Above, { viewpoint, deed }: Asked): Above | undefined => {
  const named = actors === undefined ? { closeness: 0 as const, namesPerson: false } : closenessOf(actors, viewpoint);
  if (named === undefined || (period !== undefined && (viewpoint.now < period.low || viewpoint.now > period.high))) return undefined;
  if (actions !== undefined && !actions.some((action) => denied[deed].includes(action) || permitted[deed].includes(action))) return undefined;
  const known = viewpoint.purposes;
  if (purposes !== undefined && known !== undefined && !purposes.some((code) => known.has(code))) return undefined;
  const narrows = Object.values(concern).some((value) => value !== undefined);
  const isSure = above.surely !== undefined && (purposes === undefined || known !== undefined);
  return {
    maybe: narrows ? [...above.maybe, { concern, certainty: 'maybe' }] : above.maybe,
    surely: !isSure ? undefined : narrows ? [...(above.surely ?? []), { concern, certainty: 'surely' }] : above.surely,
    closeness: Math.max(above.closeness, named.closeness) as Closeness, namesPerson: above.namesPerson || named.namesPerson,
    isNarrow: above.isNarrow || narrows, ofLabels: above.ofLabels || concern.labels !== undefined,
    inEmergency: above.inEmergency || purposes?.some((code) => emergencies.includes(code)) === true,
  };
};

const closenessOf = (actors: readonly string[], { person, app, groups }: Viewpoint): Pick<Rule, 'closeness' | 'namesPerson'> | undefined => {
  const namesPerson = actors.some((name) => person.has(name));
  if (namesPerson || actors.some((name) => app.has(name))) return { closeness: 2, namesPerson };
  return actors.some((name) => groups.has(name)) ? { closeness: 1, namesPerson } : undefined;
};

const all = (regions: readonly Region[]): Region => {
  if (regions.includes(false)) return false;
  const rest = regions.filter((region) => region !== true);
  const [first] = rest;
  return first === undefined ? true : rest.length === 1 ? first : { all: rest };
};

const any = (regions: readonly Region[]): Region => {
  if (regions.includes(true)) return true;
  const rest = regions.filter((region) => region !== false);
  const [first] = rest;
  return first === undefined ? false : rest.length === 1 ? first : { any: rest };
};

const not = (region: Region): Region => (typeof region === 'boolean' ? !region : { not: region });

/** Returns whether one rule stands above another of another Consent: it names the viewer or the resources more closely, and neither less so. */
export const outranks = (permit: Rule, denial: Rule): boolean => {
  const [who, what] = [permit.closeness - denial.closeness, Number(permit.isNarrow) - Number(denial.isNarrow)];
  return who >= 0 && what >= 0 && who + what > 0;
};

export const regions = { all, any, not };
