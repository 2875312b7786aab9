/** What a Consent means for one resource, judged anew over plain JSON, without a line of `access/consent`: the other side of the property test. */
export type Json = Readonly<Record<string, unknown>>;

export interface Asker {
  readonly person: readonly string[];
  readonly app: readonly string[];
  readonly groups: readonly string[];
  readonly purposes: readonly string[] | undefined;
  readonly now: number;
  readonly isOwn: boolean;
  readonly isEmergency: boolean;
}

interface Rank {
  readonly who: number;
  readonly what: number;
  readonly emergency: boolean;
}

interface Ruling {
  readonly denials: readonly Rank[];
  readonly permits: readonly Rank[];
}

const many = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const one = (value: unknown): Json => (value ?? {}) as Json;
const none: Ruling = { denials: [], permits: [] };

/** Returns whether these Consents of the resource's patient hide it from who asks to look. */
export const isHidden = (consents: readonly Json[], resource: Json, asker: Asker): boolean => {
  const rulings = consents.map((consent) => ruling(rootOf(consent), resource, asker, { sure: true, who: 0, what: 0, emergency: false }));
  const permits = rulings.flatMap((each) => each.permits);
  return rulings.flatMap((each) => each.denials).some((denial) => {
    if (asker.isOwn && denial.who === 0) return false;
    if (asker.isEmergency && !denial.emergency) return false;
    return !permits.some((permit) => permit.who >= denial.who && permit.what >= denial.what && (permit.who > denial.who || permit.what > denial.what));
  });
};

const rootOf = (consent: Json): Json => {
  const root = one(consent['provision']);
  const isOut = many(one(consent['policyRule'])['coding']).some(({ code }) => code === 'OPTOUT');
  return root['type'] === undefined && isOut ? { ...root, type: 'deny' } : root;
};

const ruling = (provision: Json, resource: Json, asker: Asker, above: Rank & { readonly sure: boolean }): Ruling => {
  const actors = many(provision['actor']).map((actor) => nameOf(one(actor['reference'])));
  const who = actors.length === 0 ? 0 : actors.some((name) => asker.person.includes(name) || asker.app.includes(name)) ? 2 : actors.some((name) => asker.groups.includes(name)) ? 1 : -1;
  if (who < 0 || !isNow(provision['period'], asker.now)) return none;
  const actions = many(provision['action']).flatMap(({ coding }) => many(coding).map(({ code }) => String(code)));
  if (actions.length > 0 && !actions.some((action) => ['access', 'use', 'disclose'].includes(action))) return none;
  const purposes = many(provision['purpose']).map(({ code }) => String(code));
  if (purposes.length > 0 && asker.purposes !== undefined && !purposes.some((code) => asker.purposes?.includes(code))) return none;
  const about = aboutOf(provision, resource);
  if (about === 'no') return none;
  const narrow = ['class', 'code', 'securityLabel', 'dataPeriod', 'data'].some((name) => provision[name] !== undefined);
  const sure = above.sure && about === 'yes' && (purposes.length === 0 || asker.purposes !== undefined);
  const here = { who: Math.max(above.who, who), what: Math.max(above.what, narrow ? 1 : 0), emergency: above.emergency || purposes.some((code) => code === 'BTG' || code === 'ETREAT'), sure };
  const inner = many(provision['provision']).map((exception) => ruling(exception, resource, asker, here));
  const denials = inner.flatMap((each) => each.denials);
  const permits = denials.length > 0 ? [] : inner.flatMap((each) => each.permits);
  if (provision['type'] === 'deny' && permits.length === 0) return { denials: [...denials, here], permits };
  if (provision['type'] === 'permit' && sure && denials.length === 0) return { denials, permits: [...permits, here] };
  return { denials, permits };
};

const nameOf = ({ reference, identifier }: Json): string => {
  const { system, value } = one(identifier);
  return typeof reference === 'string' ? reference : `${String(system)}|${String(value)}`;
};

const time = (text: unknown, end: boolean): number | undefined => {
  if (typeof text !== 'string') return undefined;
  const start = Date.parse(`${text}T00:00:00Z`);
  return end ? start + 86_400_000 - 1 : start;
};

