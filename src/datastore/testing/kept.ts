import { KeptValues } from '../kept-values.ts';
import { Environment } from '../lmdb/environment.ts';

/** The values that a folder keeps, read as at the start of the router. */
export async function openKept(
  folder: string,
): Promise<{ readonly environment: Environment; readonly kept: KeptValues }> {
  const environment = await Environment.open({ folder });
  const kept = new KeptValues(environment);
  const transaction = environment.read();
  kept.load({ transaction });
  transaction.done();
  return { environment, kept };
}
