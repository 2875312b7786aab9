/** Who a patient is and when the clinic sees them: the part of a patient that others need to know, computed from the seed. */
import { toWeekday } from './calendar.js';
import { makeRandom } from './random.js';
import type { World } from './world.js';
import { illnesses, type Illness } from './vocabulary/illnesses.js';

export type VisitStatus = 'fulfilled' | 'cancelled' | 'noshow' | 'booked' | 'pending';

export interface Visit {
  readonly day: number;
  readonly status: VisitStatus;
  /** Whether blood is taken. */
  readonly labs: boolean;
}

export interface Profile {
  readonly female: boolean;
  readonly birthDay: number;
  /** Whole years at the first day of the records. */
  readonly age: number;
  readonly illnesses: readonly Illness[];
}

const profileKey = 3;
const daysPerYear = 365.25;

/** Returns who the patient with this index is. */
export const profileOf = (world: World, index: number): Profile => {
  const random = makeRandom(world.seed, profileKey, index);
  const age = Math.floor(3 + random.next() * 55 + random.next() * 32);
  const birthDay = world.firstDay - Math.floor((age + random.next()) * daysPerYear);
  const own = illnesses.filter((illness) => random.chance(illness.share * likelihood(age, illness.age)));
  return { female: random.chance(0.52), birthDay, age, illnesses: index % 10 === 0 && own.length === 0 && age >= 30 ? illnesses.slice(0, 2) : own };
};

/** Illness becomes likelier with age, and none is there before its own. */
const likelihood = (age: number, from: number): number => (age < from ? 0 : 0.6 + Math.min(1.2, (age - from) / 40));

/** Returns the visits of two years and of the coming weeks, oldest first, no two on one day. */
export const visitsOf = (world: World, index: number): readonly Visit[] => {
  const { illnesses: own } = profileOf(world, index);
  const random = makeRandom(world.seed, profileKey, index, 1);
  const pause = own.length === 0 ? 200 : Math.max(60, 120 - own.length * 15);
  const visits: Visit[] = [];
  let day = toWeekday(world.firstDay + random.between(0, Math.floor(pause / 3)));
  while (day <= world.todayNumber + 42) {
    const ahead = day > world.todayNumber;
    visits.push({ day, status: ahead ? futureStatus(random.next()) : pastStatus(random.next(), visits.length), labs: visits.length % 2 === 0 });
    if (ahead && visits.filter((visit) => visit.day > world.todayNumber).length === 2) break;
    day = toWeekday(day + random.between(Math.floor(pause * 0.75), Math.ceil(pause * 1.25)));
  }
  return visits;
};

/** The first visit always takes place: it is where the record begins. */
const pastStatus = (chance: number, visit: number): VisitStatus => {
  if (visit === 0 || chance < 0.89) return 'fulfilled';
  return chance < 0.95 ? 'cancelled' : 'noshow';
};
const futureStatus = (chance: number): VisitStatus => (chance < 0.85 ? 'booked' : 'pending');
