/**
 * An independent client: the stock @xmpp/client, as a process that speaks JSON lines. In: `{ "send": { "to", "body" } }`;
 * out: `{ "online" }`, `{ "message": { "from", "body" } }`, `{ "presence": { "from", "type" } }`. It says yes to whoever
 * asks to see its presence, and asks back. Started with NODE_EXTRA_CA_CERTS.
 */

import { createInterface } from 'node:readline';
import { client, xml } from '@xmpp/client';

const [service, domain, username, password] = process.argv.slice(2);
const tell = (told) => console.log(JSON.stringify(told));
const peer = client({ service, domain, username, password });

peer.on('error', (error) => console.error(error.name));
peer.on('online', async (jid) => {
  await peer.send(xml('presence'));
  tell({ online: jid.toString() });
});
peer.on('stanza', async (stanza) => {
  const { from, type } = stanza.attrs;
  if (stanza.is('presence') && type === 'subscribe') {
    await peer.send(xml('presence', { to: from, type: 'subscribed' }));
    await peer.send(xml('presence', { to: from, type: 'subscribe' }));
  } else if (stanza.is('presence')) tell({ presence: { from, type: type ?? 'available' } });
  else if (stanza.is('message') && stanza.getChildText('body') !== null)
    tell({ message: { from, body: stanza.getChildText('body') } });
});
createInterface({ input: process.stdin }).on('line', (line) => {
  const { send } = JSON.parse(line);
  void peer.send(xml('message', { to: send.to, type: 'chat', id: `x${Date.now()}` }, xml('body', {}, send.body)));
});
process.stdin.on('end', () => void peer.stop().finally(() => process.exit(0)));
await peer.start();
