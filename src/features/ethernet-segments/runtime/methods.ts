/** How the CE behind a port is told (../../ce-notification). */
import type { View } from '../../../datastore/view/view.ts';
import type { CeNotificationModel } from '../../ce-notification/model.ts';

/** What the new forwarder does of its own accord, where no entry of the port says otherwise (yang/sluice-ce-notification). */
const OFFSETS_MS = [0, 300, 1000, 2000];

/** When addresses are announced after a release: as mac-move is configured, also where it is not used. */
export function offsetsOf(view: View, model: CeNotificationModel, port: string): readonly number[] {
  return model.read(view, port)?.macMove.offsetsMs ?? OFFSETS_MS;
}

export function methodsOf(view: View, model: CeNotificationModel, port: string): readonly string[] {
  const found = model.read(view, port);
  if (found === undefined) return [];
  const { macMove, mvrp, stpTc, eLmi, cfm, lacp, carrier } = found;
  const enabled = {
    'mac-move': macMove.enabled,
    mvrp: mvrp.enabled,
    'stp-tc': stpTc.enabled,
    'e-lmi': eLmi.enabled,
    cfm,
    lacp: lacp.enabled,
    carrier: carrier.enabled,
  };
  return Object.entries(enabled).flatMap(([method, isEnabled]) => (isEnabled ? [method] : []));
}

/** A CE that is told so forgets where stations are, and floods what is for them until it hears them again. */
const FORGETTING = new Set(['mvrp', 'stp-tc', 'e-lmi', 'cfm']);

export const makesForget = (methods: readonly string[]): boolean => methods.some((method) => FORGETTING.has(method));
