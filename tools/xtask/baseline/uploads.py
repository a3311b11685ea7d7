"""Uploads COUNT objects of BYTES bytes with boto3, four at once, as the original program's queue does.

usage: uploads.py COUNT BYTES     (bucket and keys from the environment; prints CPU and wall milliseconds as JSON)
Starting Python and importing boto3 is not counted; connecting is.
"""

import json
import os
import queue
import sys
import threading
import time

import boto3

count, size = int(sys.argv[1]), int(sys.argv[2])
bucket = os.environ["S3_BUCKET_NAME"]
payload = os.urandom(size)
client = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
work = queue.Queue()
for n in range(count):
    work.put(f"bench/python/{n:05}")
errors = []


def worker():
    while True:
        try:
            key = work.get_nowait()
        except queue.Empty:
            return
        try:
            client.put_object(Bucket=bucket, Key=key, Body=payload)
        except Exception as error:
            errors.append(str(error))
            return


cpu, wall = time.process_time(), time.perf_counter()
threads = [threading.Thread(target=worker) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
if errors:
    sys.exit(errors[0])
print(
    json.dumps(
        {
            "cpu_ms": (time.process_time() - cpu) * 1000.0,
            "wall_ms": (time.perf_counter() - wall) * 1000.0,
        }
    )
)
