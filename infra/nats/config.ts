/** The configuration of the nats-server that foretick starts: loopback only, a user for each service, files below the data folder. */
import { ADMIN, grants, permissionsOf } from '../../streams/permissions.ts';

/** Public keys by service; the reader, for people's programs, hears what is published and says nothing. */
export interface NatsUsers { readonly publicKeys: Readonly<Record<string, string>>; readonly readerPass: string; readonly feeds: readonly string[] }
export interface NatsSettings { readonly port: number; readonly storeDir: string; readonly users: NatsUsers; /** `default`: the server's own two minutes. */ readonly sync?: 'default' | 'always' }

export const READER_USER = 'reader';
/** What a reader may subscribe to. No inbox: it asks nothing, and other users' answers are none of its business. */
export const READER_SUBJECTS = ['latest.>', 'features.>', 'predictions.>', 'outcomes.>', 'scores.>', 'models.>', 'ticks.>', 'clock.>', 'status.>'];

/** Quoted for the server's configuration language, whose escapes are JSON's. */
const quoted = (text: string): string => JSON.stringify(text);

/** A number, because by default the server takes three quarters of what is free now, and refuses streams that could outgrow it. */
const MAX_FILE_STORE = '64GB';

const list = (subjects: readonly string[]): string => `[${subjects.map(quoted).join(', ')}]`;

function usersText({ publicKeys, readerPass, feeds }: NatsUsers): string {
  const services = Object.entries(grants(feeds)).map(([service, grant]) => {
    const { publish, subscribe } = permissionsOf(service, grant);
    return `{ nkey: ${publicKeys[service]!}, permissions: { publish: ${list(publish)}, subscribe: ${list(subscribe)} } } # ${service}`;
  });
  const reader = `{ user: ${READER_USER}, password: ${quoted(readerPass)}, permissions: { publish: { deny: ">" }, subscribe: { allow: ${list(READER_SUBJECTS)} } } }`;
  return [`{ nkey: ${publicKeys[ADMIN]!} } # ${ADMIN}`, ...services, reader].map((user) => `    ${user}\n`).join('');
}

/** For our own server, and to be included by the nodes of somebody's cluster. */
export const usersConfigText = (users: NatsUsers): string => `authorization {
  users = [
${usersText(users)}  ]
}
`;

export const natsConfigText = ({ port, storeDir, users, sync }: NatsSettings): string => `# Written by foretick at each start. Holds the reader's password: keep it private.
server_name: foretick
listen: "127.0.0.1:${port}"
max_payload: 2MB
jetstream {
  store_dir: ${quoted(storeDir)}
  max_memory_store: 256MB
  max_file_store: ${MAX_FILE_STORE}${sync === 'always' ? '\n  sync_interval: always' : ''}
}
${usersConfigText(users)}`;
