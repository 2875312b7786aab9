/** Units on their way: several at once, so that one is validated while another is stored, and never two in the wrong order. */
import { claimsOf, type Unit } from './unit.js';

export interface LaneLimits {
  /** Units at once. */
  readonly width: number;
  /** Characters of them together; one that is larger goes alone. */
  readonly weight: number;
}

interface Running {
  readonly claims: ReadonlySet<string> | undefined;
  readonly weight: number;
  readonly ended: Promise<void>;
}

export interface Lanes {
  /** Waits until the unit may go beside those that are on their way, then starts `work`. Throws what earlier work threw. */
  start(unit: Unit, work: (earlier: () => Promise<void>) => Promise<void>): Promise<void>;
  /** Resolves when everything has ended; throws what the first that failed threw. */
  finish(): Promise<void>;
}

/** Returns lanes without traffic. */
export const makeLanes = ({ width, weight: most }: LaneLimits): Lanes => {
  const running = new Set<Running>();
  const failures: unknown[] = [];

  const mustWait = (unit: Unit, claims: ReadonlySet<string> | undefined): boolean => {
    if (running.size >= width) return true;
    const weight = [...running].reduce((sum, one) => sum + one.weight, unit.weight);
    if (running.size > 0 && weight > most) return true;
    return [...running].some((one) => collide(one.claims, claims));
  };
  const check = (): void => {
    if (failures.length > 0) throw failures[0];
  };
  const start: Lanes['start'] = async (unit, work) => {
    const claims = claimsOf(unit);
    while (mustWait(unit, claims)) await Promise.race([...running].map(({ ended }) => ended));
    check();
    const before = [...running];
    const ended = work(async () => { await Promise.all(before.map((one) => one.ended)); }).catch((error: unknown) => { failures.push(error); }).finally(() => { running.delete(one); });
    const one: Running = { claims, weight: unit.weight, ended };
    running.add(one);
  };
  const finish = async (): Promise<void> => {
    await Promise.all([...running].map(({ ended }) => ended));
    check();
  };
  return { start, finish };
};

/** Whether two units could change one resource; one whose names are unknown could change any. */
const collide = (one: ReadonlySet<string> | undefined, other: ReadonlySet<string> | undefined): boolean => {
  if (one === undefined || other === undefined) return true;
  const [few, many] = one.size < other.size ? [one, other] : [other, one];
  return [...few].some((name) => many.has(name));
};
