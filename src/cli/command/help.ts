/** `concierge help [COMMAND]`: the same as `--help`. */
import type { PlainCommand } from '../command.js';
import { commandHelp, commandsMarkdown, generalHelp } from '../help.js';
import { commandOf, loadAll } from '../run.js';

export const help: PlainCommand = {
  name: 'help',
  summary: 'Lists the commands, or says what one of them does.',
  usage: '[COMMAND]',
  options: { markdown: { about: 'The table of the documentation.' } },
  needs: 'nothing',
  run: async ({ given, commands }) => {
    const [name] = given.words;
    if (name !== undefined) return { text: commandHelp(await commandOf(name, commands)), json: undefined };
    const all = await loadAll(commands);
    const json = all.map(({ name: command, summary, usage, options }) => ({ command, summary, usage, options }));
    return { text: given.flag('markdown') ? commandsMarkdown(all) : generalHelp(all), json };
  },
};
