/** Who may enter the sample clinic: logins with a password made for this copy of it, and apps that are registered. */
import type { Role } from '../authorization/account/role.js';
import type { NewClient } from '../authorization/client/client.js';
import type { Core } from '../compose.js';

export interface DemoPeople {
  /** `Patient/id`. */
  readonly patient: string;
  /** `Practitioner/id`. */
  readonly clinician: string;
}

const people = ({ patient, clinician }: DemoPeople): readonly (readonly [email: string, role: Role, fhirUser: string])[] => [
  ['patient@demo.example', 'patient', patient],
  ['clinician@demo.example', 'practitioner', clinician],
  ['staff@demo.example', 'staff', clinician],
  ['admin@demo.example', 'admin', clinician],
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
  const password = (await ownSecret(server.grants, 'demo password')).replace(/[^A-Za-z0-9]/g, '').slice(0, 14);
  for (const [email, role, fhirUser] of people(who)) {
    if ((await server.accounts.byEmail(email)) === undefined) await addUser(server, { email, role, fhirUser, password });
  }
  for (const app of apps) if ((await server.clients.get(app.id)) === undefined) await server.clients.add(app, 'demo');
  const { token } = await mintToken(server, { client: 'demo-app', user: 'clinician@demo.example', scope: 'user/*.cruds', minutes: 60 });
  return [
    `  Sign in with the password ${password} as`,
    ...people(who).map(([email, role]) => `    ${email.padEnd(24)}  ${role}`),
    `  Apps: client_id demo-app (public), redirect to http://127.0.0.1:3000/, :5173/, :8000/ or :9000/; see docs/smart.md`,
    '  For curl, a token of the clinician, good for one hour:',
    `    export TOKEN=${token}`,
  ];
};
