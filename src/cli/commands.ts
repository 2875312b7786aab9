/** The commands there are, in the order the help lists them. Adding one is a file under `command/` and a line here. */
import type { CommandTable } from './command.js';

export const commands: CommandTable = {
  serve: async () => (await import('./command/serve.js')).serve,
  import: async () => (await import('./command/import.js')).importData,
  sample: async () => (await import('./command/sample.js')).sample,
  export: async () => (await import('./command/export.js')).exportData,
  backup: async () => (await import('./command/backup.js')).backup,
  restore: async () => (await import('./command/restore.js')).restore,
  migrate: async () => (await import('./command/migrate.js')).migrateStore,
  reindex: async () => (await import('./command/reindex.js')).reindexStore,
  audit: async () => (await import('./command/audit.js')).audit,
  ig: async () => (await import('./command/ig.js')).ig,
  client: async () => (await import('./command/client.js')).client,
  user: async () => (await import('./command/user.js')).user,
  keys: async () => (await import('./command/keys.js')).keys,
  token: async () => (await import('./command/token.js')).token,
  terminology: async () => (await import('./command/terminology.js')).terminology,
  settings: async () => (await import('./command/settings.js')).settings,
  errors: async () => (await import('./command/errors.js')).errors,
  help: async () => (await import('./command/help.js')).help,
  version: async () => (await import('./command/version.js')).version,
};
