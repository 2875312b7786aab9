/** What is known of people on their way to another provider and back; kept by the server, good once. */
import type { Departure } from '../account/elsewhere.js';

/** A person who left for the other provider. */
export interface Away {
  readonly departure: Departure;
  /** The authorization that waits; undefined for the account pages. */
  readonly uid: string | undefined;
  /** Mark of the browser that left. */
  readonly mark: string;
}

/** A person who has come back, on the way to the page that waits. */
export interface Ticket {
  readonly account: string;
  readonly uid: string;
  readonly mark: string;
}
