"""Why does an untrained decoder print blobs, not noise?"""
