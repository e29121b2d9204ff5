/** The part of lz4js that is used; the package has no types of its own. */
declare module 'lz4js' {
  /** At most so many bytes come out of a frame. */
  export function decompressBound(frame: Uint8Array): number;
  /** An LZ4 frame's content. */
  export function decompress(frame: Uint8Array): Uint8Array;
}
