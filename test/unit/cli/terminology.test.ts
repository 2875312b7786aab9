/** `concierge terminology`, as an operator types it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { commands } from '../../../src/cli/commands.js';
import { run } from '../../../src/cli/run.js';
import { writeLoinc } from '../../fixture/terminology-files.js';

const folder = mkdtempSync(join(tmpdir(), 'terminology-cli-'));
const before = process.env['DATA_DIR'];
process.env['DATA_DIR'] = join(folder, 'data');
afterAll(() => {
  if (before === undefined) delete process.env['DATA_DIR'];
  else process.env['DATA_DIR'] = before;
  rmSync(folder, { recursive: true });
});

const type = async (...words: string[]): Promise<{ readonly code: number; readonly out: string; readonly said: string }> => {
  let [out, said] = ['', ''];
  const code = await run(words, {
    commands, cwd: folder, report: () => undefined, write: async (text) => { out += text; }, say: (line) => { said += line; }, signal: new AbortController().signal,
    withStore: async () => { throw new Error('it needs no store'); },
  });
  return { code, out, said };
};

describe('concierge terminology', () => {
  it('imports, lists and removes', async () => {
    writeLoinc(folder);
    expect(await type('terminology', 'list')).toMatchObject({ code: 0, out: 'Nothing is imported.\n' });
    expect(await type('terminology', 'import', 'Loinc_9.99')).toMatchObject({ code: 0, out: 'LOINC 9.99: 8 concepts\n' });
    expect(JSON.parse((await type('terminology', 'list', '--json')).out)).toEqual([{ url: 'http://loinc.org', name: 'LOINC', version: '9.99', concepts: 8 }]);
    expect(await type('terminology', 'remove', 'http://loinc.org', '9.99')).toMatchObject({ code: 0 });
    expect(await type('terminology', 'list')).toMatchObject({ out: 'Nothing is imported.\n' });
  });

  it('says what is wrong', async () => {
    expect(await type('terminology', 'import')).toMatchObject({ code: 2 });
    expect(await type('terminology', 'import', 'nowhere')).toMatchObject({ code: 5, said: expect.stringContaining('is not there') });
    expect(await type('terminology', 'remove', 'http://loinc.org', '1')).toMatchObject({ code: 1, said: expect.stringContaining('is not imported') });
    expect(await type('terminology', 'frobnicate')).toMatchObject({ code: 2 });
  });
});
