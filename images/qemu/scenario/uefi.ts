/** The short check, by UEFI. */
import { run } from '../../../lab/run.ts';

export async function uefi(image: string): Promise<string> {
  const text = await run('bash', ['images/check', '--uefi', '--image', image]);
  return `as by BIOS:\n${text.trimEnd()}`;
}
