/** XML to JSON and back, in this process: what the conversion adds to a request in XML. */
import { parseXml } from '../../src/fhir/xml/parse.js';
import { writeXml } from '../../src/fhir/xml/write.js';
import { observationText } from './data.js';
import { median, type Row } from './table.js';

const many = 2_000;
const goal = 5_000;

const rateOf = (items: readonly string[], work: (item: string) => string): number => {
  const begun = performance.now();
  for (const item of items) work(item);
  return (1000 * items.length) / (performance.now() - begun);
};

const row = (name: string, rates: readonly number[]): Row =>
  ({ work: name, value: median(rates), unit: 'Observations/s', spread: [Math.min(...rates), Math.max(...rates)], goal: '>= 5,000 Observations/s', met: median(rates) >= goal });

/** Returns the rates of reading and of writing Observations of 1 KB. */
export const xmlRows = (rounds: number): readonly Row[] => {
  const texts = Array.from({ length: many }, (_, n) => observationText('x', n));
  const documents = texts.map((text) => writeXml(text));
  const reads: number[] = [];
  const writes: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const read = rateOf(documents, (text) => parseXml(text, { maxDepth: 64 }));
    const write = rateOf(texts, (text) => writeXml(text));
    // The first round warms up.
    if (round > 0) reads.push(read);
    if (round > 0) writes.push(write);
  }
  return [row('XML to JSON', reads), row('JSON to XML', writes)];
};
