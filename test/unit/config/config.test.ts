import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load, loadAll } from 'js-yaml';
import { packageRoot } from '../../../src/core/package-root.js';
import { checks, isLoopback } from '../../../src/config/check.js';
import { settingsMarkdown } from '../../../src/config/markdown.js';
import { ConfigError, fhirBase, readConfig, servingChecks, type Environment } from '../../../src/config/read.js';
import { settings } from '../../../src/config/table.js';
import { bytes, httpUrl, integer, words } from '../../../src/config/value.js';

const faultsOf = (environment: Environment): readonly string[] => {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
};

describe('reading the settings', () => {
  it('takes the documented defaults', () => {
    const config = readConfig({ AUTH: 'open' });
    expect(config).toMatchObject({ port: 8080, host: '127.0.0.1', baseUrl: undefined, storeUrl: 'sqlite:', auth: 'open', clientIds: true, conditionalDelete: 'single', referentialIntegrity: 'warn', maxBodyBytes: 33_554_432 });
    expect(config.dataDir.endsWith('/data')).toBe(true);
  });

  it('prefers the environment to the defaults of a command, and those to the table', () => {
    const defaults = { AUTH: 'open', PORT: '9000', PAGE_SIZE: '5' };
    expect(readConfig({ PORT: '9001' }, { defaults })).toMatchObject({ auth: 'open', port: 9001, pageSize: 5 });
  });

  it('reads an empty or blank variable as absent', () => {
    expect(readConfig({ AUTH: 'open', PORT: '', HOST: '  ' })).toMatchObject({ port: 8080, host: '127.0.0.1' });
  });

  it('names every wrong value at once and what is allowed', () => {
    const faults = faultsOf({ AUTH: 'none', PORT: '80800', CLIENT_IDS: 'yes', MAX_BODY_BYTES: '1t', BASE_URL: 'example.org', HOST: 'a b' });
    expect(faults).toHaveLength(6);
    for (const name of ['AUTH', 'PORT', 'CLIENT_IDS', 'MAX_BODY_BYTES', 'BASE_URL', 'HOST']) expect(faults.filter((fault) => fault.startsWith(`${name} must be `))).toHaveLength(1);
    expect(faults.join()).toContain('0 to 65535');
    expect(faults.join()).toContain('smart, external, open');
  });

  it('does not show a secret that is too short', () => {
    const [fault = ''] = faultsOf({ AUTH: 'open', PAGE_SECRET: 'hunter2' });
    expect(fault).toContain('PAGE_SECRET');
    expect(fault).not.toContain('hunter2');
  });

  it('leaves serving checks out for commands that serve nobody', () => {
    expect(readConfig({}).auth).toBe('smart');
    expect(readConfig({ HOST: '0.0.0.0' }, { without: servingChecks }).auth).toBe('smart');
    expect(() => readConfig({ HOST: '0.0.0.0' })).toThrow(ConfigError);
  });
});

