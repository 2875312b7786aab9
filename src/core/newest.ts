/** Business versions of canonical resources (https://hl7.org/fhir/R4/resource.html#versions): which is newer, which fits. */

/** Returns less than 0 when `a` is older: numbers within are compared as numbers, releases after their pre-releases. */
export const compareVersions = (a: string, b: string): number => {
  const [partsA, partsB] = [a.split(/[.\-+_]/), b.split(/[.\-+_]/)];
  for (let index = 0; index < Math.max(partsA.length, partsB.length); index += 1) {
    const order = comparePart(partsA[index], partsB[index]);
    if (order !== 0) return order;
  }
  return 0;
};

const isNumber = (text: string): boolean => /^\d+$/.test(text);

const comparePart = (a: string | undefined, b: string | undefined): number => {
  if (a === b) return 0;
  // `1.0` is newer than `1.0-draft`, and older than `1.0.1`.
  if (a === undefined) return isNumber(b ?? '') ? -1 : 1;
  if (b === undefined) return isNumber(a) ? 1 : -1;
  if (isNumber(a) && isNumber(b)) return Number(a) - Number(b);
  return a < b ? -1 : 1;
};

/** Returns the resources in the order to take them when no version is asked for: active ones first, then the newest. */
export const newestFirst = <T extends { readonly version?: string | undefined; readonly status?: string | undefined }>(resources: readonly T[]): T[] =>
  [...resources].sort((a, b) => Number(b.status === 'active') - Number(a.status === 'active') || compareVersions(b.version ?? '', a.version ?? ''));
