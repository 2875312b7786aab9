/** What the database says when it cannot is a documented error, whatever it says. */
import { describe, expect, it } from '@jest/globals';
import { mongo } from 'mongoose';
import { FhirError } from '../../../src/core/error.js';
import { CommitUnknown, toStoreError } from '../../../src/store-mongo/failure.js';

const said = (code: number): mongo.MongoError => new mongo.MongoServerError({ message: 'x', code });

describe('an error of the database', () => {
  it.each([91, 189, 10_107, 11_600, 11_602, 13_435, 43, 50])('%i, of a server that stops or is no longer the primary, is for a while', (code) => {
    expect(toStoreError(said(code))).toMatchObject({ code: 'store-unavailable', status: 503, options: { retryAfter: 1 } });
  });

  it('without space says so, and what nobody expects is ours', () => {
    expect(toStoreError(said(14_031))).toMatchObject({ code: 'store-full' });
    expect(toStoreError(said(2))).toMatchObject({ code: 'internal' });
  });

  it('that leaves a commit unknown says that it may be stored', () => {
    expect(toStoreError(new CommitUnknown('x'))).toMatchObject({ code: 'store-unavailable', message: expect.stringContaining('may or may not be stored') });
  });

  it('of a connection that ended while it was written to, which the driver does not wrap, is for a while', () => {
    expect(toStoreError(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))).toMatchObject({ code: 'store-unavailable' });
  });

  it('of another kind stays as it is', () => {
    const own = new FhirError('not-found', 'x');
    expect(toStoreError(own)).toBe(own);
  });
});
