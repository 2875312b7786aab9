/** The control socket: a command runs in the process that has the store, and its caller sees what it does. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemViewer } from '../../../src/access/viewer.js';
import type { Call, CommandTable, Progress, Session, StoreCommand } from '../../../src/cli/command.js';
import { askServer, connectControl } from '../../../src/cli/control-client.js';
import { storeName } from '../../../src/cli/control-protocol.js';
import { openControl, type ControlServer } from '../../../src/cli/control-server.js';
import { CommandError } from '../../../src/cli/exit-code.js';
import { parseWords } from '../../../src/cli/options.js';
import { systemClock } from '../../../src/core/clock.js';
import { makeMemoryStore } from '../../fixture/memory-store.js';
import { makeService } from '../../fixture/service.js';

const make = (name: string, run: StoreCommand['run']): StoreCommand => ({ name, summary: '', usage: '', options: { deep: { about: '' } }, needs: 'store', run });
const abortions: string[] = [];
const commands: CommandTable = {
  count: async () => make('count', async ({ given, cwd, report, say, write }, { viewer }) => {
    for (let done = 1; done <= 3; done += 1) report({ what: 'steps', done, total: 3 });
    say('a line\nand another, Zoë');
    await write('x'.repeat(3_000_000));
    return { exit: 'refused', text: `${given.words.join('+')} ${String(given.flag('deep'))} ${cwd} ${viewer.reason}`, json: { n: 1 } };
  }),
  fail: async () => make('fail', async () => { throw new CommandError('refused', 'not this'); }),
  wait: async () => make('wait', async ({ signal, say }) => {
    say('waiting');
    await once(signal, 'abort');
    abortions.push((signal.reason as Error).message);
    throw signal.reason;
  }),
  plain: async () => ({ name: 'plain', summary: '', usage: '', options: {}, needs: 'nothing', run: async () => ({ text: '', json: null }) }),
};

let folder = '';
let control: ControlServer | undefined;
const failures: unknown[] = [];
const open = async (dataDir = folder): Promise<ControlServer> => {
  control = await openControl({ dataDir, commands, session: (name) => ({ viewer: systemViewer(name), service: makeService(makeMemoryStore(systemClock)) }) as unknown as Session, storeUrl: () => 'sqlite:', onFailure: (error) => failures.push(error) });
  return control;
};
interface Heard { readonly progress: Progress[]; readonly said: string[]; written: string }
const ask = async (command: string, args: readonly string[] = [], { signal = new AbortController().signal, dataDir = folder, onSay = (): void => undefined, store = undefined as string | undefined } = {}) => {
  const heard: Heard = { progress: [], said: [], written: '' };
  const call: Call = {
    given: parseWords([], {}), cwd: '/somewhere', signal, commands,
    report: (progress) => { heard.progress.push(progress); }, say: (line) => { heard.said.push(line); onSay(); }, write: async (text) => { heard.written += text; },
  };
  const socket = await connectControl(dataDir);
  if (socket === undefined) throw new Error('nobody listens');
  return { outcome: await askServer(socket, { command, args, cwd: call.cwd, store }, call), heard };
};

beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'control-test-')); });
afterEach(async () => {
  await control?.close();
  control = undefined;
  rmSync(folder, { recursive: true, force: true });
  expect(failures.splice(0)).toEqual([]);
});

describe('the control socket', () => {
  it('is for its owner alone and goes with the server', async () => {
    const { close } = await open();
    expect(statSync(join(folder, 'control.sock')).mode & 0o777).toBe(0o600);
    await close();
    control = undefined;
    expect(existsSync(join(folder, 'control.sock'))).toBe(false);
    expect(await connectControl(folder)).toBeUndefined();
  });

  it('runs nothing that is for another store', async () => {
    await open();
    await expect(ask('fail', [], { store: storeName('mongodb://host/other') })).rejects.toMatchObject({ exit: 'inUse' });
    await expect(ask('fail', [], { store: storeName('sqlite:') })).rejects.toMatchObject({ exit: 'refused', message: 'not this' });
  });

  it('runs a command with its words, streams what it reports and passes its outcome on', async () => {
    await open();
    const { outcome, heard } = await ask('count', ['--deep', 'a', 'b']);
    expect(outcome).toEqual({ exit: 'refused', text: 'a+b true /somewhere count', json: { n: 1 } });
    expect(heard.progress.map(({ done }) => done)).toEqual([1, 2, 3]);
    expect(heard.said).toEqual(['a line\nand another, Zoë']);
    expect(heard.written).toHaveLength(3_000_000);
  });

  it.each([
    ['fail', [], 'refused', 'not this'],
    ['cuont', [], 'usage', 'There is no command "cuont". Did you mean "count"?'],
    ['count', ['--depe'], 'usage', 'Did you mean --deep?'],
    ['plain', [], 'usage', 'is not run by the server'],
  ])('passes on why %s %j failed', async (command, args, exit, message) => {
    await open();
    await expect(ask(command, args)).rejects.toMatchObject({ exit, message: expect.stringContaining(message) });
  });

  it('ends a command whose caller leaves', async () => {
    await open();
    const abort = new AbortController();
    await expect(ask('wait', [], { signal: abort.signal, onSay: () => { abort.abort(new Error('enough')); } })).rejects.toThrow('enough');
    while (abortions.length === 0) await sleep(10);
    expect(abortions.splice(0)).toEqual(['the caller left']);
  });

  it('ends running commands when the server stops', async () => {
    await open();
    await expect(ask('wait', [], { onSay: () => { void control?.close(); } })).rejects.toMatchObject({ exit: 'interrupted' });
    await control?.close();
    control = undefined;
    expect(abortions.splice(0)).toEqual(['the server stops']);
  });

  it('answers what is no request with an error and stays', async () => {
    await open();
    const socket = connect(join(folder, 'control.sock'));
    socket.end('{"command":1}\n');
    const [answer] = await once(socket, 'data');
    expect(JSON.parse(String(answer))).toEqual({ error: { exit: 'failed', message: 'a request has command, args and cwd' } });
    expect((await ask('count')).outcome.text).toContain('count');
  });

  it('takes the place of a socket that a killed server left', async () => {
    const left = createServer().listen(join(folder, 'control.sock'));
    await once(left, 'listening');
    // Closing would remove the file, as a killed process does not.
    const content = join(folder, 'control.sock');
    await open();
    expect(statSync(content).isSocket()).toBe(true);
    expect((await ask('count')).outcome.text).toContain('count');
    left.close();
  });

  it('lies below the temporary folder when DATA_DIR is too long for a socket, and the note says where', async () => {
    const long = join(folder, 'x'.repeat(120));
    await mkdir(long);
    await open(long);
    const noted = readFileSync(join(long, 'control.path'), 'utf8');
    expect(noted.startsWith(tmpdir())).toBe(true);
    expect((await ask('count', [], { dataDir: long })).outcome.exit).toBe('refused');
    await control?.close();
    control = undefined;
    expect([existsSync(noted), existsSync(join(long, 'control.path'))]).toEqual([false, false]);
  });

  it('follows no note that it has not written', async () => {
    const long = join(folder, 'x'.repeat(120));
    const other = join(folder, 'important');
    await mkdir(long);
    await mkdir(other);
    writeFileSync(join(long, 'control.path'), join(other, 'control.sock'));
    await open(long);
    expect(existsSync(other)).toBe(true);
  });

  it('says so when the socket is not for this user', async () => {
    await open();
    chmodSync(join(folder, 'control.sock'), 0o000);
    // The superuser may open it all the same.
    const result = await connectControl(folder).then((socket) => { socket?.destroy(); return 'open'; }, (error: Error) => error.message);
    expect(result).toMatch(process.getuid?.() === 0 ? /^open$/ : /does not let this user/);
  });
});
