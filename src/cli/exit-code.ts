/** How commands end. The numbers are documented and stay: scripts branch on them. */
export const exitCodes = {
  ok: { code: 0, meaning: 'Done.' },
  failed: { code: 1, meaning: 'Failed; the message says why.' },
  usage: { code: 2, meaning: 'The command line is wrong; nothing was done.' },
  inUse: { code: 3, meaning: 'Another process has the store and does not take commands.' },
  settings: { code: 4, meaning: 'The settings are wrong; every fault is named, nothing was done.' },
  refused: { code: 5, meaning: 'Done, but some of the data was refused or is at fault; the report says which.' },
  listen: { code: 6, meaning: 'The address cannot be listened on.' },
  store: { code: 70, meaning: 'The store failed in a way that cannot be gone on from; the server stopped.' },
  interrupted: { code: 130, meaning: 'Interrupted by the operator.' },
} as const;

export type ExitName = keyof typeof exitCodes;

/** Ends a command with a message for the operator and a documented exit code. */
export class CommandError extends Error {
  constructor(readonly exit: ExitName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CommandError';
  }
}

/** The reason of a call's signal when the program itself failed; any other reason is the operator's wish. */
export class Crash extends Error {}

/** Returns the error for a wrong command line. */
export const usageError = (message: string): CommandError => new CommandError('usage', message);
