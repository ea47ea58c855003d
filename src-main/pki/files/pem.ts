/**
 * PEM as it is found (RFC 7468 and what came before it): blocks in any order, with text around them, old headers inside
 * them, and lines of any length. Strict is only what is between the lines: base64.
 */

import { PkiError } from '../errors.ts';
import { MAX_ITEMS } from './limits.ts';

export interface PemBlock {
  /** E.g. `CERTIFICATE`. */
  readonly label: string;
  /** Headers of RFC 1421 (`Proc-Type`, `DEK-Info`), by their names. */
  readonly headers: ReadonlyMap<string, string>;
  /** Undefined where it is not base64. */
  readonly octets: Uint8Array | undefined;
}

const BEGIN = /^-----BEGIN ([A-Z0-9 ._-]{1,64})-----[ \t]*$/;

/** Whether there is a block in it at all. */
export const isPem = (text: string): boolean => /^-----BEGIN [A-Z0-9 ._-]{1,64}-----[ \t]*$/m.test(text);

/** The blocks, in order. Text outside them is passed over. Throws `damaged` where a block does not end, `file-too-large` beyond the bound. */
export function readPem(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  let label: string | undefined;
  let lines: string[] = [];
  for (const line of text.split(/\r\n|\n|\r/)) {
    const begins = BEGIN.exec(line)?.[1];
    if (label === undefined) {
      label = begins;
      lines = [];
    } else if (begins !== undefined) throw new PkiError('damaged');
    else if (line.trimEnd() === `-----END ${label}-----`) {
      if (blocks.length === MAX_ITEMS) throw new PkiError('file-too-large');
      blocks.push({ label, ...bodyOf(lines) });
      label = undefined;
    } else lines.push(line);
  }
  if (label !== undefined) throw new PkiError('damaged');
  return blocks;
}

/** Headers end at an empty line; a line that starts with white space goes on with the one before. */
function bodyOf(lines: readonly string[]): Pick<PemBlock, 'headers' | 'octets'> {
  const headers = new Map<string, string>();
  let start = 0;
  if (lines[0]?.includes(':') === true) {
    start = lines.findIndex((line) => line.trim() === '') + 1;
    if (start === 0) return { headers, octets: undefined };
    const unfolded = lines
      .slice(0, start)
      .join('\n')
      .replaceAll(/\n[ \t]+/g, ' ');
    for (const line of unfolded.split('\n')) {
      const [, name, value] = /^([A-Za-z0-9-]+):[ \t]*(.*)$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) headers.set(name, value.trim());
    }
  }
  const base64 = lines.slice(start).join('').replaceAll(/[ \t]/g, '');
  const right = /^[A-Za-z0-9+/]*={0,2}$/.test(base64) && base64.length % 4 === 0;
  return { headers, octets: right ? Uint8Array.from(Buffer.from(base64, 'base64')) : undefined };
}

/** One block, in lines of 64 characters. */
export function writePem(label: string, octets: Uint8Array): string {
  const base64 = Buffer.from(octets).toString('base64');
  return [`-----BEGIN ${label}-----`, ...(base64.match(/.{1,64}/g) ?? []), `-----END ${label}-----`, ''].join('\n');
}
