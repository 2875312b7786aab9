/** Days and times of the clinic: a day is a number of days since 1970-01-01, opening hours are UTC. */

const msPerDay = 86_400_000;

/** Twenty-minute positions of one day: 08:00 to 12:00 and 13:00 to 17:00. */
export const positionsPerDay = 24;
export const minutesPerPosition = 20;

/** Returns the day of `YYYY-MM-DD`. */
export const toDay = (date: string): number => {
  const ms = /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms)) throw new RangeError(`"${date}" is not a date of the form YYYY-MM-DD`);
  return ms / msPerDay;
};

/** Returns `YYYY-MM-DD`. */
export const dateOf = (day: number): string => new Date(day * msPerDay).toISOString().slice(0, 10);

/** Returns an instant, `minutes` after the day began. */
export const instantOf = (day: number, minutes: number): string => new Date(day * msPerDay + minutes * 60_000).toISOString();

/** Returns the day itself or the Monday after it. */
export const toWeekday = (day: number): number => {
  const weekday = (day + 4) % 7;
  if (weekday === 6) return day + 2;
  return weekday === 0 ? day + 1 : day;
};

export const isWeekday = (day: number): boolean => toWeekday(day) === day;

/** Returns when a position starts, in minutes of the day. */
export const startOf = (position: number): number => 480 + position * minutesPerPosition + (position >= positionsPerDay / 2 ? 60 : 0);

/**
 * Returns the position of a day that belongs to the patient with this place on a clinician's panel. On any one day every
 * place has another position, so two patients never meet in one, whoever is made first.
 */
export const positionOf = (place: number, day: number): number => (place + day * 5) % positionsPerDay;
