import type { BrowserContextOptions, Page } from 'playwright-core';

export const CSP: string;

export interface Gallery {
  /** What the browser complained of: CSP, console, uncaught errors. */
  readonly complaints: readonly string[];
  page(
    viewport: { readonly width: number; readonly height: number },
    colorScheme: 'light' | 'dark',
    options?: BrowserContextOptions,
  ): Promise<Page>;
  /** Ids of all scenes. */
  scenes(): Promise<string[]>;
  show(page: Page, scene: string, query?: Readonly<Record<string, string>>): Promise<void>;
  close(): Promise<void>;
}

export function openGallery(options?: { readonly executablePath?: string }): Promise<Gallery>;
