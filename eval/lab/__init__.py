"""What only builders run: training, benches, makers of sets. Not in the wheel."""
