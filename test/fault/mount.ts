/** A small file system of its own in a file, where the machine lets us mount one. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Disk {
  readonly image: string;
  readonly folder: string;
}

const run = (command: string, ...args: string[]): void => { execFileSync(command, args, { stdio: 'pipe' }); };

/** Returns a new ext4 file system, mounted. */
export const makeDisk = (root: string, name: string, megabytes: number): Disk => {
  const image = join(root, `${name}.img`);
  writeFileSync(image, '');
  truncateSync(image, megabytes * 1024 ** 2);
  run('mkfs.ext4', '-q', '-F', image);
  return mountImage(root, name, image);
};

/** Mounts an image. */
export const mountImage = (root: string, name: string, image: string): Disk => {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  run('mount', '-o', 'loop', image, folder);
  return { image, folder };
};

/** What the disk has at this moment: what was not written through is not in it, as after a power cut. */
export const copyImage = ({ image }: Disk, to: string): void => { copyFileSync(image, to); };

export const unmount = ({ folder }: Disk): void => { run('umount', '-l', folder); };

/** Why no file system can be mounted here; undefined when it can. */
export const cannotMount = (): string | undefined => {
  const root = mkdtempSync(join(tmpdir(), 'concierge-mount-'));
  try {
    unmount(makeDisk(root, 'try', 8));
    return undefined;
  } catch (error) {
    return `no loop device can be mounted here (${String(error).split('\n')[0] ?? ''})`;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
};
