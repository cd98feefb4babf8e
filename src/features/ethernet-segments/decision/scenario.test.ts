/**
 * Runs scenarios/*.txt. A scenario begins with `# title`; then
 *
 *   segment NAME=VALUE …   address, peers, foreign (by commas; - for none), open, vlans, method, preference, revertive, split-brain; before all others
 *   + EVENT                happens; its outputs are not looked at
 *   > EVENT                happens, and its outputs are the lines `< OUTPUT` that follow, in this order
 *   = NAME VALUE …         state: phase, open, closing, deferred, df (of a VLAN: VLAN=ADDRESS)
 *
 * Events and outputs as text.ts writes them. `ready ADDRESS…` after `+` is a PE in DF_DONE that has a session with each;
 * `ready foreign ADDRESS…` one that has the routes of each and has released nothing yet.
 * With SLUICE_SCENARIOS=write the outputs are written into the files in place of being compared: read the difference.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DfElectionMethod } from './election/candidate.ts';
import { dfOf } from './election/election.ts';
import type { Event } from './event.ts';
import { defaultTimers, type Segment, type SplitBrainPolicy } from './segment.ts';
import type { State } from './state.ts';
import { initialState, step } from './step.ts';
import { eventFromText, eventText, outputText } from './text.ts';
import { type VlanSet, vlansFromText, vlansText } from './vlan-set.ts';

const folder = join(import.meta.dirname, 'scenarios');

const isWriting = process.env['SLUICE_SCENARIOS'] === 'write';

for (const file of readdirSync(folder).sort()) {
  const written: string[] = [];
  for (const scenario of readFileSync(join(folder, file), 'utf8').split(/^# /m).slice(1)) {
    const [title = '', ...lines] = scenario.split('\n');
    test(`${file.replace('.txt', '')}: ${title}`, () => {
      const done = run(lines.filter((line) => line.trim() !== ''));
      written.push([`# ${title}`, ...done, ''].join('\n'));
      if (isWriting) writeFileSync(join(folder, file), written.join('\n'));
    });
  }
}

/** Returns the lines with the outputs that came. */
function run(lines: readonly string[]): readonly string[] {
  const done = [lines[0] ?? ''];
  const segment = segmentOf(lines[0] ?? '');
  const set = (name: string, otherwise: string): VlanSet => vlansFromText(wordOf(lines[0] ?? '', name) ?? otherwise);
  let state = initialState(segment, { vlans: set('vlans', '1-4'), open: set('open', '-') });
  let outputs: string[] = [];
  const happen = (text: string): void => {
    for (const event of eventsOf(text, segment, state)) {
      const next = step(state, event);
      state = next.state;
      outputs = next.outputs.map(outputText);
    }
  };
  for (let at = 1; at < lines.length; at += 1) {
    const line = lines[at] as string;
    const text = line.slice(2);
    if (line.startsWith('> ')) {
      happen(text);
      const expected: string[] = [];
      while (lines[at + 1]?.startsWith('< ')) expected.push((lines[++at] as string).slice(2));
      done.push(line, ...outputs.map((output) => `< ${output}`));
      if (!isWriting) assert.deepEqual(outputs, expected, `after ${text}`);
      continue;
    }
    done.push(line);
    if (line.startsWith('+ ')) happen(text);
    else if (line.startsWith('= ')) look(state, text.split(' '));
    else assert.fail(`no line of a scenario: ${line}`);
  }
  return done;
}

function look(state: State, words: readonly string[]): void {
  for (let at = 0; at < words.length; at += 2) {
    const [name, value = ''] = [words[at], words[at + 1]];
    switch (name) {
      case 'phase':
        assert.equal(state.phase, value);
        break;
      case 'open':
      case 'closing':
      case 'deferred':
        assert.equal(vlansText(state[name]), value, name);
        break;
      case 'df': {
        const [vlan, address] = value.split('=');
        assert.equal(dfOf(state.elected, Number(vlan)) ?? 'none', address, `DF of ${vlan}`);
        break;
      }
      default:
        assert.fail(`no state: ${name}`);
    }
  }
}

function* eventsOf(text: string, segment: Segment, state: State): Generator<Event> {
  const event = (line: string): Event => {
    const read = eventFromText(line, segment.method);
    assert.equal(eventText(read), line.trim(), 'the line means what it says');
    return read;
  };
  if (!text.startsWith('ready')) {
    yield event(text);
    return;
  }
  const all = vlansText(state.vlans);
  for (const line of ['start', 'segment up', 'timer recovery:1']) yield event(line);
  const [, first, ...rest] = text.split(' ');
  const isForeign = first === 'foreign';
  for (const peer of isForeign ? rest : text.split(' ').slice(1)) {
    if (isForeign) {
      yield event(`foreign ${peer} able ${all}`);
      yield event(`liveness ${peer} alive`);
      continue;
    }
    yield event(`liveness ${peer} alive`);
    yield event(`session ${peer} up`);
    yield event(`from ${peer} sync forwarding ${all} stamp 1 able ${all}`);
  }
  yield event('timer peering');
  yield event('timer election-wait:2');
}

function segmentOf(line: string): Segment {
  const word = (name: string): string | undefined => wordOf(line, name);
  return {
    esi: new Uint8Array(10),
    address: word('address') ?? '192.0.2.1',
    peers: listOf(word('peers') ?? '192.0.2.2'),
    ...(word('foreign') === undefined ? {} : { foreign: listOf(word('foreign')) }),
    method: (word('method') ?? 'default-7432') as DfElectionMethod,
    preference: Number(word('preference') ?? 32_767),
    revertive: word('revertive') !== 'false',
    acDf: true,
    splitBrain: (word('split-brain') ?? 'block') as SplitBrainPolicy,
    timers: defaultTimers,
  };
}

function listOf(word = '-'): readonly string[] {
  return word === '-' ? [] : word.split(',');
}

function wordOf(line: string, name: string): string | undefined {
  return new RegExp(`(?:^| )${name}=(\\S+)`).exec(line)?.[1];
}
