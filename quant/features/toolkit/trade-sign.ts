/**
 * Who started a trade: +1 the buyer, −1 the seller, 0 can't be told. The venue's word first; otherwise above or below
 * the mid, and at the mid the change from the last trade. Source: Lee, Ready 1991.
 */
import type { Trade } from '../../../streams/messages/tick.ts';
import type { Book } from '../definition.ts';

const direction = (price: number, reference: number): number => (price > reference ? 1 : price < reference ? -1 : 0);

export function tradeSign(trade: Trade, before: Book): number {
  if (trade.side !== undefined) return trade.side === 'buy' ? 1 : -1;
  return direction(trade.price, before.mid) || direction(trade.price, before.lastPrice);
}
