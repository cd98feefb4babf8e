/** By what the CE is told, as configuration of both PEs. */
import { ceNotification, ceNotifications } from '../../configuration.ts';

export const methods: Readonly<Record<string, { readonly what: string; readonly configuration: string }>> = {
  none: {
    what: 'the CE is told nothing, and forgets by itself',
    configuration: ceNotifications(ceNotification('ce', { macMove: false, mvrp: false })),
  },
  'mac-move': {
    what: 'frames with the remote addresses move them at the CE',
    configuration: ceNotifications(ceNotification('ce', { macMove: true, mvrp: false })),
  },
  mvrp: {
    what: 'MVRP, which Open vSwitch does not understand',
    configuration: ceNotifications(ceNotification('ce', { macMove: false, mvrp: true })),
  },
};
