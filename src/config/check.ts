/** What must hold between settings before anything starts. Each check has a name, says what is wrong and how it is mended. */
import { statSync } from 'node:fs';
import type { Config } from './table.js';

export interface Check {
  readonly name: string;
  /** Returns what is wrong, undefined when nothing is. */
  readonly fault: (config: Config) => string | undefined;
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|::1|0:0:0:0:0:0:0:1)$/i;

/** Returns whether only this machine reaches the host. */
export const isLoopback = (host: string): boolean => loopback.test(host);

/** Returns whether the store is a MongoDB. */
export const isMongo = (storeUrl: string): boolean => /^mongodb(\+srv)?:\/\//.test(storeUrl);

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === false;

export const checks: readonly Check[] = [
  {
    name: 'auth-open-is-local',
    fault: ({ auth, host }) => (auth === 'open' && !isLoopback(host) ? `AUTH=open lets everyone read and change everything, so HOST must be loopback, not "${host}". Set HOST=127.0.0.1.` : undefined),
  },
  {
    name: 'auth-smart-has-address',
    fault: ({ auth, host, baseUrl }) => (auth !== 'open' && baseUrl === undefined && !isLoopback(host) ? 'Tokens are for one address, so BASE_URL must say how clients reach the server, such as https://fhir.example.org.' : undefined),
  },
  {
    name: 'audit-stays-on',
    fault: ({ auth, audit }) => (auth === 'smart' && audit === 'off' ? 'AUDIT=off is for AUTH=open alone: where people sign in, every access is recorded. Set AUDIT=on or leave it out.' : undefined),
  },
  {
    name: 'auth-external-has-issuer',
    fault: ({ auth, externalIssuer }) => (auth === 'external' && externalIssuer === undefined ? 'AUTH=external needs EXTERNAL_ISSUER: whose tokens are taken.' : undefined),
  },
  {
    name: 'sign-in-elsewhere-has-client',
    fault: ({ signInIssuer, signInClientId, signInClientSecret }) => (signInIssuer !== undefined && (signInClientId === '' || signInClientSecret === '') ? 'SIGN_IN_ISSUER needs SIGN_IN_CLIENT_ID and SIGN_IN_CLIENT_SECRET.' : undefined),
  },
  {
    name: 'mailbox-is-local',
    fault: ({ mailbox, host }) => (mailbox && !isLoopback(host) ? 'MAILBOX=true shows everyone the mail of all accounts, so HOST must be loopback. Set SMTP_URL to send mail.' : undefined),
  },
  {
    name: 'registration-approved-has-token',
    fault: ({ registration, registrationToken }) => (registration === 'approved' && registrationToken === undefined ? 'REGISTRATION=approved needs REGISTRATION_TOKEN, which approved apps send.' : undefined),
  },
  {
    name: 'store-is-known',
    fault: ({ storeUrl }) => (storeUrl === 'sqlite:' || isMongo(storeUrl) ? undefined : 'STORE_URL must be sqlite: or the address of a MongoDB replica set, mongodb://host/database?replicaSet=name.'),
  },
  {
    name: 'several-processes-share-mongodb',
    fault: ({ workers, role, storeUrl }) => ((workers > 1 || role !== 'all') && !isMongo(storeUrl) ? 'The embedded store is for one process: --workers, --role, WORKERS and ROLE need STORE_URL=mongodb://host/database?replicaSet=name.' : undefined),
  },
  { name: 'data-dir-is-a-folder', fault: ({ dataDir }) => (isFile(dataDir) ? 'DATA_DIR names a file; name a folder.' : undefined) },
  {
    name: 'pages-fit',
    fault: ({ pageSize, maxPageSize }) => (pageSize > maxPageSize ? `PAGE_SIZE is ${String(pageSize)}, more than MAX_PAGE_SIZE, which is ${String(maxPageSize)}.` : undefined),
  },
];
