/**
 * A bound on what an expression of strangers costs here (http://hl7.org/fhirpath/N1/): counted in steps of some tens of
 * nanoseconds, not in time, so that the same expression on the same resource always ends at the same place.
 */
export interface Work {
  left: number;
}

/** The expression cannot be evaluated on this thread: it takes too many steps, or a pattern that no linear matcher takes. */
export class BeyondHere extends Error {}

/** Takes steps from the bound, where there is one. Throws BeyondHere when none are left. */
export const spend = (work: Work | undefined, steps: number): void => {
  if (work === undefined) return;
  work.left -= steps;
  if (work.left < 0) throw new BeyondHere('it takes too many steps');
};

/** Returns the steps of reading a text once. */
export const stepsOfText = (text: string): number => 1 + (text.length >> 5);

/** Takes the steps of reading a JSON value once. */
export const spendOnJson = (work: Work | undefined, value: unknown): void => {
  if (work === undefined) return;
  const open: unknown[] = [value];
  while (open.length > 0) {
    const one = open.pop();
    spend(work, typeof one === 'string' ? stepsOfText(one) : 1);
    if (typeof one === 'object' && one !== null) for (const inner of Object.values(one)) open.push(inner);
  }
};
