#!/bin/sh
# Runs nats-server for as long as the supervisor holds the other end of standard input: run.sh NATS_SERVER CONFIG
# The server replaces this shell, so the process that was started is the server itself. Beside it a small watcher reads
# the pipe: when the pipe closes (the supervisor is gone, however it went), the server is asked to end.
exec 3<&0
server=$$
(
  while read -r _; do :; done
  kill -TERM "$server"
) <&3 >/dev/null 2>&1 &
exec "$1" -c "$2" </dev/null 3<&-
