"""JT/T 808-2011, 2013 and 2019: terminals of commercial vehicles and retrofit boxes."""
