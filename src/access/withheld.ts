/** What the record keeps from one viewer, of each type: by Consent, by security label, and by what the server alone writes (docs/consent.md). */
import { either, every, not, toPredicate, type Fact } from './consent/fact.js';
import type { ConsentView } from './consent/withhold.js';
import { labelRights, type LabelRole } from './clearance.js';
import { recordOf } from './compartment.js';
import { breakGlassCode } from './emergency.js';
import { beyondClearance, definedForAll, type Clearance } from './label.js';
import type { Permission } from './scope.js';
import type { Standing, Withheld } from './standing.js';
import type { Registry } from '../search/registry.js';
import type { Predicate } from '../store/plan.js';

export interface Withholding {
  readonly registry: Registry;
  readonly consents: ConsentView;
  readonly role: LabelRole;
  /** Ids of the patients whose own token it is, and of those whose record is open by break-glass. */
  readonly own: ReadonlySet<string>;
  readonly emergency: ReadonlySet<string>;
}

/** Returns the answer for one viewer at one moment, worked out when it is first asked for; and the parts of it. */
export const makeWithheld = (withholding: Withholding): Pick<Standing, 'withheld' | 'because'> => {
  const { consents } = withholding;
  const consent = remembering((type, permission) => consents.withheld(type, permission));
  const label = remembering((type, permission) => byLabel(withholding, type, permission));
  const withheld = remembering((type, permission) => either([consents.withheld(type, permission), byLabel(withholding, type, permission), byServer(type, permission)]));
  return { withheld, because: { consent, label } };
};

const remembering = (make: (type: string, permission: Permission) => Fact): Withheld => {
  const known = new Map<string, Predicate | undefined>();
  return (type, permission) => {
    const name = `${permission} ${type}`;
    if (!known.has(name)) known.set(name, toPredicate(make(type, permission)));
    return known.get(name);
  };
};

/** What has no label at all, as most has, is decided by one look. */
const beyond = (clearance: Clearance): Fact => {
  const hidden = beyondClearance(clearance);
  return hidden === undefined ? false : every([not({ op: 'missing', param: '_security', kind: 'token' }), hidden]);
};

const byLabel = (withholding: Withholding, type: string, permission: Permission): Fact => {
  if (definedForAll.has(type)) return false;
  const { registry, consents, role, own, emergency } = withholding;
  const of = (patients: ReadonlySet<string>): Fact => (patients.size === 0 ? false : recordOf(registry, type, [...patients]) ?? false);
  const shown = either([consents.lifted(type, permission), of(emergency)]);
  if (role !== 'patient') return every([beyond(labelRights[role]), not(shown)]);
  // Of others' records a patient is one who acts for them.
  return either([every([beyond(labelRights.proxy), not(either([shown, of(own)]))]), every([beyond(labelRights.patient), of(own)])]);
};

/** Who broke the glass, why, and what the patient was told of it, is written by the server alone. */
const kept: Readonly<Record<string, string>> = { Basic: 'code', Communication: 'category' };

const byServer = (type: string, permission: Permission): Fact => {
  const param = Object.hasOwn(kept, type) ? kept[type] : undefined;
  return param === undefined || permission === 'r' || permission === 's' ? false : { op: 'token', param, ...breakGlassCode };
};
