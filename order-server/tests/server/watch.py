"""Reads the events of a server up to a position, with nothing but the standard library: it goes after some
events and comes back with the last id it saw. Prints position, type and id of each."""

import json
import sys
import urllib.request

URL, END, AT_ONCE = sys.argv[1], int(sys.argv[2]), 25


def read(seen):
    headers = {"Accept": "text/event-stream", "Last-Event-ID": str(seen)}
    request = urllib.request.Request(URL, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as stream:
        kind, data, count = "", [], 0
        for line in stream:
            name, _, value = line.decode().rstrip("\n").partition(":")
            value = value.removeprefix(" ")
            if name == "id":
                seen = int(value)
            elif name == "event":
                kind = value
            elif name == "data":
                data.append(value)
            elif name == "" and value == "" and data:
                print(seen, kind, json.loads("\n".join(data))["id"], flush=True)
                kind, data, count = "", [], count + 1
                if count == AT_ONCE or seen >= END:
                    return seen
    return seen


position = 0
while position < END:
    position = read(position)
