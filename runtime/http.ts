/**
 * node:http, not by `import`: that reads every export once, and one of them, WebSocket, loads a whole HTTP client, which was a sixth of
 * the start of each service (docs/DECISIONS.md, 77).
 */
export const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http');
