/** A factory reset: what was configured is gone, keys are new, the first configuration is there again. */
import { run } from '../../../lab/run.ts';
import { Appliance } from '../appliance.ts';

export async function factory(image: string): Promise<string> {
  const it = await Appliance.running(image);
  try {
    await it.setContact('gone after the reset');
    const key = await hostKey(it);
    const mark = it.mark();
    await it.netconf.rpc('<factory-reset xmlns="urn:ietf:params:xml:ns:yang:ietf-factory-default"/>');
    await it.isUp('a', mark);
    if ((await it.contact()) !== '') throw new Error('what was configured is there still');
    if ((await hostKey(it)) === key) throw new Error('the host key is the old one');
    return 'configuration and keys are new';
  } catch (error) {
    it.keepLog('build/image/factory.log');
    throw error;
  } finally {
    await it.remove();
  }
}

async function hostKey(it: Appliance): Promise<string> {
  const port = String(it.machine.options.netconfPort);
  const keys = await run('ssh-keyscan', ['-T', '60', '-t', 'ed25519', '-p', port, '127.0.0.1']);
  const key = / (ssh-ed25519 \S+)/.exec(keys)?.[1];
  if (key === undefined) throw new Error(`no host key: ${keys}`);
  return key;
}
