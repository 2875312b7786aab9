/** `concierge user add|reset|disable`: accounts of people. Passwords come by standard input, never as a word. */
import type { KnownAccount } from '../../authorization/account/account.js';
import type { Server } from '../../authorization/server.js';
import type { Call, Outcome, StoreCommand } from '../command.js';
import { CommandError, usageError } from '../exit-code.js';

type Act = (call: Call, server: Server) => Promise<KnownAccount>;

export const user: StoreCommand = {
  name: 'user',
  summary: 'Accounts of people: user add, invite (a link to choose a password), reset (a new password, second factors gone, signed out everywhere) and disable.',
  usage: 'add|invite|reset|disable',
  about: [
    'user add --email E --role patient|practitioner|staff|admin --fhir-user Type/id [--name NAME] [--represents RelatedPerson/id]...',
    'user invite takes the same and prints a link that is good for a week    user reset --email E    user disable --email E',
    'The password is read from standard input: printf %s "$PASSWORD" | concierge user add ...',
  ].join('\n'),
  options: {
    'email': { value: 'E', about: 'E-mail address to sign in with.' },
    'role': { value: 'ROLE', about: 'patient, practitioner, staff or admin.' },
    'fhir-user': { value: 'TYPE/ID', about: 'The resource that the person is: Patient/123, Practitioner/4.' },
    'name': { value: 'NAME', about: 'How the person is called.' },
    'represents': { value: 'REFERENCE', about: 'RelatedPerson/id through which the person acts for a patient. May be repeated.', many: true },
  },
  needs: 'store',
  before: async (call) => {
    nameOf(call);
    call.given.required('email');
    return undefined;
  },
  takesSecret: (call) => nameOf(call) === 'add' || nameOf(call) === 'reset',
  run: async (call, session): Promise<Outcome> => {
    const { server } = await session.authorization();
    const { OperatorFault } = await import('../../authorization/operator.js');
    try {
      const name = nameOf(call);
      if (name === 'invite') return await invite(call, server);
      const { id, email, role, fhirUser, disabled } = await acts[name](call, server);
      return { text: `${email} (${role}, ${fhirUser})${disabled ? ' is disabled; apps and sessions have ended.' : ' can sign in.'}`, json: { id, email, role, fhirUser, disabled } };
    } catch (error) {
      throw error instanceof OperatorFault ? new CommandError('failed', error.message, { cause: error }) : error;
    }
  },
};

type ActName = 'add' | 'invite' | 'reset' | 'disable';

const nameOf = ({ given }: Call): ActName => {
  const [name, ...more] = given.words;
  if ((name === 'add' || name === 'invite' || name === 'reset' || name === 'disable') && more.length === 0) return name;
  throw usageError('Say what to do: user add, user invite, user reset or user disable.');
};

const invite = async ({ given }: Call, server: Server): Promise<Outcome> => {
  const { inviteUser } = await import('../../authorization/operator.js');
  const url = await inviteUser(server, { email: given.required('email'), role: given.required('role'), fhirUser: given.required('fhir-user'), name: given.text('name') });
  return { text: `Give this link to ${given.required('email')}; it is good once, for a week:\n${url}`, json: { url } };
};

const acts: Readonly<Record<Exclude<ActName, 'invite'>, Act>> = {
  add: async ({ given, secret = '' }, server) => {
    const { addUser } = await import('../../authorization/operator.js');
    return addUser(server, { email: given.required('email'), role: given.required('role'), fhirUser: given.required('fhir-user'), name: given.text('name'), represents: given.all('represents'), password: secret });
  },
  reset: async ({ given, secret = '' }, server) => (await import('../../authorization/operator.js')).resetUser(server, given.required('email'), secret),
  disable: async ({ given }, server) => (await import('../../authorization/operator.js')).disableUser(server, given.required('email')),
};
