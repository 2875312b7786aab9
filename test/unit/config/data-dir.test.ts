/** The data folder and the secrets in it. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keptSecret, prepareDataDir } from '../../../src/config/data-dir.js';

let folder = '';
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'data-dir-')); });
afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

describe('prepareDataDir', () => {
  it('makes the folder for its owner alone', async () => {
    const path = join(folder, 'a', 'b');
    expect(await prepareDataDir(path)).toBeUndefined();
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it('leaves a folder that is there as it is, and warns when others may look into it', async () => {
    const path = join(folder, 'open');
    mkdirSync(path);
    chmodSync(path, 0o755);
    expect(await prepareDataDir(path)).toContain('chmod 700');
    expect(statSync(path).mode & 0o777).toBe(0o755);
  });
});

describe('keptSecret', () => {
  it('is made once, the same for everyone who comes at the same time, and leaves nothing else behind', async () => {
    const secrets = await Promise.all(Array.from({ length: 20 }, () => keptSecret(folder, 'secret')));
    expect(new Set(secrets).size).toBe(1);
    expect(secrets[0]).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await keptSecret(folder, 'secret')).toBe(secrets[0]);
    expect(readdirSync(folder)).toEqual(['secret']);
    expect(statSync(join(folder, 'secret')).mode & 0o777).toBe(0o600);
  });

  it('refuses a file that holds none', async () => {
    writeFileSync(join(folder, 'secret'), 'short\n');
    await expect(keptSecret(folder, 'secret')).rejects.toThrow('remove it to have a new one made');
    expect(readFileSync(join(folder, 'secret'), 'utf8')).toBe('short\n');
  });
});