const isNow = (period: unknown, now: number): boolean =>
  (time(one(period)['start'], false) ?? -Infinity) <= now && now <= (time(one(period)['end'], true) ?? Infinity);

type Answer = 'yes' | 'no' | 'perhaps';

const aboutOf = (provision: Json, resource: Json): Answer => {
  const answers: Answer[] = [];
  const isUnreadable = many(provision['class']).some(({ system }) => system !== 'http://hl7.org/fhir/resource-types');
  if (isUnreadable) answers.push('perhaps');
  else {
    if (provision['class'] !== undefined) answers.push(many(provision['class']).some(({ code }) => code === resource['resourceType']) ? 'yes' : 'no');
    if (provision['code'] !== undefined) answers.push(hasCode(provision, resource) ? 'yes' : 'no');
    if (provision['data'] !== undefined) answers.push(isNamed(provision, resource) ? 'yes' : 'no');
  }
  if (provision['securityLabel'] !== undefined) answers.push(labelsOf(provision, resource));
  if (provision['dataPeriod'] !== undefined) answers.push(isOfTime(one(provision['dataPeriod']), resource));
  return answers.includes('no') ? 'no' : answers.includes('perhaps') ? 'perhaps' : 'yes';
};

const codings = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]).flatMap(codings) : many(one(value)['coding']));

const hasCode = (provision: Json, resource: Json): boolean => {
  const own = ['code', 'category', 'type'].flatMap((name) => codings(resource[name]));
  return codings(provision['code']).some((wanted) => own.some(({ system, code }) => system === wanted['system'] && code === wanted['code']));
};

const isNamed = (provision: Json, resource: Json): boolean => {
  const name = `${String(resource['resourceType'])}/${String(resource['id'])}`;
  const references = (members: readonly string[]): string[] => members.flatMap((member) => [resource[member]].flat().map((value) => String(one(value)['reference'])));
  return many(provision['data']).some(({ meaning, reference }) => {
    const target = String(one(reference)['reference']);
    if (target === name) return true;
    if (meaning === 'dependents') return references(['subject', 'encounter', 'performer', 'recorder', 'asserter']).includes(target);
    return meaning === 'authoredby' && references(['performer', 'recorder', 'asserter']).includes(target);
  });
};

const order = 'ULMNRV';

const labelsOf = (provision: Json, resource: Json): Answer => {
  const own = many(one(resource['meta'])['security']).map(({ code }) => String(code));
  const wanted = many(provision['securityLabel']).map(({ code }) => String(code));
  if (!wanted.filter((code) => code.length > 1).every((code) => own.includes(code))) return 'no';
  const ranks = wanted.filter((code) => code.length === 1).map((code) => order.indexOf(code));
  if (ranks.length === 0) return 'yes';
  const levels = own.filter((code) => code.length === 1).map((code) => order.indexOf(code));
  const counted = levels.length === 0 ? [order.indexOf('N')] : levels;
  const isUpTo = Math.max(...counted) <= Math.max(...ranks);
  const isFrom = counted.some((level) => level >= Math.min(...ranks));
  return (provision['type'] === 'permit' ? isUpTo : isFrom) ? 'yes' : 'no';
};

const isOfTime = ({ start, end }: Json, resource: Json): Answer => {
  const dates = ['effectiveDateTime', 'onsetDateTime', 'recordedDate'].flatMap((name) => (typeof resource[name] === 'string' ? [resource[name]] : []));
  const spans = dates.map((text) => [time(text.slice(0, 10), false) ?? 0, time(text.slice(0, 10), true) ?? 0] as const);
  const period = one(resource['period']);
  if (resource['period'] !== undefined) spans.push([time(period['start'], false) ?? -8.64e15, time(period['end'], true) ?? 8.64e15]);
  const [from, to] = [time(start, false) ?? -8.64e15, time(end, true) ?? 8.64e15];
  if (spans.length === 0) return 'perhaps';
  if (spans.every(([low, high]) => from <= low && high <= to)) return 'yes';
  return spans.some(([low, high]) => high >= from && low <= to) ? 'perhaps' : 'no';
};
