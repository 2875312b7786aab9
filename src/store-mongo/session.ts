/**
 * Sessions of transactions that write (https://www.mongodb.com/docs/manual/reference/server-sessions/). The driver's own are shared with every read,
 * so that a commit would seldom be in one that others know, nor in one whose last transaction was cut off: the next in the same session ends that one at once.
 */
import type { ClientSession, Connection } from 'mongoose';

export interface Sessions {
  /** Resolves with a session nobody else is in, known to others; rejects when they cannot be told of it. */
  readonly take: () => Promise<ClientSession>;
  /** Whatever became of its transaction. */
  readonly giveBack: (session: ClientSession) => void;
  readonly close: () => Promise<void>;
}

/** Returns sessions of a connection; `announce` is called before each use. */
export const makeSessions = (connection: Connection, announce: (session: ClientSession) => Promise<void>): Sessions => {
  const idle: ClientSession[] = [];
  return {
    take: async () => {
      // The one that was not used for longest: what the database may still hold for it is not held for long.
      const session = idle.shift() ?? await connection.startSession();
      try {
        await announce(session);
        return session;
      } catch (error) {
        idle.push(session);
        throw error;
      }
    },
    giveBack: (session) => { idle.push(session); },
    close: async () => { for (const session of idle.splice(0)) await session.endSession(); },
  };
};

/** Returns the id of a session, in hexadecimal digits. */
export const sessionId = (session: ClientSession): string => {
  const { id } = session.id ?? {};
  if (id === undefined) throw new Error('a session has no id');
  return Buffer.from(id.buffer).toString('hex');
};
