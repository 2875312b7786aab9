/** Viewers of tokens as the authorization server would make them. */
import { parseScopes } from '../../src/access/scope.js';
import { tokenViewer, type TokenGrant, type Viewer } from '../../src/access/viewer.js';

/** Returns the viewer of a token with these scopes. */
export const tokenWith = (scope: string, grant: Partial<TokenGrant> = {}): Viewer => tokenViewer({ client: 'app', scopes: parseScopes(scope), jti: `jti of ${scope}`, expires: 9e15, ...grant });

/** Returns a token that a patient has given an app. */
export const patientToken = (id: string, scope: string): Viewer => tokenWith(scope, { patient: id, user: `account of ${id}`, fhirUser: `Patient/${id}`, patients: [id] });

/** Returns a token that a practitioner has given an app. */
export const practitionerToken = (id: string, scope: string): Viewer => tokenWith(scope, { user: `account of ${id}`, fhirUser: `Practitioner/${id}` });

/** Returns the token of a backend service. */
export const serviceToken = (scope: string): Viewer => tokenWith(scope, { client: 'backend' });
