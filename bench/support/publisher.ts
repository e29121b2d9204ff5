/**
 * What a peer stores messages with: the client's own publish, as anybody would, or the product's (streams/edge/acks.ts), which costs half
 * as much. Beside the second only the product's work above the transport shows.
 */
export type Publisher = 'client' | 'product';
