/** `concierge token`: a short-lived access token for diagnosis, checked like any other. */
import { toInstant } from '../../core/clock.js';
import type { StoreCommand } from '../command.js';
import { CommandError, usageError } from '../exit-code.js';
import { takeNoWords } from '../options.js';

const longest = 60;

export const token: StoreCommand = {
  name: 'token',
  summary: 'Prints a short-lived access token of a registered app, for diagnosis; it passes the same checks as any other.',
  usage: '',
  about: 'token --client ID [--user E] --scope "patient/*.rs" [--patient ID] [--minutes 10]\nIt ends with its time, with `client revoke`, with `user disable`, or at the revocation endpoint.',
  options: {
    client: { value: 'ID', about: 'client_id of the app.' },
    user: { value: 'E', about: 'E-mail address of the person on whose behalf; not for a backend client.' },
    scope: { value: 'SCOPES', about: 'Clinical scopes that the app is registered for.' },
    patient: { value: 'ID', about: 'The patient in context, which patient/ scopes need.' },
    minutes: { value: 'N', about: `How long it is good for: 10 unless said otherwise, at most ${String(longest)}.` },
  },
  needs: 'store',
  before: async ({ given }) => {
    takeNoWords(given);
    given.required('client');
    given.required('scope');
    if (given.whole('minutes', { low: 1, fallback: 10 }) > longest) throw usageError(`--minutes must be at most ${String(longest)}.`);
    return undefined;
  },
  run: async ({ given }, session) => {
    const { server } = await session.authorization();
    const { mintToken, OperatorFault } = await import('../../authorization/operator.js');
    const { ScopeFault } = await import('../../authorization/client/scope.js');
    try {
      const minted = await mintToken(server, { client: given.required('client'), user: given.text('user'), scope: given.required('scope'), patient: given.text('patient'), minutes: given.whole('minutes', { low: 1, fallback: 10 }) });
      return { text: minted.token, json: { access_token: minted.token, token_type: 'Bearer', scope: minted.scope, jti: minted.jti, expires: toInstant(minted.expires) } };
    } catch (error) {
      throw error instanceof OperatorFault || error instanceof ScopeFault ? new CommandError('failed', error.message, { cause: error }) : error;
    }
  },
};
