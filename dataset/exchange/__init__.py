"""Other people's data: recognised, converted by crosswalks, compared with ours.

It never invents a value.
"""
