"""The shell of every report that is a web page: head, security policy, table style.

It never knows what a report says.
"""
