"""The only code of the three pure packages that meets the network."""
