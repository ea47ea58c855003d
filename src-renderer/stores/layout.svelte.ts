/** Widths of the panes and which are open; remembered on this machine only, since it says nothing about people. */

export interface Keep {
  get(key: string): string | null;
  set(key: string, value: string): void;
}

/** localStorage where there is one; a page without it simply forgets. */
export function browserKeep(): Keep {
  const guarded = <T>(act: () => T, otherwise: T): T => {
    try {
      return act();
    } catch {
      return otherwise; // storage is switched off: nothing to remember with
    }
  };
  return {
    get: (key) => guarded(() => localStorage.getItem(`signet.${key}`), null),
    set: (key, value) => {
      guarded(() => {
        localStorage.setItem(`signet.${key}`, value);
      }, undefined);
    },
  };
}

export const bounds = { list: { min: 220, max: 480, start: 300 }, details: { min: 260, max: 520, start: 320 } } as const;
export type Pane = keyof typeof bounds;

export class LayoutModel {
  readonly #keep: Keep;
  list = $state(bounds.list.start as number);
  details = $state(bounds.details.start as number);
  detailsOpen = $state(false);

  constructor(keep: Keep) {
    this.#keep = keep;
    this.list = clamp('list', Number(keep.get('width.list') ?? bounds.list.start));
    this.details = clamp('details', Number(keep.get('width.details') ?? bounds.details.start));
  }

  resize(pane: Pane, width: number): void {
    this[pane] = clamp(pane, width);
    this.#keep.set(`width.${pane}`, String(this[pane]));
  }

  /** The conversation to open at the next start. */
  get lastConversation(): string | null {
    return this.#keep.get('conversation');
  }

  set lastConversation(jid: string | null) {
    this.#keep.set('conversation', jid ?? '');
  }
}

function clamp(pane: Pane, width: number): number {
  const { min, max, start } = bounds[pane];
  return Number.isFinite(width) ? Math.round(Math.min(max, Math.max(min, width))) : start;
}
