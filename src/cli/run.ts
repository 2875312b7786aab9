/** The dispatcher: finds the command by its name, reads its words, runs it, prints how it ended. */
import { nearName } from '../core/near-name.js';
import { ConfigError } from '../config/read.js';
import type { Call, Command, CommandTable, Outcome, StoreCommand } from './command.js';
import { CommandError, Crash, exitCodes, usageError, type ExitName } from './exit-code.js';
import { commandHelp, generalHelp } from './help.js';
import { parseWords } from './options.js';
import { readSecret } from './read-secret.js';

/** Where a command is run from, and what it writes to. */
export interface Stage extends Omit<Call, 'given' | 'secret'> {
  /** Runs a command where the store is open; `words` are those after its name. */
  readonly withStore: (command: StoreCommand, words: readonly string[], call: Call) => Promise<Outcome>;
}

/** Returns the exit code of `words`, which are those after `concierge`. Never rejects for what an operator can mend. */
export const run = async (words: readonly string[], stage: Stage): Promise<number> => {
  try {
    const { outcome, json } = await dispatch(words, stage);
    await print(outcome, json, stage);
    return exitCodes[outcome.exit ?? 'ok'].code;
  } catch (error) {
    const { exit, message } = describeFailure(error, stage.signal);
    stage.say(message);
    return exitCodes[exit].code;
  }
};

const dispatch = async ([name, ...words]: readonly string[], stage: Stage): Promise<{ outcome: Outcome; json: boolean }> => {
  if (name === undefined || name === '--help' || name === '-h') return { outcome: await listCommands(stage.commands, name === undefined), json: false };
  const command = await commandOf(name === '--version' ? 'version' : name, stage.commands);
  const given = parseWords(words, command.options);
  if (given.flag('help')) return { outcome: { text: commandHelp(command), json: undefined }, json: false };
  const call: Call = { given, cwd: stage.cwd, report: stage.report, write: stage.write, say: stage.say, signal: stage.signal, commands: stage.commands, input: stage.input };
  const outcome = await (command.needs === 'store' ? inStore(command, words, { stage, call }) : command.run(call));
  return { outcome, json: given.flag('json') };
};

const inStore = async (command: StoreCommand, words: readonly string[], { stage, call }: { stage: Stage; call: Call }): Promise<Outcome> => {
  const done = await command.before?.(call);
  if (done !== undefined) return done;
  const secret = command.takesSecret?.(call) === true ? await readSecret(stage.input, stage.say) : undefined;
  return stage.withStore(command, words, { ...call, secret });
};

/** Returns the command; throws a usage error with the near name for one that is not there. */
export const commandOf = async (name: string, commands: CommandTable): Promise<Command> => {
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load !== undefined) return load();
  const near = nearName(name, Object.keys(commands));
  throw usageError(`There is no command "${name}".${near === undefined ? '' : ` Did you mean "${near}"?`} "concierge --help" lists them.`);
};

/** Returns the list of commands; without any word on the command line that is a wrong usage. */
const listCommands = async (commands: CommandTable, wrong: boolean): Promise<Outcome> => {
  const all = await loadAll(commands);
  return { ...(wrong ? { exit: 'usage' } : {}), text: generalHelp(all), json: undefined };
};

/** Returns all commands in the order of the table. */
export const loadAll = (commands: CommandTable): Promise<Command[]> => Promise.all(Object.values(commands).map((load) => load()));

const print = async ({ text, json: value }: Outcome, json: boolean, { write }: Stage): Promise<void> => {
  if (json) await write(`${JSON.stringify(value ?? null)}\n`);
  else if (text !== '') await write(`${text}\n`);
};

/** Returns how a failed command ends and what the operator is told. */
export const describeFailure = (error: unknown, signal: AbortSignal): { exit: ExitName; message: string } => {
  if (error instanceof CommandError) return { exit: error.exit, message: error.message };
  if (error instanceof ConfigError) return { exit: 'settings', message: error.message };
  if (signal.aborted && !(signal.reason instanceof Crash)) return { exit: 'interrupted', message: 'Interrupted.' };
  return { exit: 'failed', message: error instanceof Error ? error.message : String(error) };
};
