/** Events, messages and outputs as lines for people: scenarios are written in them, the explorer prints them. */
import type { CoreTracking, Event } from './event.ts';
import type { Advert, Message, Probe } from './message.ts';
import type { Output } from './output.ts';
import { type VlanSet, vlansFromText, vlansText } from './vlan-set.ts';

/**
 * ```
 * start · leave · segment up|down · core full|degraded|isolated · drain on|off
 * vlans SET · circuits-down SET · command-blocked SET · pins [ADDRESS=SET …]
 * session ADDRESS up|down · liveness ADDRESS alive|lost · late ADDRESS on|off · core-checked N full|failed
 * from ADDRESS MESSAGE · heard ADDRESS forwarding|query|standby|claiming|blocked SET stamp N
 * foreign ADDRESS withdrawn · foreign ADDRESS ADVERT
 * confirmed N · timer NAME
 * ```
 */
export function eventText(event: Event): string {
  switch (event.type) {
    case 'segment':
      return `segment ${event.up ? 'up' : 'down'}`;
    case 'core':
      return `core ${event.tracking}`;
    case 'vlans':
      return `vlans ${vlansText(event.vlans)}`;
    case 'circuits':
      return `circuits-down ${vlansText(event.down)}`;
    case 'command':
      return `command-blocked ${vlansText(event.blocked)}`;
    case 'pins':
      return ['pins', ...event.pins.map(({ address, vlans }) => `${address}=${vlansText(vlans)}`)].join(' ');
    case 'drain':
      return `drain ${event.on ? 'on' : 'off'}`;
    case 'session':
      return `session ${event.peer} ${event.up ? 'up' : 'down'}`;
    case 'liveness':
      return `liveness ${event.peer} ${event.alive ? 'alive' : 'lost'}`;
    case 'late':
      return `late ${event.peer} ${event.on ? 'on' : 'off'}`;
    case 'core-checked':
      return `core-checked ${event.id} ${event.full ? 'full' : 'failed'}`;
    case 'foreign':
      return `foreign ${event.peer} ${event.advert === undefined ? 'withdrawn' : advertText(event.advert)}`;
    case 'message':
      return `from ${event.peer} ${messageText(event.message)}`;
    case 'probe':
      return `heard ${event.from} ${probeText(event.probe)}`;
    case 'confirmed':
      return `confirmed ${event.order}`;
    case 'timer':
      return `timer ${event.timer}`;
    default:
      return event.type;
  }
}

export function outputText(output: Output): string {
  switch (output.type) {
    case 'send':
      return `to ${output.peer} ${messageText(output.message)}`;
    case 'block': {
      const redirect = output.redirectTo === undefined ? '' : ` redirect ${output.redirectTo}`;
      return `block ${vlansText(output.vlans)} order ${output.order} cause ${output.cause}${redirect}`;
    }
    case 'release':
      return `release ${vlansText(output.vlans)} order ${output.order}`;
    case 'probe':
      return `probe ${probeText(output.probe)}`;
    case 'check-core':
      return `check-core ${output.id}`;
    case 'timer':
      return `timer ${output.timer} after ${output.afterMs}`;
    case 'notify':
      return `notify ${vlansText(output.vlans)} ${output.state} cause ${output.cause}`;
    case 'reset-session':
      return `reset-session ${output.peer}`;
    case 'announce':
      return `announce ${output.advert === undefined ? 'nothing' : advertText(output.advert)}`;
    case 'drained':
      return output.type;
  }
}

/**
 * ```
 * sync forwarding SET stamp N ADVERT · advert ADVERT · state opened SET closed SET stamp N
 * claim N SET asks ADDRESS,… · grant N SET stamp N · relinquish SET · leave
 * ADVERT: able SET [draining] [no-ac-df] [preference N] [dont-preempt] [pins ADDRESS=SET …]
 * ```
 */
export function messageText(message: Message): string {
  switch (message.type) {
    case 'sync':
      return `sync forwarding ${vlansText(message.forwarding)} stamp ${message.stamp} ${advertText(message.advert)}`;
    case 'advert':
      return `advert ${advertText(message.advert)}`;
    case 'state':
      return `state opened ${vlansText(message.opened)} closed ${vlansText(message.closed)} stamp ${message.stamp}`;
    case 'claim':
      return `claim ${message.id} ${vlansText(message.vlans)} asks ${message.asks.join(',')}`;
    case 'grant':
      return `grant ${message.id} ${vlansText(message.vlans)} stamp ${message.stamp}`;
    case 'relinquish':
      return `relinquish ${vlansText(message.vlans)}`;
    case 'leave':
      return message.type;
  }
}

function probeText({ kind, vlans, stamp }: Probe): string {
  return `${kind} ${vlansText(vlans)} stamp ${stamp}`;
}

