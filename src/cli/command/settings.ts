/** `concierge settings`: every setting, its value here, or the table of the documentation. */
import { settingsMarkdown } from '../../config/markdown.js';
import { readConfig, servingChecks } from '../../config/read.js';
import { settings as table, type SettingName } from '../../config/table.js';
import type { Outcome, PlainCommand } from '../command.js';
import { takeNoWords } from '../options.js';

const present = (value: string | number | boolean | readonly string[] | undefined): string => (value === undefined ? '' : typeof value === 'object' ? value.join(',') : String(value));

const current = (): Outcome => {
  const config = readConfig(undefined, { without: servingChecks });
  const names = Object.keys(table) as SettingName[];
  const shown = names.map((name) => [table[name].env, table[name].hidden && config[name] !== undefined ? '(hidden)' : config[name]] as const);
  const width = Math.max(...shown.map(([env]) => env.length));
  return { text: shown.map(([env, value]) => `${env.padEnd(width)}  ${present(value)}`.trimEnd()).join('\n'), json: Object.fromEntries(shown) };
};

export const settings: PlainCommand = {
  name: 'settings',
  summary: 'Shows every setting with the value it has here; secrets are hidden.',
  usage: '',
  options: { markdown: { about: 'The table of the documentation instead: names, defaults, what they do.' } },
  needs: 'nothing',
  run: async ({ given }) => {
    takeNoWords(given);
    return given.flag('markdown') ? { text: settingsMarkdown().trimEnd(), json: { markdown: settingsMarkdown() } } : current();
  },
};
