/**
 * `node dist/test/bench/sharding/run.js [--patients N] [--synthea DIR] [--shards 2,8,32]`: places a clinic, or Synthea's patients, on shards and
 * prints how evenly they lie, over how many shards each kind of request goes, and what ten million patients would need. No database takes part.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { byName, byRecord, type Layout } from './layout.js';
import { count, questions } from './question.js';
import { assumed, estimate, sizesOf } from './size.js';
import { clinicWorld, syntheaWorld, type World } from './world.js';

const table = (rows: readonly (readonly string[])[]): string => rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const rule = (columns: number): string[] => Array.from({ length: columns }, () => '---');
const shown = (value: number): string => (value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(value < 10 ? 2 : 1));

export interface Skew {
  /** The fullest shard by the average one, in bytes. */
  readonly fullest: number;
  /** Copies of what is searched, for each resource. */
  readonly copies: number;
}

/** Returns how evenly a world lies. */
export const skewOf = ({ all }: World, layout: Layout, shards: number): Skew => {
  const bytes = Array.from({ length: shards }, () => 0);
  let copies = 0;
  for (const placed of all) {
    const homes = layout.homes(placed);
    copies += homes.length - 1;
    for (const [at, home] of homes.entries()) bytes[home] = (bytes[home] ?? 0) + placed.searched + (at === 0 ? placed.version : 0);
  }
  const sum = bytes.reduce((total, each) => total + each, 0);
  return { fullest: Math.max(...bytes) / (sum / shards), copies: copies / all.length };
};

/** Returns the table of skews. */
export const skewTable = (world: World, shards: readonly number[]): string => table([
  ['shards', 'by name: fullest to average', 'by record: fullest to average', 'by record: copies for each resource'], rule(4),
  ...shards.map((many) => {
    const [names, records] = [skewOf(world, byName(many), many), skewOf(world, byRecord(many), many)];
    return [String(many), names.fullest.toFixed(3), records.fullest.toFixed(3), records.copies.toFixed(4)];
  }),
]);

/** Returns the table of fan-outs. */
export const fanOutTable = (world: World, shards: readonly number[]): string => table([
  ['request', ...shards.flatMap((many) => [`${String(many)} by name`, `${String(many)} by record`])], rule(1 + 2 * shards.length),
  ...questions.map(({ about, samples }) => {
    const taken = samples(world);
    return [about, ...shards.flatMap((many) => [byName(many), byRecord(many)].map((layout) => {
      const { asked, answering } = count(layout, taken, many);
      if (taken.length === 0) return '-';
      return `${shown(asked)} (${shown(answering)})`;
    }))];
  }),
]);

/** Returns what so many resources need. */
export const sizeTable = (world: World, resources: readonly number[]): string => {
  const sizes = sizesOf(world);
  const tera = (bytes: number): string => shown(bytes / 1e12);
  return table([
    ['resources', 'documents TB', 'indexes TB', 'audit TB', 'one copy TB', 'three copies TB', 'cache TB', 'shards'], rule(8),
    ...resources.map((many) => {
      const { documents, indexes, audit, memory, shards } = estimate(sizes, many);
      const copy = documents + indexes + audit;
      return [many.toLocaleString('en-US'), tera(documents), tera(indexes), tera(audit), tera(copy), tera(3 * copy), tera(memory), String(shards)];
    }),
  ]);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { patients: { type: 'string', default: '1000' }, synthea: { type: 'string' }, shards: { type: 'string', default: '2,8,32' } } });
  const shards = values.shards.split(',').map(Number);
  const world = values.synthea === undefined ? clinicWorld(Number(values.patients)) : syntheaWorld(values.synthea);
  const { resources, searched, version, keys, keyBytes, perPatient } = sizesOf(world);
  process.stdout.write([
    `${shown(resources)} resources of ${shown(world.byPatient.size)} patients (${shown(perPatient)} each): ${shown(searched)} bytes that are searched and ${shown(version)} of a version; ${shown(keys)} keys of ${shown(keyBytes / keys)} bytes`, '',
    skewTable(world, shards), '', 'Shards asked, in brackets those that have something of the answer:', '', fanOutTable(world, shards), '',
    `Assumed: ${JSON.stringify(assumed)}`, '', sizeTable(world, [1e8, 1e9, 1e10]), '',
  ].join('\n'));
}
