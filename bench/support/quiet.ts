/** The product's connection and a log that says nothing, for what is measured. */
import { connect, type Connection } from '../../streams/edge/connect.ts';

export const quietLog = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
export const connectQuietly = (url: string): Promise<Connection> => connect({ url, credentialsFile: null }, 'bench', quietLog);
