/** Secrets the server makes for itself at the first start: cookie and form keys. All processes on one store have the same. */
import { randomSecret } from '../../core/id.js';
import type { GrantStore } from '../../store/grant.js';
import { makeCollection } from './collection.js';

/** Returns the secret of that name. */
export const ownSecret = async (grants: GrantStore, name: string): Promise<string> => {
  const secrets = makeCollection<string>(grants, 'secret');
  await secrets.insertOnce(name, randomSecret());
  const secret = await secrets.get(name);
  if (secret === undefined) throw new Error(`the secret ${name} was not kept`);
  return secret;
};
