/** The demo's bob: a second engine in a process of its own, driven by the headless contract. He says yes to everybody. */

import { startHeadless } from './lib/contract-client.mjs';

const ANSWERS = [
  'Hello! Nice to hear from you.',
  'Only the two of us can read this: the server sees nothing but ciphertext.',
  'Tap the lock above to compare our keys.',
  'I answer every message once, since I am the demo’s Bob.',
];

/**
 * Starts bob, signs him in, lets him accept every subscription and ask back.
 *
 * @param {{ profile: string, caFile: string, jid: string, password: string, server: object, env?: Record<string, string>,
 *   answering: boolean, onLog?: (line: string) => void }} options answering: each message once
 */
export async function startBob({ profile, caFile, jid, password, server, env, answering, onLog = () => {} }) {
  const client = startHeadless({ profile, caFile, env, onLog });
  const complain = (error) => onLog(`bob: ${error.code ?? error.message}`);
  const asked = new Set();
  let said = 0;
  client.subscribe((event, payload) => {
    if (event === 'contact.changed' && payload.asking && !asked.has(payload.jid)) {
      asked.add(payload.jid);
      client
        .invoke('contact.accept', { jid: payload.jid })
        .then(() => client.invoke('contact.add', { jid: payload.jid }))
        .catch((error) => {
          asked.delete(payload.jid);
          complain(error);
        });
    }
    if (answering && event === 'message.arrived' && !payload.mine && payload.body !== '') {
      const body = ANSWERS[said % ANSWERS.length];
      said += 1;
      client.invoke('message.send', { to: payload.conversation, body }).catch(complain);
    }
  });
  try {
    await client.invoke('account.signIn', { jid, password, server, remember: false });
  } catch (error) {
    await client.stop();
    throw error;
  }
  return client;
}
