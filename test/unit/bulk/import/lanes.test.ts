import { describe, expect, it } from '@jest/globals';
import { makeLanes } from '../../../../src/bulk/import/lanes.js';
import type { Unit } from '../../../../src/bulk/import/unit.js';

const unit = (method: string, url: string, weight = 1): Unit => ({ kind: 'group', entries: [{ request: { method, url } }], places: [{}], weight });

interface Work {
  readonly run: () => Promise<void>;
  readonly end: (error?: Error) => void;
}
const makeWork = (log: string[], name: string): Work => {
  let end: (error?: Error) => void = () => undefined;
  const ended = new Promise<void>((resolve, reject) => { end = (error) => { if (error === undefined) resolve(); else reject(error); }; });
  return { end: (error) => { end(error); }, run: () => { log.push(name); return ended; } };
};
const settle = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

describe('lanes', () => {
  it('let creates go side by side, as many as there are lanes and no more than the weight allows', async () => {
    const log: string[] = [];
    const lanes = makeLanes({ width: 2, weight: 10 });
    const works = ['a', 'b', 'c', 'd'].map((name) => makeWork(log, name));
    const started = (async () => {
      for (const [index, work] of works.entries()) await lanes.start(unit('POST', 'Patient', index === 2 ? 50 : 1), work.run);
    })();
    await settle();
    expect(log).toEqual(['a', 'b']);
    works[0]?.end();
    await settle();
    expect(log).toEqual(['a', 'b']);
    works[1]?.end();
    await settle();
    expect(log).toEqual(['a', 'b', 'c']);
    works[2]?.end();
    works[3]?.end();
    await started;
    await lanes.finish();
  });

  it('keep what changes one resource in its order, and a conditional change behind everything', async () => {
    const log: string[] = [];
    const lanes = makeLanes({ width: 9, weight: 100 });
    const works = ['a', 'b', 'again', 'any', 'last'].map((name) => makeWork(log, name));
    const urls = ['Patient/a', 'Patient/b', 'Patient/a', 'Patient?identifier=x', 'Patient/c'];
    const started = (async () => { for (const [index, work] of works.entries()) await lanes.start(unit('PUT', urls[index] ?? ''), work.run); })();
    const expected = [['a', 'b'], ['a', 'b', 'again'], ['a', 'b', 'again'], ['a', 'b', 'again', 'any'], ['a', 'b', 'again', 'any', 'last']];
    for (const [index, work] of works.entries()) {
      await settle();
      expect(log).toEqual(expected[index]);
      work.end();
    }
    await started;
    await lanes.finish();
  });

  it('tell work when everything before it has ended', async () => {
    const log: string[] = [];
    const lanes = makeLanes({ width: 3, weight: 100 });
    const first = makeWork(log, 'first');
    await lanes.start(unit('POST', 'Patient'), first.run);
    await lanes.start(unit('POST', 'Patient'), async (earlier) => { await earlier(); log.push('second'); });
    await settle();
    expect(log).toEqual(['first']);
    first.end();
    await lanes.finish();
    expect(log).toEqual(['first', 'second']);
  });

  it('take nothing more after a failure, which is thrown', async () => {
    const lanes = makeLanes({ width: 2, weight: 100 });
    await lanes.start(unit('POST', 'Patient'), () => Promise.reject(new Error('the disk is full')));
    await settle();
    await expect(lanes.start(unit('POST', 'Patient'), async () => undefined)).rejects.toThrow('the disk is full');
    await expect(lanes.finish()).rejects.toThrow('the disk is full');
  });
});
