/**
 * Reads an implementation guide from its package (https://confluence.hl7.org/display/FHIR/NPM+Package+Specification), a
 * gzipped tar from a stranger: nothing is ever written by the names in it, and what it may cost is bounded.
 */
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract, type Extract } from 'tar-stream';

type JsonObject = Readonly<Record<string, unknown>>;

export interface GuidePackage {
  readonly name: string;
  readonly version: string;
  readonly title: string;
  /** The resources of the guide itself; its examples are left out. */
  readonly resources: readonly JsonObject[];
}

/** The package is refused; the message says what is wrong with it. */
export class PackageError extends Error {}

export interface PackageLimits {
  readonly files: number;
  /** Of one file, and of all together, unpacked. */
  readonly fileBytes: number;
  readonly bytes: number;
}

export const packageLimits: PackageLimits = { files: 50_000, fileBytes: 64 * 1024 ** 2, bytes: 768 * 1024 ** 2 };

/** Returns the guide in a package; throws PackageError. */
export const readPackage = async (packed: Readable | Buffer, limits: PackageLimits = packageLimits): Promise<GuidePackage> => {
  const files = new Map<string, Buffer>();
  const unpack = extract();
  const source = Buffer.isBuffer(packed) ? Readable.from([packed]) : packed;
  const unzipped = createGunzip();
  source.on('error', (error) => unzipped.destroy(error)).pipe(unzipped);
  try {
    // The first fault counts; what the other half makes of the end it is brought to does not.
    await Promise.all([readEntries(unpack, files, limits), feed(unpack, unzipped, limits.bytes)]);
  } catch (error) {
    throw error instanceof PackageError ? error : new PackageError('This is no gzipped tar archive, or it is cut off.', { cause: error });
  } finally {
    for (const stream of [source, unzipped, unpack]) stream.destroy();
  }
  return guideIn(files);
};

/** Passes bytes on until there are too many: an archive of kilobytes can unpack to terabytes. */
const feed = async (unpack: Extract, chunks: AsyncIterable<Buffer>, most: number): Promise<void> => {
  let passed = 0;
  for await (const chunk of chunks) {
    passed += chunk.length;
    if (passed > most) throw new PackageError(`The package unpacks to more than ${String(most)} bytes.`);
    if (unpack.write(chunk)) continue;
    await room(unpack);
    if (unpack.destroyed) return;
  }
  unpack.end(undefined);
};

const room = (unpack: Extract): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      unpack.off('drain', done).off('close', done);
      resolve();
    };
    unpack.once('drain', done).once('close', done);
  });

const readEntries = async (unpack: Extract, files: Map<string, Buffer>, limits: PackageLimits): Promise<void> => {
  let count = 0;
  for await (const entry of unpack) {
    const { name, type, size } = entry.header;
    count += 1;
    checkEntry(name, type);
    if (count > limits.files) throw new PackageError(`The package has more than ${String(limits.files)} files.`);
    if (size > limits.fileBytes) throw new PackageError(`${shown(name)} is larger than ${String(limits.fileBytes)} bytes.`);
    if (type === 'directory' || !/^package\/[^/]+\.json$/.test(name)) {
      entry.resume();
      continue;
    }
    if (files.has(name)) throw new PackageError(`${shown(name)} is in the package twice.`);
    const parts: Buffer[] = [];
    for await (const part of entry) parts.push(part as Buffer);
    files.set(name, Buffer.concat(parts));
  }
};

const shown = (name: string): string => JSON.stringify(name.slice(0, 120));

/** Names are never used as paths here; one that would lead out of a folder tells of an attack all the same. */
const checkEntry = (name: string, type: string): void => {
  if (type !== 'file' && type !== 'contiguous-file' && type !== 'directory') throw new PackageError(`${shown(name)} is a ${type}; a package has plain files only.`);
  const isOutside = name.startsWith('/') || name.includes('\\') || /^[A-Za-z]:/.test(name) || name.split('/').includes('..') || name.includes('\0');
  if (isOutside) throw new PackageError(`${shown(name)} leads out of the package.`);
};

const objectIn = (name: string, content: Buffer): JsonObject => {
  let value: unknown;
  try {
    value = JSON.parse(content.toString('utf8').replace(/^\ufeff/, ''));
  } catch (cause) {
    throw new PackageError(`${shown(name)} is not JSON.`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new PackageError(`${shown(name)} is not a JSON object.`);
  return value as JsonObject;
};

const nameForm = /^[a-z0-9][a-z0-9.-]{0,99}$/i;
const versionForm = /^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$/;

const guideIn = (files: ReadonlyMap<string, Buffer>): GuidePackage => {
  const manifestFile = files.get('package/package.json');
  if (manifestFile === undefined) throw new PackageError('There is no package/package.json in it.');
  const manifest = objectIn('package/package.json', manifestFile);
  const { name, version, title, fhirVersions, 'fhir-version-list': older } = manifest;
  if (typeof name !== 'string' || !nameForm.test(name)) throw new PackageError('package.json has no name of letters, digits, dots and hyphens.');
  if (typeof version !== 'string' || !versionForm.test(version)) throw new PackageError('package.json has no version.');
  const made = fhirVersions ?? older;
  if (Array.isArray(made) && !made.some((one: unknown) => typeof one === 'string' && one.startsWith('4.0'))) throw new PackageError(`${name} ${version} is made for FHIR ${made.join(', ')}, not for R4 (4.0.1).`);
  const resources = [...files].filter(([file]) => !/\/(package|\.index)\.json$/.test(file)).map(([file, content]) => objectIn(file, content));
  return { name, version, title: typeof title === 'string' ? title : name, resources: resources.filter(({ resourceType }) => typeof resourceType === 'string') };
};
