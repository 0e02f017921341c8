"""What the tests need of curl, for machines without it."""

import argparse
import base64
import sys
from urllib.request import Request, urlopen


def main() -> None:
    """Print the answer to one request; an error status is a failure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("-s", action="store_true")
    parser.add_argument("-w", default="")
    parser.add_argument("-u")
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("-X")
    parser.add_argument("-d")
    asked = parser.parse_args()
    headers = dict(header.split(": ", 1) for header in asked.H)
    if asked.u:
        headers["Authorization"] = f"Basic {base64.b64encode(asked.u.encode()).decode()}"
    body = asked.d.encode() if asked.d else None
    with urlopen(Request(asked.url, body, headers, method=asked.X)) as answer:  # noqa: S310 - a server of the tests
        sys.stdout.write(answer.read().decode() + asked.w.replace("\\n", "\n"))


if __name__ == "__main__":
    main()
