"""The family of GB 17691-2018 Annex Q: what trucks, machines and their platforms share byte for byte.

The folders of the standards (gb17691, hj1239, nrmm, gb32960) know nothing of each other; they know this one.
"""
