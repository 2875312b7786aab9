/**
 * A profile as a tree of rules, made when it is first asked for: only what it demands beyond FHIR itself is kept to be checked
 * (https://hl7.org/fhir/R4/profiling.html).
 */
import { baseOf, elementsOf, invariantsOf, datatypes, resourceTypes, type NamedElement } from '../../fhir/definitions.js';
import type { Test } from '../../fhir/expression/call.js';
import { compileCondition } from '../../fhir/expression/compile.js';
import { UnsupportedExpression } from '../../fhir/expression/parse.js';
import { coreName, type Profile, type ProfileConstraint, type ProfileElement, type ProfileType, type Slicing } from '../../fhir/profile/definition.js';
import { corrections } from '../invariant/corrections.js';

export interface ConstraintRule extends ProfileConstraint {
  /** Undefined for an expression that cannot be evaluated here. */
  readonly test: Test | undefined;
}

export interface ElementRule {
  readonly id: string;
  /** JSON name, without the type of a choice. */
  readonly name: string;
  readonly sliceName: string | undefined;
  readonly min: number;
  readonly max: number;
  /** Whether FHIR itself allows more than one, which makes it an array. */
  readonly isList: boolean;
  readonly types: readonly ProfileType[];
  readonly fixed: unknown;
  readonly pattern: unknown;
  readonly binding: ProfileElement['binding'];
  /** Whether it is beyond that of FHIR itself. */
  readonly isBoundMore: boolean;
  readonly constraints: readonly ConstraintRule[];
  readonly slicing: Slicing | undefined;
  readonly slices: readonly ElementRule[];
  readonly children: readonly ElementRule[];
  /** The rule whose children these are, by contentReference. */
  readonly content: (() => ElementRule | undefined) | undefined;
  readonly mustSupport: boolean;
  readonly maxLength: number | undefined;
  readonly least: string | number | undefined;
  readonly most: string | number | undefined;
  /** Whether it demands anything that FHIR itself does not. */
  readonly isActive: boolean;
}

interface Draft {
  element: ProfileElement | undefined;
  readonly children: Map<string, Draft>;
  readonly slices: Map<string, Draft>;
}

const draft = (): Draft => ({ element: undefined, children: new Map(), slices: new Map() });

const child = (map: Map<string, Draft>, name: string): Draft => {
  const found = map.get(name) ?? draft();
  map.set(name, found);
  return found;
};

const draftsOf = (elements: readonly ProfileElement[]): { readonly root: Draft; readonly byId: ReadonlyMap<string, Draft> } => {
  const root = draft();
  const byId = new Map<string, Draft>();
  for (const element of elements) {
    let at = root;
    for (const step of element.id.split('.').slice(1)) {
      const [name = step, slice] = step.split(':');
      at = child(at.children, name);
      if (slice === undefined) continue;
      const parts = slice.split('/');
      for (const index of parts.keys()) at = child(at.slices, parts.slice(0, index + 1).join('/'));
    }
    at.element = element;
    byId.set(element.id, at);
  }
  return { root, byId };
};

let baseConstraints: ReadonlySet<string> | undefined;
/** The constraints of FHIR itself, which base validation has checked. One that FHIR corrects is written in several ways, so that its key tells. */
const isBase = ({ key, expression }: ProfileConstraint, types: readonly string[]): boolean => {
  baseConstraints ??= new Set([...resourceTypes, ...datatypes, 'Resource', 'DomainResource'].flatMap((type) => invariantsOf(type).map((one) => `${one.key} ${one.expression}`)));
  return baseConstraints.has(`${key} ${expression}`) || (corrections[key] !== undefined && types.some((type) => hasKey(type, key)));
};

const hasKey = (type: string, key: string): boolean => {
  for (let each = type; each !== ''; each = baseOf(each)) if (invariantsOf(each).some((one) => one.key === key)) return true;
  return false;
};

const tryCompile = (expression: string): Test | undefined => {
  try {
    return compileCondition(expression);
  } catch (error) {
    if (error instanceof UnsupportedExpression) return undefined;
    throw error;
  }
};

const bare = (canonical: string | undefined): string | undefined => canonical?.split('|', 1)[0];

class Maker {
  readonly #byId: ReadonlyMap<string, Draft>;
  readonly #made = new Map<Draft, ElementRule>();

