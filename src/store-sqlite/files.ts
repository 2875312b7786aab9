/** Names of the files in the folder of the embedded engine, and of those a backup makes. */

/** The resources and all that belongs to them. */
export const databaseFile = 'store.db';
/** What the authorization server keeps. */
export const grantsFile = 'authorization.db';

/** Returns where a backup has the authorization records: beside the file it was told to write. */
export const grantsBackup = (backup: string): string => `${backup}.authorization`;
