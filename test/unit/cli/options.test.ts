/** How the words after a command's name are read. */
import { describe, expect, it } from '@jest/globals';
import { CommandError } from '../../../src/cli/exit-code.js';
import { parseWords, takeNoWords, type OptionTable } from '../../../src/cli/options.js';

const table: OptionTable = { to: { value: 'FILE', about: '' }, redirect: { value: 'URI', about: '', many: true }, force: { about: '' }, patients: { value: 'N', about: '' } };
const wrong = (words: readonly string[]): string => {
  try {
    parseWords(words, table);
  } catch (error) {
    if (error instanceof CommandError && error.exit === 'usage') return error.message;
    throw error;
  }
  throw new Error('it was not refused');
};

describe('parseWords', () => {
  it('reads values after a space and after an equals sign, flags, repeated options and plain words', () => {
    const given = parseWords(['a', '--to', 'x', '--force', '--redirect=http://h/?a=b', '--redirect', '-', 'b', '--json'], table);
    expect(given.words).toEqual(['a', 'b']);
    expect(given.text('to')).toBe('x');
    expect(given.all('redirect')).toEqual(['http://h/?a=b', '-']);
    expect([given.flag('force'), given.flag('json'), given.flag('help')]).toEqual([true, true, false]);
  });

  it('takes everything after -- as words', () => {
    expect(parseWords(['--', '--to', '-h'], table).words).toEqual(['--to', '-h']);
  });

  it.each([
    [['--forse'], 'There is no option --forse. Did you mean --force?'],
    [['-to', 'x'], 'There is no option -to. Did you mean --to?'],
    [['--constructor'], 'There is no option --constructor.'],
    [['--to'], '--to needs a value: --to FILE.'],
    [['--to', '--force'], '--to needs a value: --to FILE.'],
    [['--force=yes'], '--force takes no value.'],
    [['--to', 'a', '--to', 'b'], '--to is given twice.'],
  ])('refuses %j', (words, message) => {
    expect(wrong(words)).toBe(message);
  });

  it('demands what is required and whole numbers that are in bounds', () => {
    expect(() => parseWords([], table).required('to')).toThrow('--to FILE is needed.');
    expect(parseWords([], table).whole('patients', { low: 1, fallback: 200 })).toBe(200);
    expect(parseWords(['--patients', '12'], table).whole('patients', { low: 1, fallback: 200 })).toBe(12);
    for (const text of ['0', '1.5', 'x', '']) expect(() => parseWords([`--patients=${text}`], table).whole('patients', { low: 1, fallback: 1 })).toThrow('whole number');
    expect(() => takeNoWords(parseWords(['a'], table))).toThrow('"a" is one word too many.');
  });
});
