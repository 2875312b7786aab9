/** CarePlan with its Goals: what patient and clinician agreed against an illness; a plan of the first year and one that is active now. */
import { dateOf } from './calendar.js';
import { hl7, quantity, reference } from './coded.js';
import { codeOf, valueOn } from './measure.js';
import type { PatientRecord } from './record.js';
import type { Illness } from './vocabulary/illnesses.js';
import { tests } from './vocabulary/labs.js';
import { nameOf } from './world.js';

type Plan = NonNullable<Illness['plan']>;

/** Adds the plans of each illness that has one. */
export const addPlans = (record: PatientRecord, conditions: ReadonlyMap<Illness, string>): void => {
  const { world } = record;
  for (const [{ plan }, condition] of conditions) {
    if (plan === undefined) continue;
    addPlan(record, plan, { condition, from: world.firstDay, to: world.firstDay + 365, active: false });
    addPlan(record, plan, { condition, from: world.firstDay + 366, to: world.todayNumber + 180, active: true });
  }
};

interface Span {
  readonly condition: string;
  readonly from: number;
  readonly to: number;
  readonly active: boolean;
}

const addPlan = (record: PatientRecord, plan: Plan, { condition, from, to, active }: Span): void => {
  const { chart, patient, name, clinician } = record;
  const author = reference(clinician.reference, nameOf(clinician));
  const goal = addGoal(record, plan, { condition, from, to, active });
  chart.add('CarePlan', {
    status: active ? 'active' : 'completed', intent: 'plan', category: [{ text: 'Treatment plan' }], title: plan.title,
    description: `${plan.goal}. Agreed with ${name}; looked at again at each visit.`, subject: reference(patient, name),
    period: { start: dateOf(from), end: dateOf(to) }, created: dateOf(from), author, contributor: [author], addresses: [reference(condition)], goal: [reference(goal)],
    activity: plan.activities.map((description) => ({
      detail: { kind: 'ServiceRequest', status: active ? 'in-progress' : 'completed', doNotPerform: false, description, goal: [reference(goal)], scheduledPeriod: { start: dateOf(from), end: dateOf(to) } },
    })),
  });
};

const addGoal = (record: PatientRecord, plan: Plan, { condition, from, to, active }: Span): string => {
  const { chart, patient, name, clinician, world } = record;
  const reached = valueOn(record, plan.measure, active ? world.todayNumber : to);
  const achieved = plan.wanted === 'below' ? reached < plan.target : reached > plan.target;
  const bound = quantity(plan.target, tests[plan.measure]);
  return chart.add('Goal', {
    lifecycleStatus: active ? 'active' : 'completed',
    achievementStatus: achieved ? hl7('goal-achievement', 'achieved', 'Achieved') : hl7('goal-achievement', active ? 'in-progress' : 'not-achieved', active ? 'In Progress' : 'Not Achieved'),
    priority: hl7('goal-priority', 'high-priority', 'High Priority'), description: { text: plan.goal }, subject: reference(patient, name), startDate: dateOf(from),
    target: [{ measure: codeOf(plan.measure), detailRange: plan.wanted === 'below' ? { high: bound } : { low: bound }, dueDate: dateOf(to) }],
    expressedBy: reference(clinician.reference), addresses: [reference(condition)],
  });
};
