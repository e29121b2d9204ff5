/** The configuration of the nats-server that foretick starts: loopback only, two users, files below the data folder. */

/** Services own everything; the reader, for people's programs, hears what is published and says nothing. */
export interface NatsUsers { readonly foretickPass: string; readonly readerPass: string }
export interface NatsSettings { readonly port: number; readonly storeDir: string; readonly users: NatsUsers }

export const SERVICE_USER = 'foretick';
export const READER_USER = 'reader';
/** What a reader may subscribe to. No inbox: it asks nothing, and other users' answers are none of its business. */
export const READER_SUBJECTS = ['latest.>', 'features.>', 'predictions.>', 'outcomes.>', 'scores.>', 'models.>', 'ticks.>', 'clock.>', 'status.>'];

/** Quoted for the server's configuration language, whose escapes are JSON's. */
const quoted = (text: string): string => JSON.stringify(text);

/** A number, because by default the server takes three quarters of what is free now, and refuses streams that could outgrow it. */
const MAX_FILE_STORE = '64GB';

export const natsConfigText = ({ port, storeDir, users }: NatsSettings): string => `# Written by foretick at each start. Holds passwords: keep it private.
server_name: foretick
listen: "127.0.0.1:${port}"
max_payload: 2MB
jetstream {
  store_dir: ${quoted(storeDir)}
  max_memory_store: 256MB
  max_file_store: ${MAX_FILE_STORE}
}
authorization {
  users = [
    { user: ${SERVICE_USER}, password: ${quoted(users.foretickPass)} }
    { user: ${READER_USER}, password: ${quoted(users.readerPass)}, permissions: { publish: { deny: ">" }, subscribe: { allow: [${READER_SUBJECTS.map(quoted).join(', ')}] } } }
  ]
}
`;
