/** The limits of everything that comes over a network; the README lists them. */
import type { LoginTimes } from './acceptor.ts';
import type { AdmissionLimits } from './admission.ts';
import type { ConnectionLimits } from './ssh-connection.ts';

export interface TransportLimits extends AdmissionLimits, ConnectionLimits, LoginTimes {}

export const DEFAULT_LIMITS: TransportLimits = {
  total: 2048,
  perSource: 1280,
  halfOpen: 1536,
  halfOpenPerSource: 1280,
  loginSeconds: 120,
  silentSeconds: 20,
  passwordTries: 3,
  tries: 6,
  refusalMs: 300,
  channels: 16,
  rekeyBytes: 1024 ** 3,
  rekeySeconds: 3600,
};
