/** `concierge terminology import|list|remove`: code systems that come as files of their own, LOINC and SNOMED CT. */
import { mkdir, rm } from 'node:fs/promises';
import { prepareDataDir } from '../../config/data-dir.js';
import { readConfig, servingChecks } from '../../config/read.js';
import { conceptFile, openTerminologyFolder, terminologyFolder } from '../../terminology/file/folder.js';
import { findTasks, type Task } from '../../terminology/import/find-files.js';
import { ImportFault } from '../../terminology/import/lines.js';
import type { Call, Outcome, PlainCommand } from '../command.js';
import { CommandError, usageError } from '../exit-code.js';
import { pathFrom } from '../options.js';

const importFiles = async (dataDir: string, call: Call): Promise<Outcome> => {
  const { given } = call;
  const paths = given.words.slice(1).map((path) => pathFrom(call, path));
  if (paths.length === 0) throw usageError('Say what to import: concierge terminology import FILE|DIR');
  try {
    const tasks = findTasks(paths, { version: given.text('version'), edition: given.text('edition') });
    await prepareDataDir(dataDir);
    const folder = terminologyFolder(dataDir);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const done = [];
    for (const task of tasks) done.push(await importOne(task, folder, call));
    return { text: done.map(({ name, version, concepts }) => `${name} ${version}: ${String(concepts)} concepts`).join('\n'), json: done };
  } catch (error) {
    throw error instanceof ImportFault ? new CommandError('refused', error.message, { cause: error }) : error;
  }
};

const importOne = async ({ url, name, version, run }: Task, folder: string, { report, signal }: Call): Promise<{ readonly url: string; readonly name: string; readonly version: string; readonly concepts: number }> => {
  const what = `${name} concepts`;
  report({ what, done: 0, share: 0 });
  const concepts = await run({ to: conceptFile(folder, { url, version }), signal, report: (share) => report({ what, done: 0, share }) });
  return { url, name, version, concepts };
};

const list = (dataDir: string): Outcome => {
  const folder = openTerminologyFolder(terminologyFolder(dataDir));
  const heads = folder.heads();
  const lines = [...heads.map(({ name, version, count }) => `${name} ${version}: ${String(count)} concepts`), ...folder.faults().map((file) => `${file} cannot be read; import it again.`)];
  return { exit: folder.faults().length > 0 ? 'refused' : 'ok', text: lines.length === 0 ? 'Nothing is imported.' : lines.join('\n'), json: heads.map(({ url, name, version, count }) => ({ url, name, version, concepts: count })) };
};

const remove = async (dataDir: string, { given: { words: [, url, version, more] } }: Call): Promise<Outcome> => {
  if (url === undefined || version === undefined || more !== undefined) throw usageError('Say which code system to remove: concierge terminology remove URL VERSION');
  const path = terminologyFolder(dataDir);
  if (!openTerminologyFolder(path).versions(url).includes(version)) throw new CommandError('failed', `Version ${version} of ${url} is not imported; "concierge terminology list" names those that are.`);
  await rm(conceptFile(path, { url, version }));
  return { text: `${url} ${version} is removed.`, json: { url, version } };
};

export const terminology: PlainCommand = {
  name: 'terminology',
  summary: 'Keeps LOINC and SNOMED CT: import FILE|DIR, list, remove URL VERSION.',
  usage: 'import FILE|DIR...|list|remove URL VERSION',
  about: 'Import takes the unpacked release as it is published: a folder with Loinc.csv (and the component hierarchy and answer lists), or with the RF2 snapshots of SNOMED CT. What is made of it is kept in DATA_DIR/terminology; a server that runs knows it at once.',
  options: {
    version: { value: 'VERSION', about: 'Version of the release, where its names do not say it.' },
    edition: { value: 'SCTID', about: 'Edition of SNOMED CT, such as 731000124108; the international one is recognised.' },
  },
  needs: 'nothing',
  run: async (call) => {
    const { dataDir } = readConfig(undefined, { without: servingChecks });
    switch (call.given.words[0]) {
      case 'import':
        return importFiles(dataDir, call);
      case 'list':
        return list(dataDir);
      case 'remove':
        return remove(dataDir, call);
      default:
        throw usageError('Say what to do: import FILE|DIR, list, or remove URL VERSION.');
    }
  },
};
