"""Prints every event of a topic, whatever happens to the broker: id, type and subject in a line.

    consumer.py HOST:PORT[,HOST:PORT] TOPIC

It ends with its standard input.
"""

import json
import logging
import os
import sys
import threading
import time

import kafka
from kafka.errors import KafkaError

servers, topic = sys.argv[1].split(","), sys.argv[2]
logging.disable(logging.CRITICAL)


def show(message):
    headers = {name: value.decode() for name, value in message.headers}
    assert headers["ce_specversion"] == "1.0"
    assert headers["content-type"] == "application/json"
    assert message.key.decode() == headers["ce_subject"]
    json.loads(message.value)
    print(headers["ce_id"], headers["ce_type"], headers["ce_subject"], flush=True)


def end_with_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
while True:
    try:
        consumer = kafka.KafkaConsumer(
            topic,
            bootstrap_servers=servers,
            group_id=topic + "-python",
            auto_offset_reset="earliest",
            session_timeout_ms=6000,
            heartbeat_interval_ms=500,
        )
        print("ready", flush=True)
        for message in consumer:
            show(message)
    except (KafkaError, OSError):
        time.sleep(0.2)
