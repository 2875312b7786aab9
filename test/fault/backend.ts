/** A backend service of a server that asks for tokens (https://hl7.org/fhir/smart-app-launch/backend-services.html). */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { concierge } from '../support/command.js';
import { call, type Answer } from '../support/http.js';
import type { RunningServer } from '../support/server.js';

/** How a server is reached. */
export interface Access {
  readonly base: string;
  /** Of every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Asks for one more token; undefined where there are none. */
  readonly askToken?: (() => Promise<Answer>) | undefined;
}

const id = 'loader';

/** Registers a backend service; resolves with a token that may do everything and lasts for the run. */
export const signInBackend = async ({ base, origin, dataDir }: RunningServer, env: Readonly<Record<string, string>>): Promise<Access> => {
  const folder = mkdtempSync(join(tmpdir(), 'concierge-backend-'));
  const { publicKey, privateKey } = await generateKeyPair('ES384', { extractable: true });
  const keys = join(folder, 'keys.json');
  writeFileSync(keys, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES384' }] }));
  const command = async (...words: string[]): Promise<string> => {
    const { code, out, err } = await concierge([...words, '--json'], { env: { ...env, DATA_DIR: dataDir } });
    if (code !== 0) throw new Error(`${words.join(' ')}: ${err}`);
    return out;
  };
  await command('client', 'add', '--id', id, '--type', 'backend', '--scope', 'system/*.cruds', '--jwks', keys);
  const minted = JSON.parse(await command('token', '--client', id, '--scope', 'system/*.cruds')) as { access_token: string };
  rmSync(folder, { recursive: true, force: true });
  const askToken = async (): Promise<Answer> => {
    const assertion = await new SignJWT({}).setProtectedHeader({ alg: 'ES384', kid: 'k', typ: 'JWT' })
      .setIssuer(id).setSubject(id).setAudience(`${env['BASE_URL'] ?? origin}/oauth/token`).setJti(randomUUID()).setExpirationTime('4m').sign(privateKey);
    const form = new URLSearchParams({ grant_type: 'client_credentials', scope: 'system/*.rs', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: assertion });
    return call({ method: 'POST', url: `${origin}/oauth/token`, headers: { 'content-type': 'application/x-www-form-urlencoded', 'accept': 'application/json' }, body: form.toString() });
  };
  return { base, headers: { authorization: `Bearer ${minted.access_token}` }, askToken };
};
