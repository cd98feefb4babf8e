/** /sluice-software:software: what is in the slots. */
import { PlainState } from '../../commit/operational/plain-state.ts';
import type { StateProvider } from '../../commit/operational/state.ts';
import type { KeySpace } from '../../datastore/key/key.ts';
import type { Slots } from '../../platform/slots/slots.ts';
import { dateAndTime } from '../time.ts';

/** @param slots undefined: no appliance, nothing to be said */
export function softwareState(keys: KeySpace, slots: Slots | undefined): StateProvider {
  return new PlainState(keys, '/sluice-software:software', () => {
    if (slots === undefined) return {};
    const { slot, attempts } = slots.state();
    const { state, version, percent, error } = slots.install;
    return {
      slot: slots.slots().map(({ name, buildTime, ...rest }) => ({
        name,
        state: rest.state,
        confirmed: String(name === slot),
        version: rest.version,
        'build-time': buildTime === undefined ? undefined : dateAndTime(new Date(buildTime * 1000)),
      })),
      'boot-attempts': String(attempts),
      upload:
        slots.upload === undefined || slots.upload.isOver
          ? undefined
          : {
              upload: String(slots.upload.id),
              size: String(slots.upload.bytes),
              'next-offset': String(slots.upload.next),
            },
      install: { state, version, progress: String(percent), error },
    };
  });
}
