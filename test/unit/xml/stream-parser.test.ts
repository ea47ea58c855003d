import { describe, expect, it } from 'vitest';
import type { Element } from '../../../src-main/xml/element.ts';
import { XmlError } from '../../../src-main/xml/errors.ts';
import type { XmlLimits } from '../../../src-main/xml/limits.ts';
import { StreamParser } from '../../../src-main/xml/parser.ts';
import { serialize } from '../../../src-main/xml/serialize.ts';

const OPEN = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' xml:lang='en'>";

/** A parser, and what it told. */
function stream(limits?: Partial<XmlLimits>) {
  const told: string[] = [];
  const stanzas: Element[] = [];
  const roots: Element[] = [];
  const parser = new StreamParser(
    {
      onOpen: (root) => {
        roots.push(root);
        told.push('open');
      },
      onStanza: (stanza) => {
        stanzas.push(stanza);
        told.push(serialize(stanza, 'jabber:client'));
      },
      onClose: () => {
        told.push('close');
      },
    },
    limits,
  );
  const write = (text: string | Uint8Array) => {
    parser.write(typeof text === 'string' ? Buffer.from(text) : text);
  };
  return { parser, told, stanzas, roots, write };
}

/** The code of the error that this stream ends in, written whole and octet by octet. */
function errorOf(text: string | Uint8Array, limits?: Partial<XmlLimits>): string {
  const octets = Buffer.from(text);
  const codes = [octets.length, 1].map((size) => {
    const { write } = stream(limits);
    try {
      for (let at = 0; at < octets.length; at += size) write(octets.subarray(at, at + size));
    } catch (error) {
      if (error instanceof XmlError) return error.code;
      throw error;
    }
    return 'no error';
  });
  expect(codes[1]).toBe(codes[0]);
  return codes[0] ?? '';
}

describe('a stream', () => {
  it('is its root, its stanzas and its end, however the octets are cut', () => {
    const text = `<?xml version='1.0' encoding='UTF-8'?>\n${OPEN}<message><body>ä€🕯️ &amp; &#x1F56F;<![CDATA[<b>]]>!</body></message> \n<r xmlns='urn:xmpp:sm:3'/>\r\n<presence/></stream:stream>\n`;
    const expected = [
      'open',
      '<message><body>ä€🕯️ &amp; 🕯&lt;b&gt;!</body></message>',
      '<r xmlns="urn:xmpp:sm:3"/>',
      '<presence/>',
      'close',
    ];
    const octets = Buffer.from(text);
    for (let size = 1; size <= octets.length; size++) {
      const { told, write, stanzas, parser } = stream();
      for (let at = 0; at < octets.length; at += size) write(octets.subarray(at, at + size));
      expect(told).toEqual(expected);
      expect(stanzas[0]?.child('body')?.children).toHaveLength(1);
      expect(parser.pending).toBe(false);
    }
  });

  it('has a root with attributes and no children', () => {
    const { roots, write } = stream();
    write(`${OPEN}<presence/>`);
    expect(roots).toHaveLength(1);
    expect(roots[0]).toMatchObject({ name: 'stream', ns: 'http://etherx.jabber.org/streams', prefix: 'stream', children: [] });
    expect(roots[0]?.attrs).toEqual({ id: '1' });
    expect(roots[0]?.foreign).toEqual([{ prefix: 'xml', ns: 'http://www.w3.org/XML/1998/namespace', name: 'lang', value: 'en' }]);
  });

  it('hands a stanza on as soon as its last octet is there, and never one that is not well-formed', () => {
    const { told, write } = stream();
    write(`${OPEN}<iq/`);
    expect(told).toEqual(['open']);
    write('>');
    expect(told).toEqual(['open', '<iq/>']);
    write('<message><body>a</body></message');
    expect(told).toHaveLength(2);
    expect(() => {
      write('x>');
    }).toThrow(XmlError);
    expect(told).toHaveLength(2);
  });

  it('tells what came whole before an error in the same octets', () => {
    const { told, write } = stream();
    expect(() => {
      write(`${OPEN}<iq/><!-- x -->`);
    }).toThrow('restricted-xml');
    expect(told).toEqual(['open', '<iq/>']);
    expect(() => {
      write('<iq/>');
    }).toThrow('restricted-xml');
    expect(told).toHaveLength(2);
  });

  it('tells a root from a stanza, also one that comes whole in a write of its own', () => {
    const { told, write, roots } = stream();
    write("<?xml version='1.0'?>\n");
    write('<s><a/></s>');
    expect(told).toEqual(['open', '<a xmlns=""/>', 'close']);
    expect(roots).toHaveLength(1);
    expect(() => {
      write('<a/>');
    }).toThrow('not-well-formed');
    expect(told).toHaveLength(3);
  });

  it('may hold white space between stanzas for ever', () => {
    const { parser, write, told } = stream({ octets: 1000 });
    write(OPEN);
    for (let i = 0; i < 100; i++) write(' \r\n\t'.repeat(100));
    expect(parser.pending).toBe(false);
    write(`<iq/>${' '.repeat(2000)}<iq/>`);
    expect(told).toEqual(['open', '<iq/>', '<iq/>']);
  });

  it('knows whether something unfinished waits', () => {
    const { parser, write } = stream();
    expect(parser.pending).toBe(false);
    for (const [text, pending] of [
      ['<', true],
      [OPEN.slice(1), false],
      [' ', false],
      ['<iq>', true],
      ['</iq>', false],
      ['\n<i', true],
      ['q/>', false],
    ] as const) {
      write(text);
      expect([text, parser.pending]).toEqual([text, pending]);
    }
  });
});

