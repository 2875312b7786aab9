/** The targets of references: their type always, their profile where the target is at hand (https://hl7.org/fhir/R4/references.html). */
import { isType } from '../../fhir/definitions.js';
import type { PathNode } from '../../fhir/expression/node.js';
import { coreName, type ProfileType } from '../../fhir/profile/definition.js';
import { isObject, namedType } from '../checks.js';
import { some } from '../explain/report.js';
import { report, type ProfileRun } from './run.js';

interface Place {
  readonly node: PathNode;
  readonly at: string;
  /** Whether a resource meets a profile. */
  readonly meets: (resource: PathNode, canonical: string) => boolean;
}

/** The type, where a target is no profile but a type of FHIR itself. */
const baseTypeOf = (target: string): string | undefined => {
  const name = coreName(target);
  return name !== undefined && isType(name) ? name : undefined;
};

const anyResource = new Set(['Resource', 'DomainResource']);

/** Checks a Reference against the target profiles of its element. */
export const checkTargets = (run: ProfileRun, { targets = [] }: ProfileType, { node, at, meets }: Place): void => {
  if (targets.length === 0 || !isObject(node.value) || typeof node.value['reference'] !== 'string') return;
  const typeOf = (target: string): string | undefined => baseTypeOf(target) ?? run.find(target)?.profile.type;
  const found = run.resolve(node);
  const type = found?.type ?? namedType(node.value);
  const open = targets.filter((target) => { const own = typeOf(target); return own === undefined || own === type || anyResource.has(own); });
  if (type !== undefined && open.length === 0) {
    report(run, at, { code: 'structure', text: `may not refer to ${type}; allowed: ${some(new Set(targets.map((target) => typeOf(target) ?? target)))}` });
    return;
  }
  if (open.some((target) => baseTypeOf(target) !== undefined)) return;
  if (found !== undefined && Object.keys(found.value as object).length > 1) {
    if (!open.some((target) => run.find(target) === undefined || meets(found, target))) report(run, at, { code: 'structure', text: `refers to a ${found.type} that meets none of ${some(open)}` });
  } else if (run.thorough) report(run, at, { severity: 'information', code: 'informational', text: `whether the target meets ${some(open)} is not checked: it is not in the resource or Bundle` });
};
