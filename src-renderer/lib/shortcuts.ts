/** Which of the app's shortcuts a key is. Ctrl and ⌘ mean the same. */

export type Shortcut = 'jump' | 'shortcuts' | 'search-here' | 'search-all' | 'next' | 'previous' | 'close';

type Key = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

export function shortcutOf(event: Key): Shortcut | null {
  const ctrl = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (key === 'escape') return 'close';
  if (event.altKey && !ctrl) return key === 'arrowdown' ? 'next' : key === 'arrowup' ? 'previous' : null;
  if (!ctrl || event.altKey) return null;
  if (key === 'k') return 'jump';
  if (key === 'f') return event.shiftKey ? 'search-all' : 'search-here';
  // On a German keyboard '/' is Shift 7.
  return key === '/' ? 'shortcuts' : null;
}