describe('named checks', () => {
  const cases: readonly (readonly [name: string, environment: Environment, text: string])[] = [
    ['auth-open-is-local', { AUTH: 'open', HOST: '0.0.0.0' }, 'HOST=127.0.0.1'],
    ['auth-open-is-local', { AUTH: 'open', HOST: '::' }, 'loopback'],
    ['auth-open-is-local', { AUTH: 'open', HOST: 'localhost.example.org' }, 'loopback'],
    ['auth-open-is-local', { AUTH: 'open', HOST: '127.0.0.1.example.org' }, 'loopback'],
    ['auth-smart-has-address', { AUTH: 'smart', HOST: '0.0.0.0' }, 'BASE_URL'],
    ['audit-stays-on', { AUTH: 'smart', AUDIT: 'off' }, 'AUDIT=on'],
    ['auth-external-has-issuer', { AUTH: 'external' }, 'EXTERNAL_ISSUER'],
    ['sign-in-elsewhere-has-client', { AUTH: 'smart', SIGN_IN_ISSUER: 'https://id.example' }, 'SIGN_IN_CLIENT_ID'],
    ['mailbox-is-local', { AUTH: 'smart', BASE_URL: 'https://x.example', HOST: '0.0.0.0', MAILBOX: 'true' }, 'loopback'],
    ['registration-approved-has-token', { REGISTRATION: 'approved' }, 'REGISTRATION_TOKEN'],
    ['store-is-known', { AUTH: 'open', STORE_URL: 'postgres://x' }, 'sqlite:'],
    ['several-processes-share-mongodb', { AUTH: 'open', WORKERS: '2' }, 'STORE_URL=mongodb'],
    ['several-processes-share-mongodb', { AUTH: 'open', ROLE: 'worker' }, 'embedded store'],
    ['data-dir-is-a-folder', { AUTH: 'open', DATA_DIR: 'package.json' }, 'folder'],
    ['pages-fit', { AUTH: 'open', PAGE_SIZE: '50', MAX_PAGE_SIZE: '40' }, 'MAX_PAGE_SIZE'],
  ];
  for (const [name, environment, text] of cases) {
    it(`${name} refuses ${JSON.stringify(environment)}`, () => {
      const faults = faultsOf(environment);
      expect(faults).toHaveLength(1);
      expect(faults[0]).toContain(`(${name})`);
      expect(faults[0]).toContain(text);
    });
  }

  it('each has a case above', () => {
    expect(new Set(cases.map(([name]) => name))).toEqual(new Set(checks.map(({ name }) => name)));
  });

  it('knows loopback', () => {
    expect(['127.0.0.1', '127.3.2.1', '::1', 'localhost', 'LOCALHOST'].map(isLoopback)).toEqual([true, true, true, true, true]);
    expect(['0.0.0.0', '10.0.0.1', '::', '1127.0.0.1', 'example.org', '127.0.0.1x'].some(isLoopback)).toBe(false);
  });
});

describe('values', () => {
  it('reads numbers of bytes with units', () => {
    expect(['1024', '64k', '32M', '1g'].map(bytes(1, 1024 ** 3).read)).toEqual([1024, 65_536, 33_554_432, 1_073_741_824]);
    for (const wrong of ['', '-1', '1.5m', '2g', 'k']) expect(() => bytes(1, 1024 ** 3).read(wrong)).toThrow(RangeError);
  });
  it('reads whole numbers only', () => {
    expect(integer(0, 100_000).read('10_000')).toBe(10_000);
    for (const wrong of ['', '1.0', '0x10', '1e3', ' 1', '-1', '100001']) expect(() => integer(0, 100_000).read(wrong)).toThrow(RangeError);
  });
  it('reads a base URL without its last slash', () => {
    expect(httpUrl.read('https://fhir.example.org/r4/')).toBe('https://fhir.example.org/r4');
    for (const wrong of ['ftp://x', 'https://u:p@x', 'https://x?y', '//x', 'https://x#y']) expect(() => httpUrl.read(wrong)).toThrow(RangeError);
  });
  it('reads words', () => {
    expect(words.read(' https://a.example , *,')).toEqual(['https://a.example', '*']);
  });
});

describe('the address', () => {
  it('is made from host and port, or is the one set', () => {
    expect(fhirBase({ baseUrl: undefined, host: '127.0.0.1' }, 8080)).toBe('http://127.0.0.1:8080/fhir');
    expect(fhirBase({ baseUrl: undefined, host: '::1' }, 81)).toBe('http://[::1]:81/fhir');
    expect(fhirBase({ baseUrl: 'https://x.example', host: '::1' }, 81)).toBe('https://x.example/fhir');
  });
});

