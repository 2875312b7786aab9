/**
 * Change streams wake what waits for changes (https://www.mongodb.com/docs/manual/changeStreams/). After a break the stream goes on where it was, by
 * its resume token; where the server no longer knows that, everyone is woken once and reads the feed.
 */
import { mongo, type Connection } from 'mongoose';
import type { Observe } from '../core/observe.js';
import type { Wake } from '../store/wake.js';
import { databaseOf, openConnection } from './connection.js';
import type { VersionDocument } from './model.js';

export interface WakeOptions {
  readonly url: string;
  /** Versions of which types are looked for. */
  readonly types: readonly string[];
  readonly observe: Observe;
}

type Stream = mongo.ChangeStream<VersionDocument, mongo.ChangeStreamDocument<VersionDocument>>;

interface Sleeper {
  readonly types: readonly string[];
  readonly wake: () => void;
}

/** Milliseconds the server waits for a change before it says that there is none; the socket gives up later. */
const waitMs = 1_000;
/** Milliseconds before a broken stream is opened again. */
const againMs = 500;
/** The token is broken, its place is no longer in the server's log, or the stream cannot be resumed. */
const lostCodes: ReadonlySet<unknown> = new Set([9, 260, 280, 286]);

/** Resolves with what wakes; what it cannot learn is told by the polling it saves nobody from. */
export const openMongoWake = async ({ url, types, observe }: WakeOptions): Promise<Wake> => {
  const connection = await openConnection({ url });
  const sleepers: Sleeper[] = [];
  let closing = false;
  const tell = (type?: string): void => {
    for (const sleeper of sleepers) if (type === undefined || sleeper.types.includes(type)) sleeper.wake();
  };
  const listen = async (stream: Stream, keep: (token: unknown) => void): Promise<void> => {
    for (keep(stream.resumeToken); !closing; keep(stream.resumeToken)) {
      const change = await stream.tryNext();
      if (change?.operationType === 'insert') tell(change.fullDocument.type);
    }
  };
  const run = async (): Promise<void> => {
    let token: unknown;
    while (!closing) {
      const stream = openStream(connection, types, token);
      try {
        if (token === undefined) tell();
        await listen(stream, (now) => { token = now ?? token; });
      } catch (error) {
        if (lostCodes.has((error as { code?: unknown }).code)) token = undefined;
        if (!closing && !(error instanceof mongo.MongoNetworkError)) observe({ kind: 'failure', requestId: undefined, where: 'change-stream', error });
        if (!closing) await new Promise((resolve) => { setTimeout(resolve, againMs); });
      } finally {
        await stream.close();
      }
    }
  };
  const running = run();
  return {
    on: (wanted, wake) => { sleepers.push({ types: wanted, wake }); },
    close: async () => {
      closing = true;
      await running;
      await connection.close();
    },
  };
};

const openStream = (connection: Connection, types: readonly string[], token: unknown): Stream =>
  databaseOf(connection).collection<VersionDocument>('version').watch<VersionDocument, mongo.ChangeStreamDocument<VersionDocument>>(
    [{ $match: { 'operationType': 'insert', 'fullDocument.type': { $in: [...types] } } }],
    { maxAwaitTimeMS: waitMs, ...(token === undefined ? {} : { resumeAfter: token }) },
  );
