/** The settings table of the documentation, made from the settings themselves. */
import { settings, type Setting } from './table.js';

const cell = (text: string): string => text.replaceAll('|', '\\|');

const row = ({ env, fallback, form, about }: Setting<unknown>): string =>
  `| \`${env}\` | ${fallback === '' ? '' : `\`${fallback}\``} | ${cell(form)} | ${cell(about)} |`;

/** Returns one Markdown table per group, each under a heading of the level given. */
export const settingsMarkdown = (level = 3): string => {
  const rows: readonly Setting<unknown>[] = Object.values(settings);
  const groups = [...new Set(rows.map(({ group }) => group))];
  const tables = groups.map((group) => [
    `${'#'.repeat(level)} ${group}`, '', '| variable | default | value | what it does |', '|---|---|---|---|',
    ...rows.filter((setting) => setting.group === group).map(row),
  ].join('\n'));
  return `${tables.join('\n\n')}\n`;
};
