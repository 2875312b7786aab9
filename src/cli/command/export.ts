/** `concierge export --to FOLDER`: the current resources as NDJSON, one file per type (http://ndjson.org). */
import { mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { nearName } from '../../core/near-name.js';
import { sync } from '../../core/durable.js';
import { isResourceType, resourceTypes } from '../../fhir/definitions.js';
import { streamCurrent, type CurrentVersion } from '../../interaction/stream.js';
import type { Call, Session, StoreCommand } from '../command.js';
import { CommandError, usageError } from '../exit-code.js';
import { pathFrom, takeNoWords } from '../options.js';

export const exportData: StoreCommand = {
  name: 'export',
  summary: 'Writes the current resources as NDJSON, one file per type; each line is the text as it is stored.',
  usage: '',
  about: 'The files hold health data: they are readable by their owner alone. "concierge import" reads them.',
  options: {
    to: { value: 'FOLDER', needed: true, about: 'Where to; new or empty.' },
    type: { value: 'TYPE', about: 'Only resources of this type.', many: true },
  },
  needs: 'store',
  run: async (call, session) => {
    takeNoWords(call.given);
    const types = typesOf(call.given.all('type'));
    const folder = pathFrom(call, call.given.required('to'));
    await takeFolder(folder);
    const counts = await writeAll(call, session, { types, folder });
    const resources = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const lines = Object.entries(counts).map(([type, count]) => `  ${type}.ndjson  ${String(count)}`);
    return { text: [`${String(resources)} resources in ${folder}`, ...lines].join('\n'), json: { folder, resources, types: counts } };
  },
};

const typesOf = (named: readonly string[]): readonly string[] => {
  for (const type of named) {
    if (isResourceType(type)) continue;
    const near = nearName(type, resourceTypes);
    throw usageError(`"${type}" is no resource type of FHIR R4.${near === undefined ? '' : ` Did you mean ${near}?`}`);
  }
  return named.length === 0 ? resourceTypes : named;
};

const takeFolder = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0) throw new CommandError('failed', `${folder} is not empty; an export mixes with nothing.`);
};

const writeAll = async ({ report, signal }: Call, { service, viewer }: Session, { types, folder }: { types: readonly string[]; folder: string }): Promise<Record<string, number>> => {
  const { resources } = await service.store.statistics();
  const total = types.reduce((sum, type) => sum + (resources[type] ?? 0), 0);
  const counts: Record<string, number> = {};
  let done = 0;
  for (const type of types) {
    const count = await writeType(join(folder, `${type}.ndjson`), streamCurrent(service, viewer, { types: [type], signal }), (lines) => {
      report({ what: 'resources', done: done + lines, total: Math.max(total, done + lines) });
    });
    done += count;
    if (count > 0) counts[type] = count;
  }
  await sync(folder);
  return counts;
};

/** Returns how many lines were written; without any there is no file. */
const writeType = async (path: string, pages: AsyncIterable<readonly CurrentVersion[]>, onPage: (lines: number) => void): Promise<number> => {
  let file: Awaited<ReturnType<typeof open>> | undefined;
  let lines = 0;
  try {
    for await (const page of pages) {
      file ??= await open(path, 'wx', 0o600);
      await file.writeFile(page.map(({ body }) => `${oneLine(body)}\n`).join(''));
      lines += page.length;
      onPage(lines);
    }
    await file?.sync();
  } finally {
    await file?.close();
  }
  return lines;
};

/** The text of a version may hold line breaks between its members, never inside a string. */
const oneLine = (body: string): string => (/[\r\n]/.test(body) ? body.replace(/[\r\n]+/g, ' ') : body);
