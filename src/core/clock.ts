/** Time enters the program here and nowhere else, so that tests and fault runs can own it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Milliseconds of a clock that never steps, for durations. */
  monotonic(): number;
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** Returns `ms` as a FHIR instant in UTC with milliseconds: always 24 characters. */
export const toInstant = (ms: number): string => new Date(ms).toISOString();
