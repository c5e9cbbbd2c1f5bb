# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator of the Storage Disaster Recovery Service and the parts of its neighbours that clients of it need.

It implements the API reference, not what the collection happens to send. Standard library only.
"""
