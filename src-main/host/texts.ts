/** The few words that stand outside the page: menu, tray, notifications. The page has its own catalogue. */

const en = {
  open: 'Open Signet',
  quit: 'Quit Signet',
  edit: 'Edit',
  view: 'View',
  window: 'Window',
  newMessage: 'New message',
  unread: (count: number) => (count === 1 ? '1 unread message' : `${String(count)} unread messages`),
};

export type HostTexts = typeof en;

const de = {
  open: 'Signet öffnen',
  quit: 'Signet beenden',
  edit: 'Bearbeiten',
  view: 'Ansicht',
  window: 'Fenster',
  newMessage: 'Neue Nachricht',
  unread: (count: number) => (count === 1 ? '1 ungelesene Nachricht' : `${String(count)} ungelesene Nachrichten`),
} satisfies HostTexts;

/** @param locale as the system says it, e.g. `de-AT` */
export function hostTexts(locale: string): HostTexts {
  return /^de\b/i.test(locale) ? de : en;
}
