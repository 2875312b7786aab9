/** Time enters the program here and nowhere else, so that tests and fault runs can own it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Milliseconds of a clock that never steps, for durations. */
  monotonic(): number;
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** The second that was written last, up to the dot: most instants are of the same one. */
let last = { second: NaN, text: '' };

/** Returns `ms` as a FHIR instant in UTC with milliseconds: always 24 characters. */
export const toInstant = (ms: number): string => {
  const whole = Math.trunc(ms);
  const second = Math.floor(whole / 1000);
  if (second !== last.second) last = { second, text: new Date(second * 1000).toISOString().slice(0, -4) };
  return `${last.text}${String(whole - second * 1000).padStart(3, '0')}Z`;
};
