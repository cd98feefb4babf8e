/** The model's words for the engine's numbers. */

/** By the priority of the defect; 0: none. */
export const defects = [
  'none',
  'def-rdi-ccm',
  'def-mac-status',
  'def-remote-ccm',
  'def-error-ccm',
  'def-xcon-ccm',
] as const;

/** Canonical value of `mep-defects`: bit n of the engine's is the defect of priority n + 1. */
export function defectsText(bits: number): string {
  return defects.filter((_, priority) => priority > 0 && (bits & (1 << (priority - 1))) !== 0).join(' ');
}

export const fngStates = [
  'fng-reset',
  'fng-defect',
  'fng-report-defect',
  'fng-defect-reported',
  'fng-defect-clearing',
] as const;

export const remoteStates = ['rmep-idle', 'rmep-start', 'rmep-failed', 'rmep-ok'] as const;
export const portStatuses = ['ps-no-port-state-tlv', 'ps-blocked', 'ps-up'] as const;

export const interfaceStatuses = [
  'is-no-interface-status-tlv',
  'is-up',
  'is-down',
  'is-testing',
  'is-unknown',
  'is-dormant',
  'is-not-present',
  'is-lower-layer-down',
] as const;

export const relayActions = [undefined, 'rly-hit', 'rly-fdb', 'rly-mpdb'] as const;
export const ingressActions = [undefined, 'ing-ok', 'ing-down', 'ing-blocked', 'ing-vid'] as const;
export const egressActions = [undefined, 'egr-ok', 'egr-down', 'egr-blocked', 'egr-vid'] as const;

export function macText(bytes: Uint8Array): string {
  return Array.from(bytes, (octet) => octet.toString(16).padStart(2, '0')).join(':');
}
