/**
 * The server's own looks at what is stored, as to follow definitions or to find out for whom a person acts: nobody is shown anything by
 * them, so they leave no record among those of accesses (docs/audit.md).
 */
import type { Service } from './service.js';

/** Returns the service without its audit. It is for reads alone of which nothing is shown: what somebody is shown, and every write, leaves its record. */
export const unrecorded = (service: Service): Service => ({ ...service, audit: undefined });
