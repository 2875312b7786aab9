/** What every part of a search works with. */
import type { ClientSession } from 'mongoose';
import type { Keys } from '../../store-index/keys.js';
import type { Work } from '../../store-index/work.js';
import type { Models } from '../model.js';

export interface Finding {
  readonly models: Models;
  readonly keys: Keys;
  /** The transaction all is read in; null: one query may be asked, which is of one moment by itself. */
  readonly session: ClientSession | null;
  readonly work: Work;
}

/** One query was not enough: the search is to be run in a transaction. */
export class NotAtOnce extends Error {}
