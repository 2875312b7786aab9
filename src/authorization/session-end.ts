/** Sessions that ended without a sign-out: by idleness, at their time, or because the account was closed (automatic logoff, 45 CFR 164.312(a)(2)(iii)). */
import { recordSecurity } from '../interaction/audited.js';
import { sessionWatch, unwatchSession } from './grant/session-watch.js';
import type { Server } from './server.js';

const together = 200;

/** Resolves when every session that is gone is recorded. */
export const recordEndedSessions = async ({ grants, service, accountOf }: Pick<Server, 'grants' | 'service' | 'accountOf'>): Promise<void> => {
  for (let after: string | undefined, more = true; more;) {
    const page = await grants.list({ collection: sessionWatch, after, limit: together });
    for (const { key, value } of page) {
      if ((await grants.get({ collection: 'Session', key })) !== undefined) continue;
      const account = await accountOf(value);
      await recordSecurity(service, 'logout', { agent: { account: value, user: account?.fhirUser }, outcomeText: 'automatic: idle, at its time, or ended by the server' });
      await unwatchSession(grants, key);
    }
    after = page.at(-1)?.key;
    more = page.length === together;
  }
};
