"""GB/T 32960.3-2016 (and the start of 2025): terminals of electric and other new-energy trucks."""
