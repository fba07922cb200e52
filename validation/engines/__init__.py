"""Running compiled checks on a small table, a stream or Spark.

It never knows a rule or a column by name.
"""
