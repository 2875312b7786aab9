/** Which slice a value belongs to, by its discriminators (https://hl7.org/fhir/R4/profiling.html#discriminator). */
import { compileExpression } from '../../fhir/expression/compile.js';
import { isOfType, type Nodes, type PathNode } from '../../fhir/expression/node.js';
import type { Eval } from '../../fhir/expression/call.js';
import { parseExpression, UnsupportedExpression, type Expression } from '../../fhir/expression/parse.js';
import { coreName, type Discriminator } from '../../fhir/profile/definition.js';
import { isInValueSet } from './binding.js';
import { isFixed, meetsPattern, partsOf } from './fixed.js';
import type { ElementRule } from './rule.js';
import { isQuiet, pathRun, type ProfileRun } from './run.js';

/** Holds a value against a rule, all of it. */
export type CheckValue = (run: ProfileRun, rule: ElementRule, place: { readonly node: PathNode; readonly at: string }) => void;

type Match = (run: ProfileRun, node: PathNode, position: number) => boolean | undefined;

/** What a slice says of a place inside of it. */
interface Told {
  /** `fixed` and `pattern` values found on the way there. */
  readonly values?: { readonly kind: 'fixed' | 'pattern'; readonly all: readonly unknown[] };
  readonly rule?: ElementRule;
}

type Step = { readonly kind: 'member'; readonly name: string } | { readonly kind: 'extension'; readonly url: string } | { readonly kind: 'resolve' } | { readonly kind: 'type'; readonly type: string };

const stepsOf = (path: string): Step[] => {
  const steps: Step[] = [];
  for (let at: Expression = parseExpression(path); at.kind !== 'this'; at = at.of) {
    if (at.kind === 'member') steps.unshift({ kind: 'member', name: at.name });
    else if (at.kind === 'as') steps.unshift({ kind: 'type', type: at.type });
    else if (at.kind === 'call' && at.name === 'resolve') steps.unshift({ kind: 'resolve' });
    else if (at.kind === 'call' && at.name === 'extension' && at.args[0]?.kind === 'literal') steps.unshift({ kind: 'extension', url: String(at.args[0].value) });
    else throw new UnsupportedExpression(`"${path}" is no path for a discriminator`);
  }
  return steps;
};

const namesOf = (steps: readonly Step[]): readonly string[] | undefined => {
  const names = steps.flatMap((step) => (step.kind === 'member' ? [step.name] : []));
  return names.length === steps.length ? names : undefined;
};

const urlOf = (slice: ElementRule): unknown => slice.children.find(({ name }) => name === 'url')?.fixed ?? slice.types[0]?.profiles?.[0];

const childrenOf = (run: ProfileRun, rule: ElementRule): readonly ElementRule[] => {
  if (rule.children.length > 0) return rule.children;
  const [profile] = rule.types.length === 1 ? rule.types[0]?.profiles ?? [] : [];
  return rule.content?.()?.children ?? (profile === undefined ? [] : run.find(profile)?.rule.children ?? []);
};

const toldAt = (run: ProfileRun, rule: ElementRule, steps: readonly Step[]): Told => {
  const [step, ...rest] = steps;
  const names = namesOf(steps);
  if (names !== undefined && (rule.fixed !== undefined || rule.pattern !== undefined)) {
    const kind = rule.fixed === undefined ? 'pattern' : 'fixed';
    const all = partsOf(rule.fixed ?? rule.pattern, names);
    if (all.length > 0) return { values: { kind, all }, rule };
  }
  if (step === undefined || step.kind === 'resolve') return { rule };
  if (step.kind === 'type') return toldAt(run, rule, rest);
  if (step.kind === 'extension') {
    const slice = childrenOf(run, rule).find(({ name }) => name === 'extension')?.slices.find((one) => urlOf(one) === step.url);
    return slice === undefined ? {} : toldAt(run, slice, rest);
  }
  const [url] = rule.types[0]?.code === 'Extension' ? rule.types[0].profiles ?? [] : [];
  if (step.name === 'url' && url !== undefined && rule.children.every(({ fixed }) => fixed === undefined)) return { values: { kind: 'fixed', all: [url.split('|')[0]] } };
  const next = childrenOf(run, rule).find(({ name }) => name === step.name);
  return next === undefined ? {} : toldAt(run, next, rest);
};

const lookUp = (run: ProfileRun, reach: Eval, node: PathNode): Nodes => reach([node], pathRun(run, node));

const byValue = (slice: ElementRule, { path }: Discriminator, check: CheckValue): Match => {
  const [steps, reach] = [stepsOf(path), compileExpression(path)];
  return (run, node) => {
    const { values, rule } = toldAt(run, slice, steps);
    const nodes = lookUp(run, reach, node);
    if (values !== undefined) {
      const fits = values.kind === 'fixed' ? isFixed : meetsPattern;
      return values.all.every((wanted) => nodes.some(({ value }) => fits(value, wanted)));
    }
    if (rule === undefined) return undefined;
    if (rule.binding !== undefined && rule.binding.strength !== 'example' && rule.children.every(({ isActive }) => !isActive)) {
      const { valueSet } = rule.binding;
      const answers = nodes.map((one) => isInValueSet(run, one, valueSet));
      if (answers.includes(undefined)) run.undecided.add(slice);
      return answers.includes(true);
    }
    return nodes.some((one) => isQuiet(run, (quiet) => { check(quiet, rule, { node: one, at: '' }); }));
  };
};

