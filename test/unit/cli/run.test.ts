/** The dispatcher: which command runs, what is printed, how it ends. */
import { describe, expect, it } from '@jest/globals';
import type { Command, CommandTable } from '../../../src/cli/command.js';
import { commands as real } from '../../../src/cli/commands.js';
import { CommandError } from '../../../src/cli/exit-code.js';
import { run, type Stage } from '../../../src/cli/run.js';
import { makeTerminal, progressLine } from '../../../src/cli/terminal.js';

const plain = (name: string, act: () => void = () => undefined): Command => ({
  name, summary: `Does ${name}.`, usage: '', options: { deep: { about: 'Deeper.' } }, needs: 'nothing',
  run: async ({ given }) => { act(); return { text: `${name} ${String(given.flag('deep'))}`, json: { name } }; },
});
const stored: Command = { name: 'count', summary: 'Counts.', usage: 'FILE', options: {}, needs: 'store', run: async () => { throw new Error('not here'); } };

const play = async (words: readonly string[], commands: CommandTable, parts: Partial<Stage> = {}) => {
  const out: string[] = [];
  const said: string[] = [];
  const stage: Stage = {
    commands, cwd: '/', report: () => undefined, write: async (text) => { out.push(text); }, say: (line) => { said.push(line); }, signal: new AbortController().signal,
    withStore: async (command, rest) => ({ text: `${command.name}: ${rest.join(' ')}`, json: rest, exit: 'refused' }), ...parts,
  };
  return { code: await run(words, stage), out: out.join(''), said: said.join('\n') };
};
const table: CommandTable = { look: async () => plain('look'), count: async () => stored };

describe('run', () => {
  it('prints for people, and JSON on wish', async () => {
    expect(await play(['look', '--deep'], table)).toEqual({ code: 0, out: 'look true\n', said: '' });
    expect(await play(['look', '--json'], table)).toEqual({ code: 0, out: '{"name":"look"}\n', said: '' });
  });

  it('hands commands that need a store their words, and passes their exit code on', async () => {
    expect(await play(['count', 'a', '--json'], table)).toEqual({ code: 5, out: '["a","--json"]\n', said: '' });
  });

  it('names the near command and the near option', async () => {
    expect(await play(['lok'], table)).toMatchObject({ code: 2, out: '', said: expect.stringContaining('Did you mean "look"?') });
    expect(await play(['look', '--depe'], table)).toMatchObject({ code: 2, said: expect.stringContaining('Did you mean --deep?') });
    expect((await play(['toString'], table)).code).toBe(2);
  });

  it('answers --help anywhere and runs nothing then', async () => {
    let ran = false;
    const helped = await play(['look', '--help'], { look: async () => plain('look', () => { ran = true; }) });
    expect(helped.out).toMatch(/^concierge look \[--deep\]\n[^]*Does look\.[^]*--deep +Deeper\.[^]*--json/);
    expect([helped.code, ran]).toEqual([0, false]);
    expect((await play(['--help'], table)).code).toBe(0);
    expect((await play([], table))).toMatchObject({ code: 2, out: expect.stringContaining('Does look.') });
  });

  it.each([
    [new CommandError('inUse', 'Held by process 7.'), 3, 'Held by process 7.'],
    [new Error('disk gone'), 1, 'disk gone'],
  ])('says why it failed: %s', async (error, code, said) => {
    expect(await play(['look'], { look: async () => plain('look', () => { throw error; }) })).toEqual({ code, out: '', said });
  });

  it('calls an interrupted command interrupted', async () => {
    const ended = await play(['look'], { look: async () => plain('look', () => { throw new Error('aborted'); }) }, { signal: AbortSignal.abort() });
    expect(ended).toMatchObject({ code: 130, said: 'Interrupted.' });
  });
});

describe('the commands there are', () => {
  it.each(Object.entries(real))('%s is listed under its own name and answers --help', async (name, load) => {
    expect((await load()).name).toBe(name);
    const helped = await play([name, '--help'], real);
    expect(helped).toMatchObject({ code: 0, out: expect.stringContaining(`concierge ${name}`) });
  });
});

describe('progress', () => {
  it('shows share and rate', () => {
    expect(progressLine({ what: 'resources', done: 50, total: 200 }, 1_000)).toBe('[######..................]  25 %  50 of 200 resources, 50/s');
    expect(progressLine({ what: 'resources', done: 50 }, 0)).toBe('50 resources');
    expect(progressLine({ what: 'resources', done: 50, share: 0.25 }, 30_000)).toBe('[######..................]  25 %  50 resources, 2/s, 2 min left');
    expect(progressLine({ what: 'resources', done: 50, share: 0.5 }, 9_000)).toBe('[############............]  50 %  50 resources, 6/s, 9 s left');
    expect(progressLine({ what: 'resources', done: 50, share: 1 }, 9_000)).toBe('[########################] 100 %  50 resources, 6/s');
  });

  it('writes over one line on a terminal and keeps other lines whole', () => {
    let written = '';
    let now = 0;
    const terminal = makeTerminal({ stream: { isTTY: true, columns: 80, write: (text) => { written += text; } }, monotonic: () => now });
    terminal.report({ what: 'files', done: 1 });
    terminal.report({ what: 'files', done: 2 });
    now = 150;
    terminal.report({ what: 'files', done: 3 });
    terminal.say('a line');
    expect(written).toBe('\r\u001b[K1 files\r\u001b[K3 files\r\u001b[Ka line\n');
  });

  it('writes a line now and then where there is no terminal', () => {
    const lines: string[] = [];
    let now = 0;
    const terminal = makeTerminal({ stream: { write: (text) => { lines.push(text); } }, monotonic: () => now });
    for (now = 0; now <= 12_000; now += 100) terminal.report({ what: 'files', done: now });
    expect(lines).toHaveLength(2);
  });
});
