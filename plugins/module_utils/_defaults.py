# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy in one place: how long, how often, how many. Times are seconds. PRIVATE to the collection.

Documentation that names one of these is compared with it (tests/contract/test_defaults.py).
"""

from __future__ import annotations

# Options of every task.
HTTP_TIMEOUT = 30.0
MAX_RETRIES = 5
WAIT_TIMEOUT = 1800.0

# Polling a job: the first interval, the longest ones, and the share of the time already waited that an interval is. A lone job is noticed well
# within a tenth of its length. Many share their polls, and rarer ones keep the calls few: the mean delay is half of the share. The rarest are for
# the first wave of very many, while nothing is known of how long such jobs take.
FIRST_POLL = 0.25
SHORTEST_POLL = 0.05
LONGEST_POLL, LONGEST_JOINT_POLL = 10.0, 30.0
POLL_SHARE, JOINT_POLL_SHARE, FIRST_WAVE_SHARE = 1 / 10, 1 / 6, 1 / 4
MANY_JOBS = 8
# Polls this near each other, as a share of the time waited, are one: jobs of one kind end about together.
SLACK = 0.08

# A creation ends when the list that lookups use shows the object, or after this time, with a warning.
VISIBLE_WITHIN = 30.0
FIRST_LISTING, LONGEST_LISTING = 0.5, 3.0

# After a lost response: polls of the object's status before the request is repeated, the pause between them, and repeats.
LOST_POLLS, LOST_PAUSE, LOST_REPEATS = 3, 1.5, 2
# Polls for which a job may be unknown after its submission.
JOB_UNKNOWN = 3

# 429: a request that is only ever throttled is repeated for this time, and Retry-After is obeyed up to this.
LONGEST_THROTTLED = 120
LONGEST_RETRY_AFTER = 30

# Jobs in flight at once, where a task does not say; threads that send; rounds of reading, planning and executing.
PARALLEL = 16
THREADS = 8
ROUNDS = 25

# Lists: objects in a page, pages and objects that are read at most, readings of a list that contradicts its count.
PAGE = 1000
MOST_PAGES, MOST_OBJECTS = 1000, 100_000
READINGS = 3

# A cached token that ends within this time is not used any more.
TOKEN_MARGIN = 300
# Age up to which a server's status is believed when it is settled in another than ACTIVE.
SERVER_GRACE = 30.0
