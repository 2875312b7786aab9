/** Host and scheme are those of the settings, whatever a request calls them: every URL the provider makes would else be the client's to choose. */
import type { Request } from 'express';
import type { Server } from '../server.js';

/** Makes the request say the origin of the settings. */
export const setOrigin = (req: Request, server: Server): void => {
  const { host, protocol } = new URL(server.options().origin);
  req.headers.host = host;
  req.headers['x-forwarded-proto'] = protocol.slice(0, -1);
  delete req.headers['x-forwarded-host'];
};
