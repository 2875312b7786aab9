/** Reads the environment: the only place that does. Wrong values refuse to start, all of them named at once. */
import { checks, type Check } from './check.js';
import { settings, type Config, type SettingName } from './table.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What is wrong with the settings, each as one line that names the setting or the check. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`The settings are wrong:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

export interface ReadOptions {
  /** Values that come before the environment's: options of the command line. */
  readonly given?: Environment | undefined;
  /** Values for variables the environment does not set; the table's own come after these. */
  readonly defaults?: Environment | undefined;
  /** Checks to leave out, for commands that serve nobody. */
  readonly without?: readonly string[] | undefined;
}

const given = (environment: Environment | undefined, name: string): string | undefined => {
  const text = environment?.[name]?.trim();
  return text === '' ? undefined : text;
};

/** Returns the settings; throws a ConfigError with everything that is wrong. */
export const readConfig = (environment: Environment = process.env, { given: first, defaults, without = [] }: ReadOptions = {}): Config => {
  const faults: string[] = [];
  const values = Object.entries(settings).map(([name, { env, fallback, read }]) => {
    const text = given(first, env) ?? given(environment, env) ?? given(defaults, env) ?? fallback;
    try {
      return [name, read(text)];
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      faults.push(`${env} ${error.message}, not "${settings[name as SettingName].hidden ? '(hidden)' : text}".`);
      return [name, undefined];
    }
  });
  if (faults.length > 0) throw new ConfigError(faults);
  const config = Object.fromEntries(values) as Config;
  const broken = checks.filter(({ name }) => !without.includes(name)).flatMap((check) => lineOf(check, config));
  if (broken.length > 0) throw new ConfigError(broken);
  return config;
};

const lineOf = ({ name, fault }: Check, config: Config): string[] => {
  const text = fault(config);
  return text === undefined ? [] : [`${text} (${name})`];
};

/** Checks that ask who may come in; commands of the operator on the machine itself leave them out. */
export const servingChecks = ['auth-open-is-local', 'auth-smart-has-address', 'auth-external-has-issuer'] as const;

/** Returns the base of absolute URLs once the port is known: `http://host:port/fhir`. */
export const fhirBase = ({ baseUrl, host }: Pick<Config, 'baseUrl' | 'host'>, port: number): string => {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${baseUrl ?? `http://${name}:${String(port)}`}/fhir`;
};
