/** `concierge ig add|list|remove`: the implementation guides whose profiles and value sets the server knows. */
import { createReadStream } from 'node:fs';
import { prepareDataDir } from '../../config/data-dir.js';
import { readConfig, servingChecks } from '../../config/read.js';
import { systemCode } from '../../core/system-code.js';
import { dropGuide, guidesFolder, keepGuide, openGuides, type GuideHead } from '../../fhir/package/kept.js';
import { PackageError, readPackage, type GuidePackage } from '../../fhir/package/read.js';
import type { Call, Outcome, PlainCommand } from '../command.js';
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
  return { text: [...outcomes.map(({ text }) => text), 'A server that runs knows it from its next start on.'].join('\n'), json: outcomes.map(({ json }) => json) };
};

const list = async (dataDir: string): Promise<Outcome> => {
  const { guides } = await openGuides(guidesFolder(dataDir));
  return { text: guides.length === 0 ? 'No guide is kept.' : guides.map(line).join('\n'), json: guides };
};

const remove = async (dataDir: string, { given: { words: [, name, version, more] } }: Call): Promise<Outcome> => {
  if (name === undefined || version === undefined || more !== undefined) throw usageError('Say which guide to remove: concierge ig remove NAME VERSION');
  if (!(await dropGuide(guidesFolder(dataDir), { name, version }))) throw new CommandError('failed', `There is no guide ${name} ${version}; "concierge ig list" names those there are.`);
  return { text: `${name} ${version} is removed; a server that runs knows it until it stops.`, json: { name, version } };
};

export const ig: PlainCommand = {
  name: 'ig',
  summary: 'Keeps implementation guides: add FILE.tgz, list, remove NAME VERSION.',
  usage: 'add FILE...|list|remove NAME VERSION',
  about: 'A package is the .tgz that a guide is published as. Its profiles, extensions, value sets and code systems are kept in DATA_DIR/ig.',
  options: {},
  needs: 'nothing',
  run: async (call) => {
    const { dataDir } = readConfig(undefined, { without: servingChecks });
    switch (call.given.words[0]) {
      case 'add':
        return add(dataDir, call);
      case 'list':
        return list(dataDir);
      case 'remove':
        return remove(dataDir, call);
      default:
        throw usageError('Say what to do: add FILE, list, or remove NAME VERSION.');
    }
  },
};
