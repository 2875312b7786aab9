import { describe, expect, it } from '@jest/globals';
import { RequestEnding, type Ending } from '../../../src/core/ending.js';

type Raised = readonly [Ending, (reason: Error) => void];
const makers: readonly (readonly [string, () => Raised])[] = [
  ['an AbortSignal', () => { const own = new AbortController(); return [own.signal, (reason) => { own.abort(reason); }]; }],
  ['the ending of a request', () => { const own = new RequestEnding(); return [own, (reason) => { own.abort(reason); }]; }],
];

describe.each(makers)('%s', (_name, make) => {
  it('says nothing until it is raised, and then its first reason', () => {
    const [ending, raise] = make();
    ending.throwIfAborted();
    expect(ending.aborted).toBe(false);
    const reason = new Error('left');
    raise(reason);
    raise(new Error('left again'));
    expect([ending.aborted, ending.reason]).toEqual([true, reason]);
    expect(() => { ending.throwIfAborted(); }).toThrow(reason);
  });
  it('tells once who listens, and nobody who has stopped', () => {
    const [ending, raise] = make();
    const told: string[] = [];
    const stopped = (): void => { told.push('stopped'); };
    ending.addEventListener('abort', () => { told.push('one'); }, { once: true });
    ending.addEventListener('abort', stopped);
    ending.addEventListener('abort', () => { told.push('two'); });
    ending.removeEventListener('abort', stopped);
    raise(new Error('left'));
    raise(new Error('left'));
    expect(told).toEqual(['one', 'two']);
  });
});
