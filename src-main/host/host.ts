/** What the three hosts (Electron, Chromium, headless) have in common. */

export interface Notification {
  readonly title: string;
  readonly body: string;
}

export interface Host {
  readonly name: 'electron' | 'chromium' | 'headless';
  /** Brings the window to the front, opening it if there is none. */
  openWindow(): Promise<void>;
  /** Whether the user is looking at the window now. */
  focused(): boolean;
  notify(notification: Notification): void;
  /** Unread messages, 0 for none: window title, tray, dock. */
  setUnread(count: number): void;
  /** Hands a web or mail address to the system. Answers false for every other scheme. */
  openExternal(url: string): Promise<boolean>;
  /** Stops the engine, closes the window. Safe to call twice. */
  close(): Promise<void>;
}

/** What leaves the app by a click: nothing but these schemes, and no credentials in the address. */
export function isExternalUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || text.length > 2048) return false;
  return ['https:', 'http:', 'mailto:'].includes(url.protocol) && url.username === '' && url.password === '';
}