  constructor(byId: ReadonlyMap<string, Draft>) {
    this.#byId = byId;
  }

  make(from: Draft, base: NamedElement | undefined, inside: string): ElementRule {
    const element = from.element ?? { id: '', path: '' };
    const { types = [], content, slicing } = element;
    const children = [...from.children].map(([name, one]) => this.#child(name, one, inside));
    const slices = [...from.slices.values()].map((one) => this.make(one, base, one.element?.types?.length === 1 ? typeInside(one.element.types, inside) : inside));
    const own = [element.path.split('.')[0] ?? '', (base?.path ?? inside).split('.')[0] ?? '', ...types.map(({ code }) => code)];
    const constraints = (element.constraints ?? []).filter((one) => !isBase(one, own)).map((one) => ({ ...one, test: tryCompile(one.expression) }));
    const demands = demandsMore(element, base) || constraints.length > 0 || slices.some(({ isActive }) => isActive) || (slices.length > 0 && slicing?.rules === 'closed') || children.some(({ isActive }) => isActive);
    const target = content === undefined ? undefined : this.#byId.get(content);
    const rule: ElementRule = {
      id: element.id, name: (element.path.split('.').at(-1) ?? '').replace('[x]', ''), sliceName: element.sliceName,
      min: element.min ?? 0, max: element.max === undefined || element.max < 0 ? Infinity : element.max, isList: (base?.max ?? 1) > 1, types,
      fixed: element.fixed, pattern: element.pattern, binding: element.binding, isBoundMore: element.binding !== undefined && (base === undefined || bindsMore(element.binding, base)), constraints, slicing, slices, children,
      content: target && (() => this.#made.get(target)), mustSupport: element.mustSupport === true,
      maxLength: element.maxLength, least: element.least, most: element.most, isActive: demands || target !== undefined,
    };
    this.#made.set(from, rule);
    return rule;
  }

  #child(step: string, from: Draft, inside: string): ElementRule {
    const name = step.replace('[x]', '');
    const base = [...elementsOf(inside).values()].find((one) => one.name === name);
    return this.make(from, base, base?.choice === true ? typeInside(from.element?.types ?? [], '') : base?.children ?? '');
  }
}

/** The type to look up children in, where the only type is a datatype. */
const typeInside = (types: readonly ProfileType[], otherwise: string): string => {
  const [only, second] = types;
  return only === undefined || second !== undefined || only.code === 'BackboneElement' || only.code === 'Element' ? otherwise : only.code;
};

const demandsMore = (element: ProfileElement, base: NamedElement | undefined): boolean => {
  const { min = 0, max, fixed, pattern, binding, maxLength, least, most } = element;
  if (fixed !== undefined || pattern !== undefined || maxLength !== undefined || least !== undefined || most !== undefined) return true;
  if (base === undefined) return false;
  const limit = max === undefined || max < 0 ? Infinity : max;
  return min > base.min || limit < base.max || bindsMore(binding, base) || narrows(element.types ?? [], base);
};

const bindsMore = (binding: ProfileElement['binding'], base: NamedElement): boolean => {
  if (binding === undefined || binding.strength === 'example') return false;
  // Those of FHIR itself are checked on every resource: the required ones by its structure, the extensible ones by core-binding.ts.
  return binding.strength !== base.binding?.strength || binding.strength === 'preferred' || bare(base.binding.valueSet) !== bare(binding.valueSet);
};

const narrows = (types: readonly ProfileType[], base: NamedElement): boolean => {
  if (types.length === 0) return false;
  if (types.length < base.types.length) return true;
  return types.some(({ code, profiles, targets }) => {
    if (profiles !== undefined && code !== 'Extension') return true;
    if (targets === undefined) return false;
    const allowed = base.types.find((type) => type.code === code)?.targets ?? [];
    return targets.some((target) => coreName(target) === undefined) || (!targets.some((target) => ['Resource', 'DomainResource'].includes(coreName(target) ?? '')) && targets.length < (allowed.length === 0 ? Infinity : allowed.length));
  });
};

/** Returns the rule of the whole value a profile is about. */
export const ruleOfProfile = (profile: Profile): ElementRule => {
  const { root, byId } = draftsOf(profile.elements);
  return new Maker(byId).make(root, undefined, profile.type);
};
