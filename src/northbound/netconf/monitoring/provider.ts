/** State of the server itself, given as plain objects. */
export { PlainState } from '../../../commit/operational/plain-state.ts';
