/** Codes checked and value sets expanded in this process, from R4 itself and from a set of 1,000 codes. */
import { makeCoreSource } from '../../src/terminology/local/core-source.js';
import { makeLocalTerminology } from '../../src/terminology/local/engine.js';
import { makeMemorySource } from '../../src/terminology/local/memory-source.js';
import type { CodeSystem, ValueSet } from '../../src/terminology/resource.js';
import { median, type Row } from './table.js';

const size = 1_000;
const checks = 1_000_000;
const expansions = 200;

const system: CodeSystem = {
  resourceType: 'CodeSystem', url: 'http://example.org/thousand', version: '1', status: 'active', content: 'complete',
  concept: Array.from({ length: size }, (_, index) => ({ code: `c${String(index)}`, display: `Concept number ${String(index)}`, designation: [{ language: 'de', value: `Begriff ${String(index)}` }] })),
};
const valueSet: ValueSet = { resourceType: 'ValueSet', url: 'http://example.org/vs/thousand', status: 'active', compose: { include: [{ system: 'http://example.org/thousand', filter: [{ property: 'code', op: 'regex', value: 'c[0-9]+' }] }] } };

const spreadOf = (numbers: readonly number[]): readonly [number, number] => [Math.min(...numbers), Math.max(...numbers)];

/** Returns checks per second against a required binding, and milliseconds of an expansion: kept, and made from the definition. */
export const terminologyRows = async (rounds: number): Promise<readonly Row[]> => {
  const [rates, kept, made]: [number[], number[], number[]] = [[], [], []];
  const terminology = makeLocalTerminology({ sources: [makeCoreSource(), makeMemorySource([system, valueSet])] });
  const codes = ['male', 'female', 'other', 'unknown'];
  for (let round = 0; round <= rounds; round += 1) {
    let begun = performance.now();
    for (let count = 0; count < checks; count += 1) {
      void terminology.validateCode({ valueSet: 'http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1', system: 'http://hl7.org/fhir/administrative-gender', code: codes[count % 4] ?? '' });
    }
    const rate = (1000 * checks) / (performance.now() - begun);
    begun = performance.now();
    for (let count = 0; count < expansions; count += 1) JSON.stringify(await terminology.expand({ valueSet: 'http://example.org/vs/thousand' }));
    const each = (performance.now() - begun) / expansions;
    begun = performance.now();
    for (let count = 0; count < expansions; count += 1) JSON.stringify(await terminology.expand({ valueSet }));
    const anew = (performance.now() - begun) / expansions;
    // The first round warms up.
    if (round > 0) [rates, kept, made].forEach((list, index) => list.push([rate, each, anew][index] ?? 0));
  }
  return [
    { work: 'code against a required binding', value: median(rates), unit: 'codes/s', spread: spreadOf(rates), goal: '>= 500,000 codes/s', met: median(rates) >= 500_000 },
    { work: '$expand of 1,000 codes, compiled before', value: median(kept), unit: 'ms', spread: spreadOf(kept), goal: '< 10 ms', met: median(kept) < 10 },
    { work: '$expand of 1,000 codes, from the definition', value: median(made), unit: 'ms', spread: spreadOf(made), goal: '< 10 ms', met: median(made) < 10 },
  ];
};
