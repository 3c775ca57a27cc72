"""Ids sort in the order in which they were made and have the form that clients rely on."""

import pickle
import re
import subprocess
import sys
import threading
import time
from uuid import RFC_4122, UUID, uuid4

from app.domain.ids import first_of, from_hex, request_id, uuid7


def test_later_ids_sort_after_earlier_ones_even_within_one_millisecond() -> None:
    made = [uuid7() for _ in range(10_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_an_id_is_of_version_seven_and_of_the_common_variant() -> None:
    made = [uuid7() for _ in range(100)]
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {RFC_4122}


def test_an_id_carries_the_milliseconds_of_its_making() -> None:
    before, made, after = time.time_ns(), uuid7(), time.time_ns()
    assert before // 1_000_000 <= made.int >> 80 <= after // 1_000_000 + 10


def test_ids_of_a_span_of_time_sort_after_its_beginning() -> None:
    assert first_of(seconds_ago=1) < uuid7()
    assert first_of(seconds_ago=-1) > uuid7()


def test_an_id_that_was_kept_as_digits_is_the_same_to_the_last_bit() -> None:
    for one in (uuid7(), uuid4(), UUID(int=0), UUID(int=2**128 - 1)):
        read = from_hex(one.hex)
        assert (read, hash(read), str(read)) == (one, hash(one), str(one))
        assert pickle.loads(pickle.dumps(read)) == one
        assert (read.is_safe, read.version, read.bytes) == (one.is_safe, one.version, one.bytes)


def test_threads_never_make_the_same_id() -> None:
    made: list[UUID] = []
    threads = [threading.Thread(target=lambda: made.extend(uuid7() for _ in range(1000))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8000


def test_two_processes_would_hardly_make_the_same_id() -> None:
    tails = {uuid7().int & (1 << 62) - 1 for _ in range(1000)}
    assert len(tails) == 1000


def test_a_request_id_is_req_and_32_hexadecimal_digits() -> None:
    ids = {request_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch(r"req_[0-9a-f]{32}", one) for one in ids)


COPIED = """
import os
from app.domain.ids import request_id
request_id()
child = os.fork()
os.write(1, f"{request_id()}\\n".encode())  # in one piece
if child:
    os.waitpid(child, 0)
"""


def test_a_process_and_its_copy_never_make_the_same_id() -> None:
    made = subprocess.run(
        [sys.executable, "-c", COPIED], capture_output=True, text=True, check=True
    ).stdout.split()
    assert len(set(made)) == 2
