"""Checks requests with the library that the authors of Standard Webhooks publish.

Reads a JSON object a line: secret, headers, body. Answers `ok` or `no` to each.
"""

import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError

for line in sys.stdin:
    request = json.loads(line)
    try:
        Webhook(request["secret"]).verify(request["body"], request["headers"])
        print("ok", flush=True)
    except WebhookVerificationError as error:
        print("no", error, flush=True)
