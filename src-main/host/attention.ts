/** What calls the user when he looks elsewhere: the number of unread messages, and a notification for each new one. */

import type { EngineApi } from '../ipc/engine-api.ts';
import type { EventName, Events } from '../../src-shared/api.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import type { Conversation } from '../../src-shared/models.ts';
import type { Host } from './host.ts';
import type { HostTexts } from './texts.ts';

/** Notifications of one conversation come at least this far apart. */
const QUIET_MS = 3_000;

/**
 * Follows the engine for a host until the returned function is called. A notification names the sender and nothing of
 * what was written: systems keep notifications in files that nothing protects.
 */
export function watchAttention(
  engine: EngineApi,
  host: Pick<Host, 'focused' | 'notify' | 'setUnread'>,
  texts: HostTexts,
  now: () => number = Date.now,
): () => void {
  const conversations = new Map<BareJid, Pick<Conversation, 'unread' | 'name'>>();
  const notified = new Map<BareJid, number>();
  let wanted = true;
  let shown = -1;

  const count = (): void => {
    const unread = [...conversations.values()].reduce((sum, c) => sum + c.unread, 0);
    if (unread === shown) return;
    shown = unread;
    host.setUnread(unread);
  };
  const keep = (c: Conversation): void => {
    conversations.set(c.jid, c.name === undefined ? { unread: c.unread } : { unread: c.unread, name: c.name });
  };
  const notify = (jid: BareJid): void => {
    if (!wanted || host.focused() || now() - (notified.get(jid) ?? -Infinity) < QUIET_MS) return;
    notified.set(jid, now());
    host.notify({ title: conversations.get(jid)?.name ?? jid, body: texts.newMessage });
  };

  async function snapshot(): Promise<void> {
    wanted = (await engine.handlers['settings.get']({})).notifications;
    for (const c of (await engine.handlers['conversation.list']({ limit: 200 })).items) keep(c);
    count();
  }
  // While the vault is locked there is nothing to count; `vault.changed` asks again.
  const look = (): void => {
    snapshot().catch(() => undefined);
  };

  const unsubscribe = engine.subscribe((event, payload) => {
    const change = { event, payload } as Change;
    switch (change.event) {
      case 'vault.changed':
        look();
        break;
      case 'settings.changed':
        wanted = change.payload.notifications;
        break;
      case 'conversation.changed':
        keep(change.payload);
        break;
      case 'conversation.removed':
        conversations.delete(change.payload.jid);
        break;
      case 'message.arrived':
        if (!change.payload.mine) notify(change.payload.conversation);
        break;
      default: // the other events call nobody
    }
    count();
  });
  look();
  return unsubscribe;
}

/** An event and its payload, tied together again. */
type Change = { [E in EventName]: { readonly event: E; readonly payload: Events[E] } }[EventName];
