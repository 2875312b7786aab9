/** Packages of implementation guides: what is read, what is refused, and what a server keeps of them. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from '@jest/globals';
import { pack, type Header } from 'tar-stream';
import { dropGuide, keepGuide, openGuides } from '../../../../src/fhir/package/kept.js';
import { PackageError, readPackage, packageLimits } from '../../../../src/fhir/package/read.js';

const manifest = { name: 'example.guide', version: '1.0.0', title: 'Example', fhirVersions: ['4.0.1'] };
const structure = { resourceType: 'StructureDefinition', url: 'http://example.org/p', name: 'P', type: 'Patient', kind: 'resource', derivation: 'constraint', baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient', differential: { element: [{ id: 'Patient.birthDate', path: 'Patient.birthDate', min: 1 }] }, text: { div: 'long' } };

type Entry = readonly [header: Partial<Header> & { readonly name: string }, content: string];
const file = (name: string, value: unknown): Entry => [{ name }, typeof value === 'string' ? value : JSON.stringify(value)];
const packed = async (...entries: readonly Entry[]): Promise<Buffer> => {
  const tar = pack();
  for (const [header, content] of entries) tar.entry(header, content);
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const part of tar) parts.push(part as Buffer);
  return gzipSync(Buffer.concat(parts));
};
const whole = [file('package/package.json', manifest), file('package/StructureDefinition-p.json', structure), file('package/ValueSet-v.json', { resourceType: 'ValueSet', url: 'http://example.org/v' })];

describe('a package', () => {
  it('gives its resources, without examples and what is no FHIR', async () => {
    const guide = await readPackage(await packed(...whole, file('package/example/Patient-x.json', { resourceType: 'Patient' }), file('package/.index.json', {}), file('package/other/x.txt', 'x')));
    expect(guide).toMatchObject({ name: 'example.guide', version: '1.0.0', title: 'Example' });
    expect(guide.resources.map(({ resourceType }) => resourceType)).toEqual(['StructureDefinition', 'ValueSet']);
  });

  it.each<[string, readonly Entry[], string]>([
    ['a path that leads out', [file('package/../../etc/x.json', {})], 'leads out of the package'],
    ['an absolute path', [file('/etc/x.json', {})], 'leads out of the package'],
    ['a path with backslashes', [file('package\\..\\x.json', {})], 'leads out of the package'],
    ['a sibling folder by its prefix', [file('package/../package-evil/x.json', {})], 'leads out of the package'],
    ['a symbolic link', [[{ name: 'package/x.json', type: 'symlink', linkname: '/etc/passwd' }, '']], 'is a symlink'],
    ['a hard link', [[{ name: 'package/x.json', type: 'link', linkname: 'package/package.json' }, '']], 'is a link'],
    ['a device', [[{ name: 'package/x.json', type: 'character-device' }, '']], 'is a character-device'],
    ['a file twice', [file('package/package.json', manifest), file('package/package.json', manifest)], 'twice'],
    ['no manifest', [file('package/StructureDefinition-p.json', structure)], 'no package/package.json'],
    ['a name that is a path', [file('package/package.json', { ...manifest, name: '../x' })], 'no name'],
    ['no version', [file('package/package.json', { name: 'x' })], 'no version'],
    ['another FHIR', [file('package/package.json', { ...manifest, fhirVersions: ['5.0.0'] })], 'made for FHIR 5.0.0'],
    ['a file that is not JSON', [...whole, file('package/X-y.json', '{')], 'is not JSON'],
    ['a file that is no object', [...whole, file('package/X-y.json', '[]')], 'not a JSON object'],
  ])('with %s is refused', async (_what, entries, message) => {
    await expect(readPackage(await packed(...entries))).rejects.toThrow(message);
    await expect(readPackage(await packed(...entries))).rejects.toBeInstanceOf(PackageError);
  });

  it('that unpacks to more than allowed, has too many or too large files is refused', async () => {
    const bomb = await packed(...whole, file('package/other/x.txt', ' '.repeat(5_000_000)));
    expect(bomb.length).toBeLessThan(20_000);
    await expect(readPackage(bomb, { ...packageLimits, bytes: 1_000_000 })).rejects.toThrow('unpacks to more than');
    await expect(readPackage(bomb, { ...packageLimits, fileBytes: 1_000_000 })).rejects.toThrow('is larger than');
    await expect(readPackage(bomb, { ...packageLimits, files: 3 })).rejects.toThrow('more than 3 files');
  });

  it('that is cut or no archive at all is refused', async () => {
    const good = await packed(...whole);
    await expect(readPackage(good.subarray(0, good.length - 20))).rejects.toBeInstanceOf(PackageError);
    await expect(readPackage(Buffer.from('not a package'))).rejects.toBeInstanceOf(PackageError);
    await expect(readPackage(gzipSync('not a tar archive'))).rejects.toBeInstanceOf(PackageError);
  });
});

describe('guides that are kept', () => {
  const folder = mkdtempSync(join(tmpdir(), 'concierge-ig-'));
  afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

  it('are there again at the next start, once each', async () => {
    expect((await openGuides(join(folder, 'none'))).guides).toEqual([]);
    const guide = await readPackage(await packed(...whole));
    const head = { name: 'example.guide', version: '1.0.0', title: 'Example', profiles: 1, terminology: 1, searchParameters: 0 };
    expect(await keepGuide(folder, guide)).toEqual(head);
    await keepGuide(folder, guide);
    const kept = await openGuides(folder);
    expect(kept.guides).toMatchObject([head]);
    expect(kept.profiles()).toMatchObject([{ url: 'http://example.org/p', guide: 'example.guide#1.0.0', isSnapshot: false }]);
    expect(kept.terminology()).toEqual([{ resourceType: 'ValueSet', url: 'http://example.org/v' }]);
    expect(readdirSync(folder)).toEqual(['example.guide#1.0.0']);
  });

  it('can be removed', async () => {
    expect(await dropGuide(folder, { name: 'other', version: '1' })).toBe(false);
    expect(await dropGuide(folder, { name: 'example.guide', version: '1.0.0' })).toBe(true);
    expect((await openGuides(folder)).guides).toEqual([]);
  });
});
