"""Prints every event of an exchange, whatever happens to the broker: id, type and subject in a line.

    consumer.py HOST PORT EXCHANGE

It ends with its standard input.
"""

import json
import os
import sys
import threading
import time

import pika

host, port, exchange = sys.argv[1], int(sys.argv[2]), sys.argv[3]
queue = exchange + "-python"


def take(channel, method, properties, body):
    event = json.loads(body)
    assert event["specversion"] == "1.0"
    assert properties.content_type.startswith("application/cloudevents+json")
    assert method.routing_key == event["type"]
    print(event["id"], event["type"], event["subject"], flush=True)
    channel.basic_ack(method.delivery_tag)


def end_with_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
while True:
    try:
        connection = pika.BlockingConnection(pika.ConnectionParameters(host, port, heartbeat=10))
        channel = connection.channel()
        channel.exchange_declare(exchange, "topic", durable=True)
        channel.queue_declare(queue, durable=True)
        channel.queue_bind(queue, exchange, "#")
        channel.basic_qos(prefetch_count=100)
        channel.basic_consume(queue, take)
        print("ready", flush=True)
        channel.start_consuming()
    except pika.exceptions.AMQPError:
        time.sleep(0.2)
    except OSError:
        time.sleep(0.2)
