"""What a forbidden visit and a silent terminal amount to: leads, until an officer decides."""
