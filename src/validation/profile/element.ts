/** Holds elements against the rules of a profile: how many, which slice, what value, what is inside (https://hl7.org/fhir/R4/profiling.html). */
import { elementsOf } from '../../fhir/definitions.js';
import { orderOf } from '../../fhir/expression/compare.js';
import { collectMember, isOfType, PathNode } from '../../fhir/expression/node.js';
import type { Discriminator, ProfileType } from '../../fhir/profile/definition.js';
import { show, some } from '../explain/report.js';
import { checkBinding } from './binding.js';
import { isFixed, meetsPattern } from './fixed.js';
import { checkTargets } from './reference.js';
import type { ElementRule } from './rule.js';
import { isQuiet, pathRun, report, TooMuchEffort, type ProfileRun } from './run.js';
import { discriminatorsOf, sliceFault, sliceFor, type CheckValue } from './slice.js';

interface Place {
  readonly node: PathNode;
  readonly at: string;
}

/** Checks a value and everything inside of it. */
export const checkValue: CheckValue = (run, rule, place) => {
  run.effort.left -= 1 + rule.children.length;
  if (run.effort.left < 0) throw new TooMuchEffort();
  checkTypes(run, rule, place);
  checkContent(run, rule, place);
  if (rule.isBoundMore) checkBinding(run, rule, place);
  checkConstraints(run, rule, place);
  checkChildren(run, rule, place);
};

const checkChildren = (run: ProfileRun, rule: ElementRule, { node, at }: Place): void => {
  const children = rule.children.length === 0 ? rule.content?.()?.children ?? rule.children : rule.children;
  for (const child of children) {
    if (!child.isActive && !(run.mustSupport && child.mustSupport)) continue;
    const nodes: PathNode[] = [];
    collectMember(nodes, node, child.name);
    const places = nodes.map((one, index): Place => ({ node: one, at: child.isList ? `${at}.${child.name}[${String(index)}]` : `${at}.${child.name}` }));
    checkGroup(run, child, { places, at: `${at}.${child.name}` });
  }
};

interface Group {
  readonly places: readonly Place[];
  readonly at: string;
}

const checkGroup = (run: ProfileRun, rule: ElementRule, group: Group): void => {
  const { places, at } = group;
  checkCount(run, rule, group);
  if (run.mustSupport && rule.mustSupport && places.length === 0) report(run, at, { severity: 'information', code: 'informational', text: 'is an element that must be supported, and is not there' });
  if (!rule.isActive) return;
  for (const place of places) checkValue(run, rule, place);
  if (rule.slices.length > 0) checkSlices(run, rule, { ...group, outer: [] });
};

const checkCount = (run: ProfileRun, rule: ElementRule, { places: { length }, at }: Group): void => {
  const { min, max, sliceName } = rule;
  const what = sliceName === undefined ? '' : `the slice ${sliceName} `;
  if (length < min && run.undecided.has(rule)) {
    report(run, at, { severity: 'warning', code: 'not-supported', text: `whether the slice ${sliceName ?? ''} is there cannot be checked: its codes are not known here` });
    return;
  }
  if (length < min) report(run, at, { code: 'required', text: length === 0 ? `${what}is missing; at least ${String(min)} must be there` : `${what}is there ${String(length)} times, at least ${String(min)} must be` });
  if (length > max) report(run, at, { code: 'structure', text: max === 0 ? `${what}must not be there` : `${what}is there ${String(length)} times, at most ${String(max)} is allowed` });
};

const checkSlices = (run: ProfileRun, rule: ElementRule, { places, at, outer }: Group & { readonly outer: readonly Discriminator[] }): void => {
  const discriminators = discriminatorsOf(rule, outer);
  const found = places.map(({ node }, position) => sliceFor(run, { rule, discriminators }, { node, position, check: checkValue }));
  checkOrder(run, rule, { places, found });
  const rest = rule.slices.find(({ sliceName }) => sliceName === '@default');
  for (const slice of rule.slices) {
    const own = places.filter((_place, index) => (slice === rest ? found[index] === undefined : found[index] === slice));
    if (!slice.isActive && !(run.mustSupport && slice.mustSupport)) continue;
    const fault = sliceFault(slice);
    if (fault !== undefined) {
      report(run, at, { severity: 'warning', code: 'not-supported', text: `the slice ${slice.sliceName ?? ''} cannot be checked, since what belongs to it cannot be told: ${fault}` });
      continue;
    }
    checkCount(run, slice, { places: own, at });
    for (const place of own) checkValue(run, slice, place);
    if (slice.slices.length > 0) checkSlices(run, slice, { places: own, at, outer: discriminators });
  }
};

