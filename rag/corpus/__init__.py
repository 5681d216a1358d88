"""Answers over all documents: every passage that the index can find is looked at.

phrase      how a text may put what is looked for
scan        which documents mention it, and with which words
timeline    what they date
tell        that as an answer
"""
