/** The authorization server and its mail, as the settings want them. */
import type { Mail } from '../authorization/mail/mail.js';
import type { AuthorizationPart } from '../authorization/part.js';
import { keptSecret, replaceSecret } from '../config/data-dir.js';
import type { Config } from '../config/table.js';
import type { Job } from '../core/job.js';
import { withoutPrinting } from '../core/quiet.js';
import { perform } from '../interaction/perform.js';
import type { Service } from '../interaction/service.js';
import { makeCronJob } from '../scheduler/cron.js';
import type { GrantStore } from '../store/grant.js';
import type { LeaseStore } from '../store/lease.js';

export const originOf = (base: string): string => base.slice(0, -'/fhir'.length);

/** What has expired goes, signing keys are renewed, and what a former key has sealed is sealed anew, also when that was broken off. */
export const expireGrants = (open: () => Promise<AuthorizationPart>, leases: LeaseStore, { clock, observe, security }: Service): Job => makeCronJob({
  name: 'expire-grants', schedule: '5-59/10 * * * *', leases, clock,
  act: async () => {
    if (security === undefined) return;
    const { server } = await open();
    await server.grants.expire();
    await (await import('../authorization/session-end.js')).recordEndedSessions(server);
    await server.keys.rotateWhenDue();
    await server.vault.reseal();
  },
  onFailure: (error) => observe({ kind: 'failure', requestId: undefined, where: 'expire-grants', error }),
});

const openMail = async ({ smtpUrl, mailFrom, mailbox }: Config, { clock }: Service): Promise<Mail | undefined> => {
  if (smtpUrl === undefined && !mailbox) return undefined;
  const { makeMailbox, makeSmtpMail } = await import('../authorization/mail/mail.js');
  return smtpUrl === undefined ? makeMailbox(clock) : makeSmtpMail(smtpUrl, mailFrom);
};

export const openAuthorization = async (config: Config, service: Service, grants: GrantStore): Promise<AuthorizationPart> => {
  // The provider is large. Which versions of Node this program runs on is for its own tests to say, not for a remark of a library.
  const { makeAuthorization } = await withoutPrinting(() => import('../authorization/part.js'), (line) => {
    if (!line.includes('Unsupported runtime')) service.observe({ kind: 'notice', level: 'warn', message: line });
  });
  if (config.authKey === undefined) service.observe({ kind: 'notice', level: 'info', message: 'AUTH_KEY is not set: the key of the authorization records lies beside them in DATA_DIR.' });
  const authKey = config.authKey ?? await keptSecret(config.dataDir, 'auth-key');
  return makeAuthorization({
    grants, authKey, keepAuthKey: config.authKey === undefined ? (secret) => replaceSecret(config.dataDir, 'auth-key', secret) : undefined, service, perform, mail: await openMail(config, service),
    elsewhere: config.signInIssuer === undefined ? undefined : { issuer: config.signInIssuer, clientId: config.signInClientId, clientSecret: config.signInClientSecret, name: config.signInName },
    options: () => ({ ...config, passwordCost: 17, origin: originOf(service.options.baseUrl), fhirBase: service.options.baseUrl }),
  });
};