describe('the documentation of settings', () => {
  it('has a row for every setting, under its group, and defaults that are allowed', () => {
    const text = settingsMarkdown();
    for (const { env, about, fallback, read } of Object.values(settings)) {
      expect(text.split('\n').filter((line) => line.startsWith(`| \`${env}\` |`))).toHaveLength(1);
      expect(about).toMatch(/\.$/);
      expect(() => read(fallback)).not.toThrow();
    }
    expect(text.match(/^### /gm)).toHaveLength(6);
    const names = Object.values(settings).map(({ env }) => env);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('compose.yaml', () => {
  it('starts its servers with settings that are taken', () => {
    const { services } = load(readFileSync(join(packageRoot, 'compose.yaml'), 'utf8')) as { services: Record<string, { environment?: Record<string, string> }> };
    const servers = Object.entries(services).filter(([, { environment }]) => environment !== undefined);
    expect(servers.map(([name]) => name)).toEqual(['api', 'worker']);
    for (const [, { environment = {} }] of servers) {
      const filled = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value.startsWith('${') ? (name === 'BASE_URL' ? 'https://fhir.example.org' : 'k'.repeat(64)) : value]));
      expect(faultsOf(filled)).toEqual([]);
    }
  });
});

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly serviceName?: string;
    readonly selector?: Readonly<Record<string, unknown>>;
    readonly template?: { readonly metadata: { readonly labels: unknown }; readonly spec: { readonly containers: readonly [Container] } };
    readonly rules?: readonly { readonly http: { readonly paths: readonly { readonly path: string; readonly backend: { readonly service: { readonly name: string } } }[] } }[];
  };
}

interface Container {
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly envFrom: readonly unknown[];
  readonly livenessProbe: { readonly httpGet: { readonly path: string } };
  readonly readinessProbe: { readonly httpGet: { readonly path: string } };
}

describe('examples/kubernetes', () => {
  const text = readFileSync(join(packageRoot, 'examples', 'kubernetes', 'concierge.yaml'), 'utf8');
  const manifests = loadAll(text) as Manifest[];
  const ofKind = (kind: string): Manifest[] => manifests.filter((manifest) => manifest.kind === kind);

  it('starts its servers with settings that are taken, the secrets of its first lines among them', () => {
    const [config] = ofKind('ConfigMap');
    const secret = Object.fromEntries([...text.matchAll(/--from-literal=(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value.startsWith("'") ? value.slice(1, -1) : 'k'.repeat(64)]));
    expect(Object.keys(secret)).toEqual(['STORE_URL', 'PAGE_SECRET', 'AUTH_KEY', 'AUDIT_KEY']);
    const known = new Set(Object.values(settings).map(({ env }): string => env));
    const roles = ofKind('StatefulSet').map(({ spec }) => {
      const container = spec?.template?.spec.containers[0];
      expect(container?.envFrom).toEqual([{ configMapRef: { name: 'concierge' } }, { secretRef: { name: 'concierge' } }]);
      expect([container?.livenessProbe.httpGet.path, container?.readinessProbe.httpGet.path]).toEqual(['/healthz', '/readyz']);
      const environment = { ...config?.data, ...secret, ...Object.fromEntries(container?.env.map(({ name, value }) => [name, value]) ?? []) };
      expect(Object.keys(environment).filter((name) => !known.has(name))).toEqual([]);
      expect(faultsOf(environment)).toEqual([]);
      return environment['ROLE'];
    });
    expect(roles).toEqual(['api', 'worker']);
  });

  it('names servers and services that are there, and opens no page of the operator to the world', () => {
    const services = ofKind('Service').map(({ metadata }) => metadata.name);
    for (const { spec } of ofKind('StatefulSet')) {
      expect(services).toContain(spec?.serviceName);
      expect(spec?.selector?.['matchLabels']).toEqual(spec?.template?.metadata.labels);
    }
    expect(ofKind('Service').find(({ metadata }) => metadata.name === 'concierge')?.spec?.selector).toEqual({ app: 'concierge', role: 'api' });
    const paths = ofKind('Ingress').flatMap(({ spec }) => spec?.rules ?? []).flatMap(({ http }) => http.paths);
    expect(paths.map(({ path, backend }) => [path, backend.service.name])).toEqual([['/fhir', 'concierge'], ['/oauth', 'concierge'], ['/.well-known', 'concierge']]);
  });
});