describe('stop and reset', () => {
  /** What a parser tells whose handler does this on <proceed/>. */
  function onProceed(act: (parser: StreamParser) => void) {
    const told: string[] = [];
    const seen: boolean[] = [];
    const parser: StreamParser = new StreamParser({
      onOpen: () => told.push('open'),
      onStanza: (stanza) => {
        told.push(stanza.name);
        seen.push(parser.pending);
        if (stanza.name === 'proceed') act(parser);
      },
      onClose: () => told.push('close'),
    });
    return { parser, told, seen };
  }
  const proceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

  // With the root's start tag in the same write saxes reads it, in a write of its own it is read the short way.
  const writes = [{ texts: [`${OPEN}${proceed}`] }, { texts: [OPEN, proceed] }];
  const writeAll = (parser: StreamParser, texts: readonly string[], rest: string, encoding: BufferEncoding = 'utf8'): void => {
    texts.forEach((text, i) => {
      parser.write(Buffer.from(i === texts.length - 1 ? `${text}${rest}` : text, encoding));
    });
  };

  it.each(writes)('stop: nothing of the same write is read, nor of any later one: $texts', ({ texts }) => {
    const { parser, told } = onProceed((p) => {
      p.stop();
    });
    writeAll(parser, texts, '<injected/>');
    parser.write(Buffer.from('<injected/>'));
    expect(told).toEqual(['open', 'proceed']);
    expect(parser.pending).toBe(false);
    parser.reset();
    parser.write(Buffer.from(`${OPEN}<iq/>`));
    expect(told).toEqual(['open', 'proceed', 'open', 'iq']);
  });

  it.each(writes)('reset: a new stream, into which nothing of the same write gets: $texts', ({ texts }) => {
    const { parser, told } = onProceed((p) => {
      p.reset();
    });
    for (const rest of ['', '<injected', '<injected/>', ' ', '\xc3', '<!-- -->', ' '.repeat(200_000)]) {
      told.length = 0;
      writeAll(parser, texts, rest, 'latin1');
      expect(parser.pending).toBe(false);
      parser.write(Buffer.from(`<?xml version='1.0'?>${OPEN}<iq/>`));
      expect(told).toEqual(['open', 'proceed', 'open', 'iq']);
      parser.reset();
    }
  });

  it.each(writes)('a handler sees that more came with its stanza: $texts', ({ texts }) => {
    for (const [rest, more] of [
      ['', false],
      [' \n', false],
      ['<', true],
      ['<injected/>', true],
      [`${' '.repeat(100_000)}<injected/>`, true],
    ] as const) {
      const { parser, seen } = onProceed((p) => {
        p.stop();
      });
      writeAll(parser, texts, rest);
      expect(seen).toEqual([more]);
    }
  });

  it('what a handler throws comes out, and ends the parser', () => {
    const failure = new Error('mine');
    const parser = new StreamParser({
      onOpen: () => {
        throw failure;
      },
      onStanza: () => undefined,
      onClose: () => undefined,
    });
    expect(() => {
      parser.write(Buffer.from(OPEN));
    }).toThrow(failure);
    expect(() => {
      parser.write(Buffer.from('<iq/>'));
    }).toThrow(failure);
  });
});