/** What stands outside of the slices, and in which order they stand. */
const checkOrder = (run: ProfileRun, { slicing, slices }: ElementRule, { places, found }: { readonly places: readonly Place[]; readonly found: readonly (ElementRule | undefined)[] }): void => {
  if (slicing === undefined || (slicing.rules === 'open' && !slicing.ordered)) return;
  const names = some(slices.map(({ sliceName }) => sliceName ?? ''));
  let last = -1;
  let isAfter = false;
  for (const [index, slice] of found.entries()) {
    const at = places[index]?.at ?? '';
    if (slice === undefined) {
      isAfter = true;
      if (slicing.rules === 'closed' && !slices.some((one) => one.sliceName === '@default' || sliceFault(one) !== undefined)) report(run, at, { code: 'structure', text: `belongs to none of the slices ${names}, and no other is allowed` });
      continue;
    }
    if (isAfter && slicing.rules === 'openAtEnd') report(run, at, { code: 'structure', text: `belongs to the slice ${slice.sliceName ?? ''}, which must stand before what is in no slice` });
    const position = slices.indexOf(slice);
    if (slicing.ordered && position < last) report(run, at, { code: 'structure', text: `belongs to the slice ${slice.sliceName ?? ''}, which stands too late; the order is ${names}` });
    last = Math.max(last, position);
  }
};

const checkTypes = (run: ProfileRun, { types }: ElementRule, place: Place): void => {
  if (types.length === 0) return;
  const { node, at } = place;
  const own = types.filter(({ code }) => isType(node, code));
  if (own.length === 0) {
    report(run, at, { code: 'structure', text: `must not be of type ${node.type}; allowed: ${some(types.map(({ code }) => code))}` });
    return;
  }
  for (const type of own) if (type.code === 'Reference') checkTargets(run, type, { ...place, meets: (resource, canonical) => meetsProfile(run, { node: resource, at: '' }, canonical) });
  if (node.type !== 'Extension') checkProfiles(run, own, place);
};

/** A code is no string here, though FHIR derives it from one: an element has the types it lists. */
const isType = (node: PathNode, code: string): boolean => node.type === code || (code === 'BackboneElement' && node.type.includes('.')) || (code === 'Element' && elementsOf(node.type).has('id')) || code === 'Resource' || code === '';

/** The profiles of a type, of which a value must meet one. */
const checkProfiles = (run: ProfileRun, types: readonly ProfileType[], place: Place): void => {
  const profiles = types.flatMap((type) => type.profiles ?? []);
  const [first] = profiles;
  if (first === undefined) return;
  if (profiles.length === 1) applyProfile(run, place, first);
  else if (!profiles.some((canonical) => meetsProfile(run, place, canonical))) report(run, place.at, { code: 'structure', text: `meets none of the profiles ${some(profiles)}` });
};

/** Checks a value against a profile; that it is not known is told. */
export const applyProfile = (run: ProfileRun, place: Place, canonical: string): void => {
  const found = run.find(canonical);
  if (found === undefined) {
    if (run.thorough) report(run, place.at, { severity: 'warning', code: 'not-found', text: `cannot be checked against ${canonical}: this profile is not known here` });
    return;
  }
  const key = `${found.profile.url} ${place.at}`;
  if (run.within.has(key)) return;
  if (!isOfType(place.node, found.profile.type)) {
    report(run, place.at, { code: 'structure', text: `is a ${place.node.type}, and ${canonical} is a profile of ${found.profile.type}` });
    return;
  }
  checkValue({ ...run, profile: found.profile, within: new Set([...run.within, key]) }, found.rule, place);
};

const meetsProfile = (run: ProfileRun, place: Place, canonical: string): boolean => {
  const key = `${canonical} ${String((place.node.value as { id?: unknown } | undefined)?.id)}`;
  if (run.within.has(key)) return true;
  return isQuiet({ ...run, within: new Set([...run.within, key]) }, (quiet) => { applyProfile(place.node.type === run.resource.type || place.at !== '' ? quiet : { ...quiet, resource: place.node }, place, canonical); });
};

const checkContent = (run: ProfileRun, { fixed, pattern, maxLength, least, most }: ElementRule, { node, at }: Place): void => {
  const { value } = node;
  if (fixed !== undefined && !isFixed(value, fixed)) report(run, at, { code: 'value', text: `must be exactly ${show(fixed)}, not ${show(value)}` });
  if (pattern !== undefined && !meetsPattern(value, pattern)) report(run, at, { code: 'value', text: `must have ${show(pattern)}; it is ${show(value)}` });
  if (maxLength !== undefined && typeof value === 'string' && value.length > maxLength) report(run, at, { code: 'value', text: `has ${String(value.length)} characters, at most ${String(maxLength)} are allowed` });
  if (least !== undefined && (orderOf(node, new PathNode(least, node.type)) ?? 0) < 0) report(run, at, { code: 'value', text: `${show(value)} is less than ${show(least)}` });
  if (most !== undefined && (orderOf(node, new PathNode(most, node.type)) ?? 0) > 0) report(run, at, { code: 'value', text: `${show(value)} is more than ${show(most)}` });
};

const checkConstraints = (run: ProfileRun, { constraints }: ElementRule, { node, at }: Place): void => {
  for (const constraint of constraints) {
    const { key, severity, human } = constraint;
    const rule = human.trim().replace(/\.$/, '');
    const judged = run.judge(constraint, pathRun(run, node));
    if (judged === 'broken' || judged === 'empty') report(run, at, { severity, code: 'invariant', text: `${rule} (${key})` });
    else if (typeof judged === 'object') report(run, at, { severity: severity === 'error' ? 'warning' : 'information', code: 'not-supported', text: `the constraint ${key} cannot be checked: ${judged.unknown}. It says: ${rule}` });
  }
};
