/**
 * Looking through the concepts of a code system for a property without an index. Small systems are looked through at once;
 * large ones in steps, so that other requests are served in between: the work that needs the result is interrupted and
 * starts again when it is there.
 */
import { makeBreather } from '../../core/breathe.js';
import { FhirError } from '../../core/error.js';
import { keepNewest } from '../../core/keep-newest.js';
import { makeBits, type Bits } from './bits.js';
import type { ConceptSystem } from './concept-system.js';
import { NotYetRead } from './source.js';

export interface Scan {
  /** Equal for equal scans of one system. */
  readonly key: string;
  readonly test: (at: number) => boolean;
}

const atOnce = 20_000;
const mostKept = 20;
const longestMs = 20_000;
const step = 64;

const results = new WeakMap<ConceptSystem, Map<string, Bits | Promise<void>>>();

/** Returns the concepts that pass the test; throws NotYetRead while a large system is looked through, `too-costly` after 20 s of it. */
export const scan = (system: ConceptSystem, { key, test }: Scan): Bits => {
  if (system.size <= atOnce) {
    const bits = makeBits(system.size);
    for (let at = 0; at < system.size; at += 1) if (test(at)) bits.add(at);
    return bits;
  }
  const kept = results.get(system) ?? new Map<string, Bits | Promise<void>>();
  results.set(system, kept);
  const known = kept.get(key);
  if (known instanceof Promise) throw new NotYetRead(known);
  if (known !== undefined) return known;
  const coming = slowly(system, test).then(
    (bits) => { kept.set(key, bits); },
    (error: unknown) => {
      kept.delete(key);
      throw error;
    },
  );
  keepNewest<string, Bits | Promise<void>>(kept, { key, value: coming, most: mostKept });
  throw new NotYetRead(coming);
};

const slowly = async (system: ConceptSystem, test: (at: number) => boolean): Promise<Bits> => {
  const [breathe, bits, begun] = [makeBreather(), makeBits(system.size), performance.now()];
  for (let at = 0; at < system.size; at += 1) {
    if (test(at)) bits.add(at);
    if (at % step !== 0) continue;
    await breathe();
    if (performance.now() - begun > longestMs) throw new FhirError('too-costly', `Looking through ${system.url} takes too long; use a filter on its hierarchy, or a simpler pattern.`);
  }
  return bits;
};
