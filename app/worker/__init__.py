"""Background work: named sweeps over rows that fell due."""
