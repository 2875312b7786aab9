/** Learns when terminology resources were written, so that what was made of them is made anew. */
import { sharing } from '../../core/sharing.js';
import { systemViewer } from '../../access/viewer.js';
import { perform } from '../../interaction/perform.js';
import type { Service } from '../../interaction/service.js';
import { unrecorded } from '../../interaction/unrecorded.js';

const viewer = systemViewer('terminology');
const types = ['CodeSystem', 'ValueSet', 'ConceptMap'];

interface Page {
  readonly total?: number;
  readonly entry?: readonly { readonly fullUrl?: string; readonly response?: { readonly etag?: string; readonly lastModified?: string } }[];
}

/** Returns a text that is another one once a code system, value set or map was written. However many others are written, it costs the same. */
export const makeStamp = (service: () => Service) => async (): Promise<string> => {
  const newest = await Promise.all(types.map(async (type) => {
    const { body = '{}' } = await perform(unrecorded(service()), viewer, { interaction: 'history-type', type, params: [['_count', '1']], conditions: {}, prefer: { handling: 'strict' }, requestId: '' });
    const { total, entry: [first] = [] } = JSON.parse(body) as Page;
    return [total, first?.fullUrl, first?.response?.etag, first?.response?.lastModified].join(' ');
  }));
  return newest.join('\n');
};

/** Returns a function that resolves when `forget` has been called for everything written before it was called. */
export const makeFollower = (stampNow: () => Promise<string>, forget: () => void): (() => Promise<void>) => {
  let seen: string | undefined;
  const catchUp = async (): Promise<void> => {
    const stamp = await stampNow();
    if (stamp === seen) return;
    seen = stamp;
    forget();
  };
  return sharing(catchUp);
};
