"""GB 17691-2018 Annex Q: terminals of heavy trucks of China VI."""
