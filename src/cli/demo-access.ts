/** Who may enter the sample clinic: logins with a password made for this copy of it, and apps that are registered. */
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { systemViewer } from '../access/viewer.js';
import type { Role } from '../authorization/account/role.js';
import type { NewClient } from '../authorization/client/client.js';
import type { Core } from '../compose/core.js';
import { perform } from '../interaction/perform.js';

export interface DemoPeople {
  /** `Patient/id`. */
  readonly patient: string;
  /** `Practitioner/id`. */
  readonly clinician: string;
}

type Person = readonly [email: string, role: Role, fhirUser: string, sees: string];

const newcomer = { resourceType: 'Practitioner', id: 'demo-newcomer', active: true, name: [{ family: 'Newcomer', given: ['Nora'] }] };

/** What each sees is what docs/access.md says of their role. */
const people = ({ patient, clinician }: DemoPeople): readonly Person[] => [
  ['patient@demo.example', 'patient', patient, 'their own record'],
  ['clinician@demo.example', 'practitioner', clinician, 'the patients they treat'],
  ['newcomer@demo.example', 'practitioner', `Practitioner/${newcomer.id}`, 'nobody yet: a practitioner who treats no one'],
  ['staff@demo.example', 'staff', clinician, 'the patients of their clinic'],
  ['admin@demo.example', 'admin', clinician, 'the same, and accounts and apps'],
];

const localRedirects = [3000, 5173, 8000, 9000].flatMap((port) => ['127.0.0.1', 'localhost'].flatMap((host) => ['', 'index.html', 'callback'].map((page) => `http://${host}:${String(port)}/${page}`)));
const everything = 'openid fhirUser profile launch launch/patient launch/encounter offline_access online_access patient/*.cruds user/*.cruds';

const apps: readonly NewClient[] = [
  { id: 'demo-app', type: 'public', name: 'Demo app', redirectUris: localRedirects, scope: everything, launchUrl: 'http://127.0.0.1:9000/launch.html' },
  { id: 'demo-confidential', type: 'confidential', name: 'Demo app with a secret', redirectUris: localRedirects, scope: everything },
];

/** Resolves with lines about logins and apps; makes them when they are not there. */
export const openDemoAccess = async (core: Core, who: DemoPeople): Promise<readonly string[]> => {
  const { server } = await core.authorization();
  const [{ addUser, mintToken }, { ownSecret }] = await Promise.all([import('../authorization/operator.js'), import('../authorization/grant/secret.js')]);
  if (!(await server.data.exists(`Practitioner/${newcomer.id}`))) await storeNewcomer(core);
  const password = (await ownSecret(server.grants, 'demo password')).replace(/[^A-Za-z0-9]/g, '').slice(0, 14);
  for (const [email, role, fhirUser] of people(who)) {
    if ((await server.accounts.byEmail(email)) === undefined) await addUser(server, { email, role, fhirUser, password });
  }
  for (const app of apps) if ((await server.clients.get(app.id)) === undefined) await server.clients.add(app, 'demo');
  if ((await server.clients.get(curl)) === undefined) await server.clients.add(await curlClient(), 'demo');
  const { token } = await mintToken(server, { client: curl, scope: 'system/*.cruds', minutes: 60 });
  return [
    `  Sign in with the password ${password} as`,
    ...people(who).map(([email, , , sees]) => `    ${email.padEnd(24)}  ${sees}`),
    `  Apps: client_id demo-app (public), redirect to http://127.0.0.1:3000/, :5173/, :8000/ or :9000/; see docs/smart.md`,
    '  For curl, a token of a service that sees everyone, good for one hour:',
    `    export TOKEN=${token}`,
  ];
};

const storeNewcomer = async ({ service }: Core): Promise<void> => {
  const { id, resourceType: type } = newcomer;
  await perform(service, systemViewer('demo'), {
    interaction: 'update', type, id, params: [], conditions: {}, prefer: { return: 'minimal' }, payload: { text: JSON.stringify(newcomer), format: 'json' }, requestId: service.ids.request(),
  });
};

const curl = 'demo-curl';

/** Its tokens are made here; the key it would sign in with is forgotten at once. */
const curlClient = async (): Promise<NewClient> => {
  const { publicKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-384' });
  return { id: curl, type: 'backend', name: 'Demo service', redirectUris: [], scope: 'system/*.cruds', jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'none', alg: 'ES384', use: 'sig' }] } };
};
