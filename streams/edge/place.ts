/** Where a delivered message stands, by its reply subject. The client's own parser makes eleven strings and an object of it, for each message. */

const DOT = 46;
const ZERO = 48;
/** Places of the two numbers in `$JS.ACK.[domain.account.]stream.consumer.deliveries.streamSeq.consumerSeq.time.pending[.more]`. */
const OF_SHORT = 5;
const OF_LONG = 7;
const DOTS_OF_SHORT = 8;
const DOTS_OF_LONG = 10;

/** Throws where it is no such subject. */
export function placeOf(reply: string): { readonly seq: number; readonly deliverySeq: number } {
  let dots = 0;
  for (let i = 0; i < reply.length; i++) if (reply.charCodeAt(i) === DOT) dots += 1;
  if (!reply.startsWith('$JS.ACK.') || (dots < DOTS_OF_LONG && dots !== DOTS_OF_SHORT)) throw new Error(`${reply}: no reply subject of JetStream`);
  let i = 0;
  for (let passed = dots === DOTS_OF_SHORT ? OF_SHORT : OF_LONG; passed > 0; i++) if (reply.charCodeAt(i) === DOT) passed -= 1;
  const seqEnd = reply.indexOf('.', i);
  return { seq: digits(reply, i, seqEnd), deliverySeq: digits(reply, seqEnd + 1, reply.indexOf('.', seqEnd + 1)) };
}

function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit < 0 || digit > 9) throw new Error(`${text}: no reply subject of JetStream`);
    value = value * 10 + digit;
  }
  return value;
}
