import { expect, it } from 'vitest';
import { placeOf } from './place.ts';

it('reads where a message stands, from replies of every length', () => {
  const place = { seq: 4_294_967_297, deliverySeq: 21 };
  expect(placeOf('$JS.ACK.TICKS-a.reader.1.4294967297.21.1764000000000000000.5')).toEqual(place);
  expect(placeOf('$JS.ACK._.acc.TICKS-a.reader.1.4294967297.21.1764000000000000000.5')).toEqual(place);
  expect(placeOf('$JS.ACK.hub.acc.TICKS-a.reader.1.4294967297.21.1764000000000000000.5.random')).toEqual(place);
});

it('refuses what is no such reply', () => {
  for (const reply of ['', '$JS.ACK', '_INBOX.a.b.c.d.e.f.g.h', '$JS.ACK.s.c.1.x.2.3.4', '$JS.ACK._.acc.s.c.1.2.3.4']) expect(() => placeOf(reply)).toThrow('no reply subject of JetStream');
});
