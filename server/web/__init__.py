"""The pages for officers, one blueprint a noun."""
