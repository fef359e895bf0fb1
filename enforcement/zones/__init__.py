"""What a control zone asks of whom, when and where; leave to be in it, and why presence is not allowed."""
