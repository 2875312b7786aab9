/** What the unpacking thread and its owner say to each other; `job` numbers the files. */

export type ToThread =
  | { readonly kind: 'open'; readonly job: number; readonly path: string }
  /** One message of the job was taken. */
  | { readonly kind: 'more'; readonly job: number }
  /** Nobody wants the rest. */
  | { readonly kind: 'stop'; readonly job: number };

export type FromThread =
  /** Unpacked bytes, and how many of the file have been read for them. */
  | { readonly kind: 'bytes'; readonly job: number; readonly bytes: Uint8Array<ArrayBuffer>; readonly used: number }
  | { readonly kind: 'end'; readonly job: number }
  | { readonly kind: 'fault'; readonly job: number; readonly message: string };

/** Messages a job may be ahead of its reader; each is one block of up to 900 kB. */
export const ahead = 3;
