/**
 * The lease port: which of several processes does what one alone may do. A lease runs out unless it is renewed, and carries a
 * number that rises with each owner, so that what an owner writes too late is refused (https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html).
 */

export interface Lease {
  readonly name: string;
  /** Rises with every owner: what was written under a lower one is outdated. */
  readonly token: number;
  /** What the last owner noted. */
  readonly note: string;
}

export interface LeaseStore {
  /** Takes the lease, or renews it where this process has it, for so many milliseconds; undefined while another has it. */
  take(name: string, ms: number): Promise<Lease | undefined>;
  /** Notes a text with the lease; resolves with false when the lease has gone to another. */
  note(lease: Lease, text: string): Promise<boolean>;
  /** What was noted last under a name; undefined when nothing ever was. */
  read(name: string): Promise<string | undefined>;
  /** Claims a name for good: of many callers, in whatever process, one is told true. Forgotten at `expires`, milliseconds since 1970. */
  claim(name: string, expires: number): Promise<boolean>;
  /** Lets the lease go, so that another may take it at once. */
  release(lease: Lease): Promise<void>;
  close(): Promise<void>;
}
