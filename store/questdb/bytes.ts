/** QuestDB has text but no bytes over its write protocol. Plain text is stored as it is, so that SQL can read it; anything else as base64. */
const PREFIX = 'base64:';
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function toText(bytes: Uint8Array): string {
  try {
    const text = decoder.decode(bytes);
    // Control characters would have to survive line protocol and JSON; an empty text may be read as none.
    if (text !== '' && !text.startsWith(PREFIX) && !/\p{Cc}/u.test(text)) return text;
  } catch {
    // not UTF-8
  }
  return `${PREFIX}${Buffer.from(bytes).toString('base64')}`;
}

export function toBytes(text: string): Uint8Array {
  return text.startsWith(PREFIX) ? Uint8Array.from(Buffer.from(text.slice(PREFIX.length), 'base64')) : new Uint8Array(Buffer.from(text));
}
