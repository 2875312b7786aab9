/** Loads the sample clinic into an empty store, once; an interrupted load goes on where it stopped. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemViewer } from '../access/viewer.js';
import type { Core } from '../compose/core.js';
import { makeBreather } from '../core/breathe.js';
import { toInstant } from '../core/clock.js';
import { systemCode } from '../core/system-code.js';
import { perform } from '../interaction/perform.js';
import { clinicGroups, groupBundle, notableIds } from '../sample/generate.js';
import type { SampleOptions } from '../sample/world.js';
import type { Call } from './command.js';
import { openDemoAccess } from './demo-access.js';

const patients = 200;
const seed = 1;

interface DemoNote extends SampleOptions {
  /** Groups that are stored. */
  readonly groups: number;
  readonly complete: boolean;
}

/** Resolves with lines about the clinic, when it is loaded; with one line when the store has other content. */
export const loadDemo = async (core: Core, call: Call): Promise<readonly string[]> => {
  const { store, clock } = core.service;
  const path = join(core.config.dataDir, 'demo.json');
  const kept = await readNote(path);
  if (kept === undefined && (await store.statistics()).seq > 0) return ['  The store is not empty: the sample clinic was not loaded.'];
  const note = kept ?? { patients, seed, today: toInstant(clock.now()).slice(0, 10), groups: 0, complete: false };
  if (!note.complete) await load(core, call, { note, path });
  const { patient, clinician } = notableIds(note);
  const access = core.config.auth === 'open' ? [] : await openDemoAccess(core, { patient, clinician });
  return [...access, ...aboutClinic(core, note)];
};

const readNote = async (path: string): Promise<DemoNote | undefined> => {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as DemoNote;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
};

/** A note is whole or the one before. */
const writeNote = async (path: string, note: DemoNote): Promise<void> => {
  await writeFile(`${path}.new`, JSON.stringify(note));
  await rename(`${path}.new`, path);
};

const load = async ({ service }: Core, { report, signal }: Call, { note, path }: { note: DemoNote; path: string }): Promise<void> => {
  const viewer = systemViewer('demo');
  const breathe = makeBreather();
  let [group, done] = [0, 0];
  await writeNote(path, note);
  for (const { kind, resources } of clinicGroups(note)) {
    if (signal.aborted) return;
    group += 1;
    if (kind === 'patient') done += 1;
    if (group <= note.groups) continue;
    const text = groupBundle({ kind, resources });
    await perform(service, viewer, {
      interaction: 'batch-or-transaction', params: [], conditions: {}, prefer: { return: 'minimal' }, payload: { text, format: 'json' }, requestId: service.ids.request(),
    });
    await writeNote(path, { ...note, groups: group });
    report({ what: 'patients of the sample clinic', done, total: note.patients });
    await breathe();
  }
  await writeNote(path, { ...note, groups: group, complete: true });
};

/** Whom to look at first. */
const aboutClinic = ({ service, config }: Core, note: SampleOptions): string[] => {
  const { patient, patientName, medicalRecordNumber, clinician, clinicianName } = notableIds(note);
  const { baseUrl } = service.options;
  const curl = config.auth === 'open' ? 'curl' : 'curl -H "Authorization: Bearer $TOKEN"';
  return [
    `  The sample clinic has ${String(note.patients)} patients and two years of records. To begin with:`,
    `    ${patientName}, number ${medicalRecordNumber}`,
    `      ${curl} ${baseUrl}/${patient}`,
    `      ${curl} '${baseUrl}/Observation?patient=${patient}&_sort=-date&_count=3'`,
    `    ${clinicianName}, who sees them`,
    `      ${curl} '${baseUrl}/Appointment?actor=${clinician}&status=booked'`,
  ];
};
