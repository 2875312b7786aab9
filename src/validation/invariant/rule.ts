/** The constraints of a type as conditions, compiled when the type is first met (https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.constraint). */
import { baseOf, elementsOf, invariantsOf, resourceTypes, type Invariant } from '../../fhir/definitions.js';
import type { Test } from '../../fhir/expression/call.js';
import { compileCondition } from '../../fhir/expression/compile.js';
import { corrections } from './corrections.js';

export interface Rule {
  readonly key: string;
  readonly severity: 'error' | 'warning';
  readonly human: string;
  readonly test: Test;
  /** An empty result counts as met; elsewhere it does not, as HL7's validator has it. */
  readonly metWhenUnknown: boolean;
}

interface Member {
  /** Rules of the element, beside those of its type. */
  readonly rules: readonly Rule[];
  /** What to enter; undefined for a primitive, whose `_name` is an element all the same. */
  readonly inside: string | undefined;
  readonly isResource: boolean;
  readonly isPrimitive: boolean;
  readonly type: string;
  /** Without the type of a choice. */
  readonly name: string;
}

export interface TypeRules {
  readonly own: readonly Rule[];
  readonly members: ReadonlyMap<string, Member>;
}

const typeList = `(${resourceTypes.map((type) => `'${type}'`).join(' | ')})`;

/** Returns the rule of a constraint; undefined for one that is checked by code elsewhere. */
export const ruleOf = (invariant: Invariant): Rule | undefined => {
  const { key, severity, human, path } = invariant;
  const correction = corrections[`${path} ${key}`] ?? corrections[key];
  if (correction?.kind === 'by-code') return undefined;
  const expression = correction?.kind === 'expression' ? correction.expression.replace('%resourceTypes', typeList) : invariant.expression;
  return { key, severity, human, test: compileCondition(expression), metWhenUnknown: correction?.kind === 'met-when-unknown' };
};

const rulesAt = (path: string): readonly Rule[] => {
  const [type = ''] = path.split('.');
  return invariantsOf(type).filter((invariant) => invariant.path === path).flatMap((invariant) => ruleOf(invariant) ?? []);
};

/** Constraints of the type itself, and of those it is derived from. */
const ownRules = (type: string): readonly Rule[] => {
  if (type.includes('.')) return rulesAt(type);
  const found = new Map<string, Rule>();
  for (let each = type; each !== ''; each = baseOf(each)) for (const rule of rulesAt(each)) if (!found.has(rule.key)) found.set(rule.key, rule);
  return [...found.values()];
};

const known = new Map<string, TypeRules>();

/** Returns the rules of a resource, datatype or backbone (`Patient.contact`). */
export const rulesOf = (type: string): TypeRules => {
  const found = known.get(type);
  if (found !== undefined) return found;
  const members = new Map<string, Member>();
  for (const [name, element] of elementsOf(type)) {
    const { children, path } = element;
    const code = element.type?.code ?? '';
    const isOwn = children === path;
    members.set(name, {
      rules: isOwn || element.children?.includes('.') === true ? [] : rulesAt(path), inside: children, isResource: code === 'Resource',
      isPrimitive: children === undefined && code !== 'Resource', type: children ?? code, name: element.name,
    });
  }
  const made = { own: ownRules(type), members };
  known.set(type, made);
  return made;
};