describe('a stream error', () => {
  it('answers what restricted XML leaves out (RFC 6120 §11.1)', () => {
    for (const text of [
      `${OPEN}<!-- comment -->`,
      `${OPEN}<a><!-- comment --></a>`,
      `${OPEN}<?pi?>`,
      `${OPEN}<a><?pi data?></a>`,
      `<?pi?>${OPEN}`,
      `<!DOCTYPE a [<!ENTITY b "c">]>${OPEN}`,
      `${OPEN}<a>&undeclared;</a>`,
      `${OPEN}<a b='&undeclared;'/>`,
      `<?xml version='1.1'?>${OPEN}`,
    ])
      expect([text, errorOf(text)]).toEqual([text, 'restricted-xml']);
  });

  it('answers what is not well-formed', () => {
    for (const inner of [
      '<a></b>',
      '<a><b></a></b>',
      '</a>',
      '</>',
      '< a/>',
      '<a b/>',
      '<a b=c/>',
      "<a b='1'c='2'/>",
      "<a b='<'/>",
      "<a b='1' b='2'/>",
      "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>",
      "<a xml:lang='de' xml:lang='en'/>",
      '<p:a/>',
      "<a p:b=''/>",
      "<a xmlns:p=''/>",
      "<a xmlns=' u'/>",
      "<a xmlns:xmlns='u'/>",
      "<a xmlns:xml='u'/>",
      "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
      "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
      '<xmlns:a/>',
      '<:a/>',
      '<a:/>',
      "<a:b:c xmlns:a='u'/>",
      "<a:1 xmlns:a='u'/>",
      "<a xmlns:1='u'/>",
      '<a>]]></a>',
      '<a>&#0;</a>',
      '<a>&#x1F;</a>',
      '<a>&#xD800;</a>',
      '<a>&#xFFFE;</a>',
      '<a>&#99999999999;</a>',
      '<a>&amp</a>;',
      '<a>&;</a>',
      '<a>\x07</a>',
      "<a b='\x00'/>",
      '<a>\uffff</a>',
      "<?xml version='1.0'?>",
      '<!ELEMENT a>',
    ])
      expect([inner, errorOf(OPEN + inner)]).toEqual([inner, 'not-well-formed']);
    for (const text of [
      `\ufeff${OPEN}`,
      ` <?xml version='1.0'?>${OPEN}`,
      `<?xml?>${OPEN}`,
      '<p:stream>',
      `${OPEN}</stream:stream><a/>`,
    ])
      expect([text, errorOf(text)]).toEqual([text, 'not-well-formed']);
  });

  it('answers text that belongs to no stanza', () => {
    for (const text of [
      'x',
      ' x',
      '&#32;x<a/>',
      '<![CDATA[ ]]>',
      '<a/>x',
      '<a/> x<b/>',
      '&#32;<a/>',
      '<a/>&#32;<b/>',
      '<a/> &#32; <b/>',
      '\u00a0',
      '\u2028',
    ])
      expect([text, errorOf(OPEN + text)]).toEqual([text, 'stray-text']);
    expect(errorOf(`${OPEN}</stream:stream>x`)).toBe('stray-text');
    expect(errorOf(`x${OPEN}`)).toBe('stray-text');
  });

  it('answers other encodings and bad UTF-8', () => {
    expect(errorOf(`<?xml version='1.0' encoding='ISO-8859-1'?>${OPEN}`)).toBe('unsupported-encoding');
    for (const bad of [
      '\x80',
      '\xc0\xaf',
      '\xc3(',
      '\xe0\x80\x80',
      '\xed\xa0\x80',
      '\xf4\x90\x80\x80',
      '\xf8\x88\x80\x80\x80',
      '\xff',
      '\xe2\x82<',
    ])
      expect([bad, errorOf(Buffer.from(`${OPEN}<a>${bad}</a>`, 'latin1'))]).toEqual([bad, 'invalid-utf8']);
    expect(errorOf(Buffer.from(`${OPEN}<a>`, 'utf16le'))).toMatch(/not-well-formed/);
  });

  it('has a condition of RFC 6120 §4.9.3 for each code', () => {
    expect(new XmlError('invalid-utf8').condition).toBe('unsupported-encoding');
    expect(new XmlError('too-large').condition).toBe('policy-violation');
    expect(new XmlError('stray-text').condition).toBe('bad-format');
    expect(new XmlError('restricted-xml').condition).toBe('restricted-xml');
  });

  it('tells nothing of what was received', () => {
    const { write } = stream();
    expect(() => {
      write(`${OPEN}<secret></geheim>`);
    }).toThrow(/^not-well-formed$/);
  });
});

