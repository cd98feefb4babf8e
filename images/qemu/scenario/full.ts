/** A data partition without room: commits are refused or kept, never half; the machine boots; room brings it back. */
import { Appliance } from '../appliance.ts';

export async function full(image: string): Promise<string> {
  // As small as it comes: the data partition is not grown, and files of the router's own folder fill it.
  const it = await Appliance.make(image, '1493M');
  const file = (name: string): string => `<url>file:///${name}.xml</url>`;
  try {
    await it.powerOn();
    await it.isUp('a');
    await it.setContact('first');
    let copies = 0;
    let refusal = '';
    const big = 'x'.repeat(4000);
    await it.netconf.edit(
      `<system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><location>${big}</location></system>`,
    );
    while (refusal === '' && copies < 900) {
      const operation = `<copy-config xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><target>${file(`f${copies}`)}</target><source><running/></source></copy-config>`;
      refusal = await it.netconf.rpc(operation).then(
        () => '',
        (error: Error) => error.message,
      );
      copies++;
    }
    const outcome = await it.setContact('second').then(
      () => 'second',
      () => 'first',
    );
    await it.powerOff();
    const mark = 0;
    await it.powerOn();
    await it.isUp('a', mark);
    if ((await it.contact()) !== outcome)
      throw new Error(`"${outcome}" was answered, "${await it.contact()}" is there`);
    return `${copies} copies, then: ${refusal.slice(0, 120)}; ${outcome} is there after the power was cut`;
  } catch (error) {
    it.keepLog('build/image/full.log');
    throw error;
  } finally {
    await it.remove();
  }
}
