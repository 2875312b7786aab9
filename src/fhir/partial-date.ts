/**
 * Dates of any precision as the interval of time they cover (https://hl7.org/fhir/R4/search.html#date). A date or time
 * without a zone is taken as UTC: an answer must not depend on where the server stands.
 */

/** Milliseconds since 1970, both ends inclusive. */
export interface TimeRange {
  readonly low: number;
  readonly high: number;
}

/** The farthest instant either way that a date can name: the open end of a period. */
export const endOfTime = 8.64e15;

const form = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:(Z)|([+-])(\d\d):(\d\d))?)?)?)?$/;
const minute = 60_000;
const day = 86_400_000;

/** Returns the interval a FHIR date, dateTime or instant covers; undefined when the text is none. */
export const dateRange = (text: string): TimeRange | undefined => {
  const parts = form.exec(text);
  if (parts === null) return undefined;
  const year = Number(parts[1]);
  const month = parts[2] === undefined ? 0 : Number(parts[2]) - 1;
  if (month < 0 || month > 11) return undefined;
  if (parts[3] === undefined) {
    return { low: startOf(year, month, 1), high: (parts[2] === undefined ? startOf(year + 1, 0, 1) : startOf(year, month + 1, 1)) - 1 };
  }
  const date = Number(parts[3]);
  const start = startOf(year, month, date);
  if (date < 1 || new Date(start).getUTCDate() !== date) return undefined;
  return parts[4] === undefined ? { low: start, high: start + day - 1 } : withTime(start, parts);
};

const withTime = (start: number, parts: RegExpExecArray): TimeRange | undefined => {
  const [hours, minutes, seconds] = [Number(parts[4]), Number(parts[5]), Number(parts[6] ?? 0)];
  const [zoneHours, zoneMinutes] = [Number(parts[10] ?? 0), Number(parts[11] ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 60 || zoneHours > 14 || zoneMinutes > 59) return undefined;
  const zone = (zoneHours * 60 + zoneMinutes) * (parts[9] === '-' ? -minute : minute);
  const fraction = (parts[7] ?? '').slice(0, 3);
  const low = start + hours * 3_600_000 + minutes * minute + seconds * 1000 + Number(fraction.padEnd(3, '0')) - zone;
  if (parts[6] === undefined) return { low, high: low + minute - 1 };
  return { low, high: low + 10 ** (3 - fraction.length) - 1 };
};

/** Date.UTC alone reads the years 0 to 99 as 1900 to 1999. */
const startOf = (year: number, month: number, date: number): number => {
  const time = Date.UTC(year, month, date);
  return year > 99 ? time : new Date(time).setUTCFullYear(year, month, date);
};
