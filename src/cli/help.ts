/** The texts of `--help`, made from the records of the commands. */
import type { Command } from './command.js';
import { exitCodes } from './exit-code.js';
import { commonOptions, type OptionRow, type OptionTable } from './options.js';

const columns = (rows: readonly (readonly [left: string, right: string])[]): string => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
};

const written = ([name, { value, many }]: readonly [string, OptionRow]): string => `--${name}${value === undefined ? '' : ` ${value}`}${many === true ? '...' : ''}`;

const optionRows = (options: OptionTable): (readonly [string, string])[] => Object.entries(options).map((option) => [written(option), option[1].about]);

/** As it would be written on a command line: what may be left out is in brackets. */
const bracketed = (options: OptionTable): string[] =>
  Object.entries(options).map((option) => (option[1].needed === true ? written(option) : `[${written(option)}]`));

const signature = ({ name, usage, options }: Command): string => {
  return ['concierge', name, ...(usage === '' ? [] : [usage]), ...bracketed(options)].join(' ');
};

/** Returns the help of one command. */
export const commandHelp = (command: Command): string => [
  `${signature(command)}\n`,
  command.summary,
  ...(command.about === undefined ? [] : ['', command.about]),
  '', 'Options', columns([...optionRows(command.options), ...optionRows(commonOptions)]),
].join('\n');

/** Returns the list of all commands and how they end. */
export const generalHelp = (commands: readonly Command[]): string => [
  'concierge <command> [options]\n',
  columns(commands.map(({ name, summary }) => [name, summary])),
  '', 'Each command answers --help. Settings come from the environment: concierge settings',
  '', 'Exit codes', columns(Object.values(exitCodes).map(({ code, meaning }) => [String(code), meaning])),
].join('\n');

/** Returns the commands and the exit codes as Markdown tables, for the README. */
export const commandsMarkdown = (commands: readonly Command[]): string => [
  '| command | what it does |', '|---|---|',
  ...commands.map((command) => `| \`${[command.name, command.usage, ...bracketed(command.options)].filter((part) => part !== '').join(' ').replaceAll('|', '\\|')}\` | ${command.summary.replaceAll('|', '\\|')} |`),
  '', '| exit code | meaning |', '|---|---|',
  ...Object.values(exitCodes).map(({ code, meaning }) => `| ${String(code)} | ${meaning} |`),
].join('\n');
