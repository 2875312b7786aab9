/** Criteria as one text: equal for searches that ask for the same, whatever the order of their parameters. */

type Param = readonly [name: string, value: string];

/** Controls that change which page follows which. */
const binding = new Set(['_sort', '_type']);

/** Returns the canonical text: type, then `name=value` sorted, alternatives within a value sorted too. */
export const criteriaText = (types: readonly string[], applied: readonly Param[], controls: readonly Param[]): string => {
  const [only, another] = types;
  const head = only !== undefined && another === undefined ? only : '';
  const own = applied.map(([name, value]) => `${encodeURIComponent(name)}=${sorted(value).map(encodeURIComponent).join(',')}`);
  const shaping = controls.filter(([name]) => binding.has(name)).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `${head}?${[...new Set([...own, ...shaping])].sort().join('&')}`;
};

const sorted = (value: string): string[] => (value.includes('\\') ? [value] : [...new Set(value.split(','))].sort());
