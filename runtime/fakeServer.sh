#!/bin/sh
# Test support: takes nats-server's place. Runs until it is ended.
while :; do sleep 0.05; done
