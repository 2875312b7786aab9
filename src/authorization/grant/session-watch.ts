/** Whose a session was, kept until its end is recorded: the session itself is gone by then. */
import type { GrantStore } from '../../store/grant.js';

export const sessionWatch = 'SessionWatch';

/** Notes whose session it is. */
export const watchSession = (grants: GrantStore, session: string, accountId: string): Promise<void> => grants.put({ collection: sessionWatch, key: session, value: accountId });

/** The session was ended by who it belongs to. */
export const unwatchSession = async (grants: GrantStore, session: string): Promise<void> => { await grants.remove({ collection: sessionWatch, key: session }); };
