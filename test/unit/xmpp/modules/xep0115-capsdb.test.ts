import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../../../src-main/xml/parser.ts';
import { readDiscoInfo } from '../../../../src-main/xmpp/modules/xep0030-disco.ts';
import { verOf } from '../../../../src-main/xmpp/modules/xep0115-caps.ts';

interface Excerpt {
  readonly cases: readonly { readonly node: string; readonly ver: string; readonly disco_info: string }[];
}

const { cases } = JSON.parse(readFileSync(new URL('capsdb-excerpt.json', import.meta.url), 'utf8')) as Excerpt;

describe('the hash that real programs sent (XEP-0115 §5)', () => {
  it.each(cases)('$node $ver', ({ ver, disco_info }) => {
    const info = readDiscoInfo(parseDocument(disco_info, { xmlDeclaration: true }));
    expect(info && verOf(info)).toBe(ver);
  });
});