function advertText({ able, draining, acDf, preference, dontPreempt, pins }: Advert): string {
  const words = [`able ${vlansText(able)}`];
  if (draining) words.push('draining');
  if (!acDf) words.push('no-ac-df');
  if (preference !== DEFAULT_PREFERENCE) words.push(`preference ${preference}`);
  if (dontPreempt) words.push('dont-preempt');
  if (pins.length > 0) words.push(['pins', ...pins.map((pin) => `${pin.address}=${vlansText(pin.vlans)}`)].join(' '));
  return words.join(' ');
}

/** RFC 9785 section 4.1. */
const DEFAULT_PREFERENCE = 32_767;

/** Reads what `eventText` writes. `method`: what adverts announce. Throws for anything else. */
export function eventFromText(text: string, method: Advert['method']): Event {
  const [word = '', a = '', b = '', ...rest] = text.split(' ');
  switch (word) {
    case 'start':
    case 'leave':
      return { type: word };
    case 'segment':
      return { type: 'segment', up: a === 'up' };
    case 'core':
      return { type: 'core', tracking: a as CoreTracking };
    case 'vlans':
      return { type: 'vlans', vlans: vlansFromText(a) };
    case 'circuits-down':
      return { type: 'circuits', down: vlansFromText(a) };
    case 'command-blocked':
      return { type: 'command', blocked: vlansFromText(a) };
    case 'pins':
      return { type: 'pins', pins: pinsFromWords([a, b, ...rest]) };
    case 'drain':
      return { type: 'drain', on: a === 'on' };
    case 'session':
      return { type: 'session', peer: a, up: b === 'up' };
    case 'liveness':
      return { type: 'liveness', peer: a, alive: b === 'alive' };
    case 'late':
      return { type: 'late', peer: a, on: b === 'on' };
    case 'core-checked':
      return { type: 'core-checked', id: Number(a), full: b === 'full' };
    case 'from':
      return { type: 'message', peer: a, message: messageFromWords([b, ...rest], method) };
    case 'foreign': {
      const advert = b === 'withdrawn' ? undefined : advertFromWords([b, ...rest], method);
      return { type: 'foreign', peer: a, advert };
    }
    case 'heard': {
      const probe = { kind: b as Probe['kind'], vlans: vlansFromText(rest[0] ?? ''), stamp: Number(rest[2]) };
      return { type: 'probe', from: a, probe };
    }
    case 'confirmed':
      return { type: 'confirmed', order: Number(a) };
    case 'timer':
      return { type: 'timer', timer: a };
    default:
      throw new Error(`no event: ${text}`);
  }
}

function messageFromWords(words: readonly string[], method: Advert['method']): Message {
  const [type = '', first = ''] = words;
  /** The word after `name`. */
  const after = (name: string): string => {
    const at = words.indexOf(name);
    if (at < 0) throw new Error(`${type} without ${name}`);
    return words[at + 1] ?? '';
  };
  const stamp = (): number => Number(after('stamp'));
  const set = (name: string): VlanSet => vlansFromText(after(name));
  switch (type) {
    case 'sync':
      return { type, forwarding: set('forwarding'), stamp: stamp(), advert: advertFromWords(words, method) };
    case 'advert':
      return { type, advert: advertFromWords(words, method) };
    case 'state':
      return { type, opened: set('opened'), closed: set('closed'), stamp: stamp() };
    case 'claim':
      return { type, id: Number(first), vlans: vlansFromText(words[2] ?? ''), asks: after('asks').split(',') };
    case 'grant':
      return { type, id: Number(first), vlans: vlansFromText(words[2] ?? ''), stamp: stamp() };
    case 'relinquish':
      return { type, vlans: vlansFromText(first) };
    case 'leave':
      return { type };
    default:
      throw new Error(`no message: ${words.join(' ')}`);
  }
}

function advertFromWords(words: readonly string[], method: Advert['method']): Advert {
  const preference = words.indexOf('preference');
  const pins = words.indexOf('pins');
  return {
    method,
    acDf: !words.includes('no-ac-df'),
    able: vlansFromText(words[words.indexOf('able') + 1] ?? ''),
    draining: words.includes('draining'),
    preference: preference < 0 ? DEFAULT_PREFERENCE : Number(words[preference + 1]),
    dontPreempt: words.includes('dont-preempt'),
    pins: pins < 0 ? [] : pinsFromWords(words.slice(pins + 1)),
  };
}

function pinsFromWords(words: readonly string[]): Advert['pins'] {
  return words
    .filter((word) => word !== '')
    .map((word) => {
      const [address = '', vlans = ''] = word.split('=');
      return { address, vlans: vlansFromText(vlans) };
    });
}
