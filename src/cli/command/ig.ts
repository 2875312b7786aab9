/** `concierge ig add|list|remove`: the implementation guides whose profiles and value sets the server knows. */
import { createReadStream } from 'node:fs';
import { prepareDataDir } from '../../config/data-dir.js';
import { readConfig, servingChecks } from '../../config/read.js';
import { systemCode } from '../../core/system-code.js';
import { dropGuide, guidesFolder, keepGuide, openGuides, type GuideHead } from '../../fhir/package/kept.js';
import { PackageError, readPackage, type GuidePackage } from '../../fhir/package/read.js';
import type { Call, Outcome, StoreCommand } from '../command.js';
import { askServer, connectControl } from '../control-client.js';
import { CommandError, usageError } from '../exit-code.js';
import { pathFrom } from '../options.js';

const line = ({ name, version, profiles, terminology, searchParameters }: GuideHead): string =>
  `${name} ${version}: ${String(profiles)} profiles and extensions, ${String(terminology)} value sets, code systems and concept maps, ${String(searchParameters)} search parameters`;

const read = async (file: string): Promise<GuidePackage> => {
  try {
    return await readPackage(createReadStream(file));
  } catch (error) {
    if (systemCode(error instanceof PackageError ? error.cause : error) === 'ENOENT') throw new CommandError('failed', `There is no file ${file}.`, { cause: error });
    throw error instanceof PackageError ? new CommandError('refused', `${file} was not taken: ${error.message}`, { cause: error }) : error;
  }
};

/** Keeps the guide of a package in DATA_DIR; returns what it has. Throws a CommandError for a package that is refused. */
export const addGuide = async (dataDir: string, call: Call, file: string): Promise<Outcome> => {
  const guide = await read(pathFrom(call, file));
  await prepareDataDir(dataDir);
  const head = await keepGuide(guidesFolder(dataDir), guide);
  return { text: line(head), json: head };
};

const add = async (dataDir: string, call: Call): Promise<Outcome> => {
  const [, ...files] = call.given.words;
  if (files.length === 0) throw usageError('Say which package to add: concierge ig add FILE.tgz');
  const outcomes: Outcome[] = [];
  for (const file of files) outcomes.push(await addGuide(dataDir, call, file));
  return told(dataDir, call, { text: outcomes.map(({ text }) => text).join('\n'), json: outcomes.map(({ json }) => json) });
};

/** Has the server that runs on the folder read the guides anew, so that what was done holds once the command ends. */
const told = async (dataDir: string, call: Call, outcome: Outcome): Promise<Outcome> => {
  const socket = await connectControl(dataDir);
  if (socket === undefined) return outcome;
  const { text } = await askServer(socket, { command: 'ig', args: ['reload'], cwd: call.cwd }, call);
  return { ...outcome, text: `${outcome.text}\n${text}` };
};

const list = async (dataDir: string): Promise<Outcome> => {
  const { guides } = await openGuides(guidesFolder(dataDir));
  return { text: guides.length === 0 ? 'No guide is kept.' : guides.map(line).join('\n'), json: guides };
};

const remove = async (dataDir: string, call: Call): Promise<Outcome> => {
  const [, name, version, more] = call.given.words;
  if (name === undefined || version === undefined || more !== undefined) throw usageError('Say which guide to remove: concierge ig remove NAME VERSION');
  if (!(await dropGuide(guidesFolder(dataDir), { name, version }))) throw new CommandError('failed', `There is no guide ${name} ${version}; "concierge ig list" names those there are.`);
  return told(dataDir, call, { text: `${name} ${version} is removed.`, json: { name, version } });
};

export const ig: StoreCommand = {
  name: 'ig',
  summary: 'Keeps implementation guides: add FILE.tgz, list, remove NAME VERSION, reload.',
  usage: 'add FILE...|list|remove NAME VERSION|reload',
  about: 'A package is the .tgz that a guide is published as. Its profiles, extensions, value sets and code systems are kept in DATA_DIR/ig. A server that runs knows them when the command ends; reload has it read the folder anew.',
  options: {},
  needs: 'store',
  before: async (call) => {
    const [what, more] = call.given.words;
    if (what === 'reload' && more === undefined) return undefined;
    const { dataDir } = readConfig(undefined, { without: servingChecks });
    switch (what) {
      case 'add':
        return add(dataDir, call);
      case 'list':
        return list(dataDir);
      case 'remove':
        return remove(dataDir, call);
      default:
        throw usageError('Say what to do: add FILE, list, remove NAME VERSION, or reload.');
    }
  },
  run: async (_call, { reloadGuides }) => {
    const count = await reloadGuides();
    return { text: `The server has read its guides anew: ${String(count)}.`, json: { guides: count } };
  },
};