describe('the limits', () => {
  const KiB256 = 256 * 1024;
  const filler = (open: string, close: string, size: number) => open + 'x'.repeat(size - open.length - close.length) + close;

  it('let a stanza of 256 KiB in, not one octet more', () => {
    expect(errorOf(OPEN + filler('<a>', '</a>', KiB256))).toBe('no error');
    expect(errorOf(`${OPEN}  \n${filler('<a>', '</a>', KiB256)}  ${filler('<a>', '</a>', KiB256)}`)).toBe('no error');
    expect(errorOf(OPEN + filler('<a>', '</a>', KiB256 + 1))).toBe('too-large');
    expect(errorOf(`${OPEN}<a/>${filler("<a>ä'", '</a>', KiB256 - 1)}`)).toBe('no error');
    expect(errorOf(`${OPEN}<ä/>${filler("<a>ä'", '</a>', KiB256)}`)).toBe('too-large');
  });

  it('end what never ends: text, attributes, names, comments, DTDs, root tags', () => {
    for (const start of ['<a>', "<a b='", '<a', '<a ', '<a b', '</a', '<a>&', '<!--', '<![CDATA[', '<?x ', '<a><![CDATA['])
      expect([start, errorOf(`${OPEN}${start}${'x'.repeat(KiB256 + 1)}`)]).toEqual([start, 'too-large']);
    for (const start of ['<!DOCTYPE a [', "<a b='", '<?x '])
      expect([start, errorOf(start + 'x'.repeat(KiB256 + 1))]).toEqual([start, 'too-large']);
    expect(errorOf(' '.repeat(KiB256 + 1))).toBe('too-large');
  });

  it('count depth and elements from the stanza', () => {
    const nested = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth);
    expect(errorOf(OPEN + nested(32))).toBe('no error');
    expect(errorOf(OPEN + nested(33))).toBe('too-deep');
    const many = (count: number) => `<a>${'<b/>'.repeat(count - 1)}</a>`;
    expect(errorOf(OPEN + many(10_000) + many(10_000))).toBe('no error');
    expect(errorOf(OPEN + many(10_001))).toBe('too-many-elements');
  });

  it('hold for attributes, declarations included', () => {
    const attributes = (count: number) =>
      Array.from({ length: count }, (_, i) => ` ${i % 2 === 0 ? 'a' : 'xmlns:a'}${String(i)}='u'`).join('');
    expect(errorOf(`${OPEN}<a${attributes(64)}/>`)).toBe('no error');
    expect(errorOf(`${OPEN}<a${attributes(65)}/>`)).toBe('too-many-attributes');
    expect(errorOf(`<a${attributes(65)}>`)).toBe('too-many-attributes');
  });

  it('keep the time linear: many prefixes, deep scopes, dripped octets', () => {
    const prefixes = (at: number) => Array.from({ length: 63 }, (_, i) => ` xmlns:p${String(at)}x${String(i)}='u'`).join('');
    const deep =
      Array.from({ length: 31 }, (_, i) => `<a${prefixes(i)}>`).join('') + "<p0x0:b p0x1:c=''/>".repeat(9000) + '</a>'.repeat(31);
    const started = process.cpuUsage();
    const { write, stanzas } = stream();
    write(OPEN + deep);
    expect(stanzas).toHaveLength(1);
    expect(process.cpuUsage(started).user).toBeLessThan(1_500_000);
  });
});