const byExistence = (slice: ElementRule, { path }: Discriminator): Match => {
  const [steps, reach] = [stepsOf(path), compileExpression(path)];
  return (run, node) => {
    const { rule } = toldAt(run, slice, steps);
    if (rule === undefined || (rule.max > 0 && rule.min === 0)) return undefined;
    return lookUp(run, reach, node).length > 0 === rule.max > 0;
  };
};

const endsInResolve = (steps: readonly Step[]): boolean => steps.at(-1)?.kind === 'resolve';

const byType = (slice: ElementRule, { path }: Discriminator): Match => {
  const [steps, reach] = [stepsOf(path), compileExpression(path)];
  return (run, node) => {
    const types = toldAt(run, slice, steps).rule?.types ?? [];
    if (types.length === 0) return undefined;
    const wanted = endsInResolve(steps) ? types.flatMap(({ targets = [] }) => targets.map((target) => run.find(target)?.profile.type ?? coreName(target) ?? '')) : types.map(({ code }) => code);
    return lookUp(run, reach, node).some((one) => wanted.some((type) => isOfType(one, type)));
  };
};

const byProfile = (slice: ElementRule, { path }: Discriminator, check: CheckValue): Match => {
  const [steps, reach] = [stepsOf(path), compileExpression(path)];
  return (run, node) => {
    const types = toldAt(run, slice, steps).rule?.types ?? [];
    const profiles = types.flatMap(({ profiles: own = [], targets = [] }) => (endsInResolve(steps) ? targets : own));
    if (profiles.length === 0) return undefined;
    return lookUp(run, reach, node).some((one) => profiles.some((canonical) => meetsProfile(run, one, { canonical, check })));
  };
};

const meetsProfile = (run: ProfileRun, node: PathNode, { canonical, check }: { readonly canonical: string; readonly check: CheckValue }): boolean => {
  const found = run.find(canonical);
  if (found === undefined) return isOfType(node, coreName(canonical) ?? '');
  return isOfType(node, found.profile.type) && isQuiet({ ...run, profile: found.profile }, (quiet) => { check(quiet, found.rule, { node, at: '' }); });
};

const matchOf = (slice: ElementRule, discriminator: Discriminator, check: CheckValue): Match => {
  switch (discriminator.type) {
    case 'value':
    case 'pattern':
      return byValue(slice, discriminator, check);
    case 'exists':
      return byExistence(slice, discriminator);
    case 'type':
      return byType(slice, discriminator);
    case 'profile':
      return byProfile(slice, discriminator, check);
    case 'position':
      return () => undefined;
  }
};

/** How a slice is told; or why it cannot be. */
type Matches = readonly Match[] | UnsupportedExpression;

const known = new WeakMap<ElementRule, Matches>();

const matchesOf = (slice: ElementRule, discriminators: readonly Discriminator[], check: CheckValue): Matches => {
  const found = known.get(slice) ?? tryMatches(slice, discriminators, check);
  known.set(slice, found);
  return found;
};

const tryMatches = (slice: ElementRule, discriminators: readonly Discriminator[], check: CheckValue): Matches => {
  try {
    return discriminators.map((one) => matchOf(slice, one, check));
  } catch (error) {
    if (error instanceof UnsupportedExpression) return error;
    throw error;
  }
};

/** Returns why a slice cannot be told from others, once values have been sorted; undefined when it can. */
export const sliceFault = (slice: ElementRule): string | undefined => {
  const found = known.get(slice);
  return found instanceof UnsupportedExpression ? found.message : undefined;
};

/** A slice of a choice that tells no discriminator is one by type. */
const byOwnType: readonly Discriminator[] = [{ type: 'type', path: '$this' }];

export interface Sliced {
  readonly rule: ElementRule;
  /** Of the rule, or of the element that a reslice is part of. */
  readonly discriminators: readonly Discriminator[];
}

/** Returns the discriminators that sort the values of a rule into its slices. */
export const discriminatorsOf = ({ slicing, slices }: ElementRule, outer: readonly Discriminator[]): readonly Discriminator[] => {
  if (slicing !== undefined && slicing.discriminators.length > 0) return slicing.discriminators;
  return outer.length === 0 && slices.some(({ types }) => types.length === 1) ? byOwnType : outer;
};

/** Returns the slice a value belongs to; undefined when it belongs to none. */
export const sliceFor = (run: ProfileRun, { rule, discriminators }: Sliced, place: { readonly node: PathNode; readonly position: number; readonly check: CheckValue }): ElementRule | undefined => {
  const { node, position, check } = place;
  if (discriminators.some(({ type }) => type === 'position')) return rule.slices[position];
  return rule.slices.find((slice) => {
    if (slice.sliceName === '@default') return false;
    const matches = matchesOf(slice, discriminators, check);
    if (matches instanceof UnsupportedExpression) return false;
    const answers = matches.map((match) => match(run, node, position));
    return answers.some((answer) => answer === true) && !answers.includes(false);
  });
};
