/** The code by which the system tells why something failed, `ENOENT` (https://nodejs.org/api/errors.html#errorcode). */

/** Returns the code of an error, undefined for what has none. Errors of other realms (worker, test sandbox) are errors too. */
export const systemCode = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
