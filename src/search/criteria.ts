/** Criteria as one text: equal for searches that ask for the same, whatever the order of their parameters. */
import type { ResourceKey } from '../store/resource.js';

type Param = readonly [name: string, value: string];

/** Controls that change which page follows which. */
const binding = new Set(['_sort', '_type', '_contained', '_containedType']);

/** Where a search is asked: type of the URL, and the compartment it is within. */
export interface Asked {
  readonly types: readonly string[];
  readonly within?: ResourceKey | undefined;
}

/** Returns the canonical text: place, then `name=value` sorted, alternatives within a value sorted too. */
export const criteriaText = ({ types, within }: Asked, applied: readonly Param[], controls: readonly Param[]): string => {
  const [only, another] = types;
  const head = `${within === undefined ? '' : `${within.type}/${within.id}/`}${only !== undefined && another === undefined ? only : ''}`;
  const own = applied.map(([name, value]) => `${encodeURIComponent(name)}=${sorted(value).map(encodeURIComponent).join(',')}`);
  const shaping = controls.filter(([name]) => binding.has(name)).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `${head}?${[...new Set([...own, ...shaping])].sort().join('&')}`;
};

const sorted = (value: string): string[] => (value.includes('\\') ? [value] : [...new Set(value.split(','))].sort());
